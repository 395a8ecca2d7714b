"""Indentation: what can be read from lines and their leading whitespace alone.

Knows no syntax; it is what carving stands on where there is no grammar or the source is broken.
Lines are those of a text in LF form.
"""

import re
from collections.abc import Iterator

from fillwright.lsp_server.text.positions import LineIndex

OPENS_BLOCK = re.compile(
    r"^\s*(?:def|class|module|if|unless|while|until|for|case|when|begin|else|elif|elsif|rescue|ensure"
    r"|repeat|loop|try|(?:local )?function)\b(?!.*[;,({\[]$)"
    r"|^\s*\{[#:%] *(?:if|for|each|else|elif|block|with|await|then|catch|key|snippet)\b.*\}$"
    r"|\bfunction\b[^()]*\([^()]*\)$"
    r"|(?:[{:]|\b(?:then|do|of|where|begin)|\bdo \|.*\||^\s*<\w.*[^/]>)\s*(?:(?://|#|--).*|/\*.*\*/)?$"
)
LEADING = re.compile(r"[ \t]*")
TAB_STOP = 8
LONGEST_BLOCK = 3_000
DEFAULT_UNIT = "    "


def indentation(lines: LineIndex, line: int) -> str:
    """The spaces and tabs that the line begins with."""
    match = LEADING.match(lines.text, lines.starts[line], lines.end_of(line))
    return match.group() if match else ""


def leading(line: str) -> str:
    """The same of a line that stands alone."""
    return indentation(LineIndex(line), 0)


def depth(lines: LineIndex, line: int) -> int:
    """How far the line's indentation reaches; tabs go to multiples of eight, as in Python."""
    return len(indentation(lines, line).expandtabs(TAB_STOP))


def is_blank(lines: LineIndex, line: int) -> bool:
    """Whether the line holds nothing but whitespace."""
    return lines.content(line).isspace() or lines.starts[line] == lines.end_of(line)


def first_character(lines: LineIndex, line: int) -> int:
    """The offset after the line's indentation."""
    return lines.starts[line] + len(indentation(lines, line))


def opens_block(content: str) -> bool:
    """Whether the next lines are rather the block that this line is the header of: brackets that
    hold arguments or data alone are no block."""
    return OPENS_BLOCK.search(content) is not None


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
