"""Control tokens in text: what a user wrote must never become one, and what a model wrote ends
with the first.

Servers make control tokens of their names wherever these stand in a prompt. Knows text only.
"""

import re
from collections.abc import Iterable

# those of these that nobody writes for another reason
NAMES = (
    *("fim_prefix", "fim_suffix", "fim_middle", "fim_pad", "fim-prefix", "fim-suffix"),
    *("fim-middle", "file_sep", "repo_name", "endoftext", "start_of_turn", "end_of_turn"),
)
ANY_MARK = re.compile(
    r"<\|[^\s|<>]{1,40}\|?>|<[^\s|<>/]{1,40}\|>|<｜[^\s｜]{1,40}｜>|<\[[^\s\[\]]{1,40}\]>|"
    + "|".join(f"<{re.escape(name)}>" for name in NAMES)
)


class Marks:
    """The control tokens of any model, and those of one, which may look like ordinary text."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        marks = [re.escape(mark) for mark in sorted(own, key=len, reverse=True) if mark.strip()]
        self._all = re.compile("|".join([*marks, ANY_MARK.pattern]))

    def after_last(self, text: str) -> str:
        """What of the text before a hole may be shown: all after the last mark in it."""
        end = 0
        for found in self._all.finditer(text):
            end = found.end()
        return text[end:]

    def before_first(self, text: str) -> str:
        """What of a text may be shown or kept: all before the first mark in it."""
        found = self._all.search(text)
        return text[: found.start()] if found else text
