"""Lines that begin a function, told by their text alone, for source that does not parse.

Knows no syntax trees and no language by name.
"""

import re

from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.positions import LineIndex

LONGEST_HEADER = 30
"""Lines; a function's head that is longer was not closed."""
OPENED = (":", "{")
CONTROL = re.compile(
    r"[\s}]*(?:else|if|elif|for|foreach|while|until|unless|do|switch|select|match|case|when|catch"
    r"|except|finally|try|with|using|lock|fixed|synchronized|declare|return|loop|unsafe|defer|go|new)\b"
)
STATEMENT = re.compile(r"(?:if|elif|for|foreach|while|switch|catch|with)\b\s*\(")
HEADER = re.compile(r"\s*[\w@#~<\"'][^;]*\(")
APART = re.compile(
    r"#\s*(?:if|ifdef|ifndef|else|elif|endif|define|undef|include|pragma|line|error|region"
    r"|endregion)\b"
    r"|(?!(?:else|try|finally|default|public|private|protected)\b)[A-Za-z_]\w*:\s*$"
)
ACCESS = re.compile(r"\s*(?:public|private|protected)\b[\w ]*:\s*$")
CLOSES_LIST = re.compile(r"[\])}]*\).*[:{]$|\{$")
OPENS_BODY = re.compile(r"(?:.*\).*|[^()]*\(.*|\s*)\{\s*(?://.*|/\*.*)?$")


def looks_like_header(lines: LineIndex, line: int, *, is_open: bool) -> bool:
    """Whether the line could begin a function between braces: `name(...) {`, or `name(...)` above
    a line with a brace. With `is_open` its brackets need not be closed."""
    content = lines.content(line)
    if CONTROL.match(content) or not HEADER.match(content):
        return False
    if not is_open and content.count("(") != content.count(")"):
        return False
    return OPENS_BODY.fullmatch(lines.content(header_end(lines, line))) is not None


def is_statement(text: str, start: int) -> bool:
    """Whether what is taken for a method there is a statement, a bracket before it being open."""
    return STATEMENT.match(text, start) is not None


def is_apart(lines: LineIndex, line: int) -> bool:
    """Whether the line is a label or meant for a preprocessor: such lines are not indented."""
    return APART.match(lines.content(line).lstrip()) is not None


def is_access_label(content: str) -> bool:
    """Whether a line says who may use the members below it."""
    return ACCESS.match(content) is not None


def opened_by(lines: LineIndex, line: int) -> int:
    """The line itself, or where the header begins that ends in it: with a lone brace, or with what
    closes a list of parameters over several lines."""
    content = lines.content(line).strip()
    if line > 0 and content == "{":
        return line - 1
    if not CLOSES_LIST.match(content):
        return line
    for above in range(line - 1, max(-1, line - LONGEST_HEADER), -1):
        if not layout.is_blank(lines, above) and (
            layout.depth(lines, above) <= layout.depth(lines, line)
        ):
            return above
    return line


def header_end(lines: LineIndex, header: int) -> int:
    """The last line of a header: further than the first only when that leaves a bracket open, or
    the block is opened on a line of its own."""
    content = lines.content(header).rstrip()
    below = header + 1
    if below < len(lines) and lines.content(below).strip() == "{" and not content.endswith(OPENED):
        return below
    if content.count("(") <= content.count(")"):
        return header
    for line in range(below, min(len(lines), header + LONGEST_HEADER)):
        if layout.is_blank(lines, line):
            continue
        closes = CLOSES_LIST.match(lines.content(line).strip())
        if closes and layout.depth(lines, line) == layout.depth(lines, header):
            return line
        if not closes and layout.depth(lines, line) <= layout.depth(lines, header):
            break
        if not content.endswith("{") and lines.content(line).rstrip().endswith(OPENED):
            return line
    return header


def empty_block(lines: LineIndex, line: int) -> int | None:
    """The header of the block that begins in the line, or that the blank line is in, if nothing but
    blank lines stands between its brace and the line that closes it; None where there is none."""
    above = next((at for at in range(line, -1, -1) if not layout.is_blank(lines, at)), None)
    below = range(line + 1, min(len(lines), line + layout.LONGEST_BLOCK))
    closes = next((at for at in below if not layout.is_blank(lines, at)), None)
    if above is None or closes is None or not lines.content(above).rstrip().endswith("{"):
        return None
    is_closed = lines.content(closes).lstrip().startswith("}")
    beside = layout.depth(lines, above) == layout.depth(lines, closes)
    return opened_by(lines, above) if is_closed and beside else None
