"""Changes of a text: what replaces which characters. Knows offsets and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextChange:
    """`text` replaces the half-open character range `start..end` of the editor's own text; its line
    ends are the document's."""

    start: int
    end: int
    text: str

    def moved(self, by: int) -> "TextChange":
        """The same change of a text that begins `by` characters earlier."""
        return TextChange(self.start + by, self.end + by, self.text)


def applied(text: str, changes: Sequence[TextChange]) -> str:
    """The editor's text after changes that are in order and apart."""
    for change in reversed(changes):
        text = text[: change.start] + change.text + text[change.end :]
    return text
