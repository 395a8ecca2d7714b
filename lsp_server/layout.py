"""Indentation: what can be read from lines and their leading whitespace alone.

Knows no syntax; it is what carving stands on where there is no grammar or the source is broken.
Lines are those of a text in LF form.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from fillwright.lsp_server.positions import LineIndex

INDENTED = re.compile(r"^([ \t]*)[^ \t\n]", re.MULTILINE)
LEADING = re.compile(r"[ \t]*")
TAB_STOP = 8
NEARBY = 300
LONGEST_BLOCK = 3_000
EIGHT_SPACES = " " * TAB_STOP
DEFAULT_UNIT = "    "


def indentation(lines: LineIndex, line: int) -> str:
    """The spaces and tabs that the line begins with."""
    match = LEADING.match(lines.text, lines.starts[line], lines.end_of(line))
    return match.group() if match else ""


def depth(lines: LineIndex, line: int) -> int:
    """How far the line's indentation reaches; tabs go to multiples of eight, as in Python."""
    return len(indentation(lines, line).expandtabs(TAB_STOP))


def is_blank(lines: LineIndex, line: int) -> bool:
    """Whether the line holds nothing but whitespace."""
    return lines.content(line).isspace() or lines.starts[line] == lines.end_of(line)


def first_character(lines: LineIndex, line: int) -> int:
    """The offset behind the line's indentation."""
    return lines.starts[line] + len(indentation(lines, line))


def unit(lines: LineIndex, line: int) -> str:
    """One step of indentation as the file has it near the line: a tab, or some spaces."""
    first = lines.starts[max(0, line - NEARBY)]
    end = lines.next_start(min(len(lines) - 1, line + NEARBY))
    indents: list[str] = INDENTED.findall(lines.text, first, end)
    steps = Counter(
        indent[len(before) :]
        for before, indent in pairwise(indents)
        if len(indent) > len(before) and indent.startswith(before)
    )
    # more than a tab or eight spaces is a continuation line
    # and a single space sets a label apart
    likely = {
        step: n
        for step, n in steps.items()
        if step == "\t" or (step in EIGHT_SPACES and (step != " " or len(steps) == 1))
    }
    return max(likely, key=likely.__getitem__, default=DEFAULT_UNIT)


def headers_around(lines: LineIndex, line: int) -> Iterator[int]:
    """The lines above, from the nearest outwards, that stand further left than `line` and than
    each one before."""
    reach = depth(lines, line)
    for above in range(line - 1, max(-1, line - LONGEST_BLOCK), -1):
        if reach == 0:
            return
        if not is_blank(lines, above) and depth(lines, above) < reach:
            reach = depth(lines, above)
            yield above
