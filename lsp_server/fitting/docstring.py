"""Laying out the text of a docstring between its marks, which stand there already.

Text only, as `fill_layout`: knows no syntax and no documents. Line ends are `\\n`.
"""

import re
from itertools import takewhile

from fillwright.lsp_server.fitting.place import Place

BLOCK_COMMENT = "*/"


def docstring_layout(text: str, place: Place) -> str:
    """The text without marks of its own, each line under the first; "" when nothing is left.

    What follows a closing mark is not part of it. Of several lines, each begins as the lines of
    such a comment do, and what closes them stands on a line of its own.
    """
    opening, closing = place.before.strip(), place.after.strip()
    star = "*" if closing == BLOCK_COMMENT else ""
    mark = star or ("" if closing else opening)
    said = text.strip()
    marked = bool(opening) and said.startswith(opening)
    said = said.removeprefix(opening)
    if closing:
        said = said.partition(closing)[0]
    first, *others = said.strip().removeprefix(star).strip().split("\n")
    if marked and not closing:
        others = list(takewhile(lambda line: line.lstrip().startswith(mark), others))
    if not others:
        return first
    under = place.indent + " " * bool(star)
    lines = [first, *(_line(line, under, mark) for line in _dedented(others, mark))]
    if closing:
        lines.append(under.removesuffix(place.after[: len(place.after) - len(closing)]))
    return "\n".join(lines)


def _dedented(lines: list[str], mark: str) -> list[str]:
    if mark:
        begun = re.compile(rf"[ \t]*(?:{re.escape(mark)} ?)?")
        return [begun.sub("", line, count=1) for line in lines]
    depths = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    return [line[min(depths, default=0) :] for line in lines]


def _line(line: str, indent: str, mark: str) -> str:
    if not mark:
        return indent + line if line.strip() else ""
    return (f"{indent}{mark} {line}").rstrip()
