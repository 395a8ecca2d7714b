"""Which body a place in a document belongs to, from the syntax tree and, failing that, from lines.

Offsets are those of the document's LF form. Knows nothing of holes as the engine sees them, and no
language by name.
"""

from dataclasses import dataclass

from tree_sitter import Tree

from fillwright.engine.syntax.functions import Function, broken_functions, functions
from fillwright.lsp_server import layout
from fillwright.lsp_server.documents import Document

LONGEST_HEADER = 30


@dataclass(frozen=True, slots=True)
class Body:
    """The range to be written in LF offsets, and the indentation of the block it belongs to."""

    start: int
    end: int
    indent: str


def body_around(document: Document, offset: int) -> Body | None:
    """The body of the innermost function around `offset`.

    Without a grammar: of the nearest line that has something deeper under it.
    """
    if document.tree is None:
        return _indented_body(document, offset)
    function = _function_around(document, document.tree, offset)
    if document.tree.root_node.has_error:
        header = _broken_header(document, document.tree, offset, function)
        if header is not None:
            return _body_under(document, header)
    return body_of(document, function) if function else None


def body_of(document: Document, function: Function) -> Body:
    """The body of a function of the document's tree."""
    lines = document.lf_lines
    start, end = document.character(function.hole_start), document.character(function.hole_end)
    header = lines.line_of(document.character(function.start))
    header_end = lines.line_of(document.character(function.body_start))
    last = lines.line_of(document.character(function.end))
    if function.broken:
        last = _last_line_under(document, header, header_end)
        end = max(start, lines.end_of(last) if last > header_end else end)
    return Body(start, end, _indent_under(document, header, header_end, last))


def _function_around(document: Document, tree: Tree, offset: int) -> Function | None:
    lines = document.lf_lines
    line = lines.line_of(offset)
    code_line = line
    while code_line > 0 and _is_blank_or_comment(document, code_line):
        code_line -= 1
    at = document.byte(offset)
    within = (document.byte(lines.starts[code_line]), at + 1)
    around = [
        function
        for function in functions(tree, document.language, within)
        if function.start <= at and (at <= function.end or _goes_on(document, function, line))
    ]
    return max(around, key=lambda function: function.start, default=None)


def _goes_on(document: Document, function: Function, line: int) -> bool:
    """Whether a line behind a function, and behind no other code, is still the function's."""
    lines = document.lf_lines
    last = lines.line_of(document.character(function.end))
    if line == last:
        return True
    if line == last + 1 and function.hole_start == function.end:
        return True
    header = lines.line_of(document.character(function.start))
    return layout.depth(lines, line) > layout.depth(lines, header)


def _broken_header(
    document: Document, tree: Tree, offset: int, function: Function | None
) -> int | None:
    """The line of the nearest function header around `offset` that does not parse, if it is nearer
    than `function`."""
    lines = document.lf_lines
    line = lines.line_of(offset)
    outermost = lines.line_of(document.character(function.start)) if function else -1
    for header in [line, *layout.headers_around(lines, line)]:
        if header <= outermost:
            return None
        within = (document.byte(lines.starts[header]), document.byte(lines.next_start(header)))
        if broken_functions(tree, document.language, within):
            return header
    return None


def _indented_body(document: Document, offset: int) -> Body | None:
    lines = document.lf_lines
    line = lines.line_of(offset)
    if not layout.is_blank(lines, line) and _last_line_under(document, line, line) > line:
        return _body_under(document, line)
    header = next(layout.headers_around(lines, line), None)
    return None if header is None else _body_under(document, header)


def _body_under(document: Document, header: int) -> Body:
    """The deeper lines under a header line, whatever they are."""
    lines = document.lf_lines
    header_end = _header_end(document, header)
    last = _last_line_under(document, header, header_end)
    start = lines.starts[header_end] + len(lines.content(header_end).rstrip())
    end = lines.end_of(last) if last > header_end else start
    return Body(start, end, _indent_under(document, header, header_end, last))


def _header_end(document: Document, header: int) -> int:
    """The last line of a header: further than the first only when that leaves a bracket open."""
    lines = document.lf_lines
    content = lines.content(header)
    if content.count("(") <= content.count(")"):
        return header
    for line in range(header, min(len(lines), header + LONGEST_HEADER)):
        if line > header and layout.depth(lines, line) < layout.depth(lines, header):
            break
        if lines.content(line).rstrip().endswith((":", "{")):
            return line
    return header


def _last_line_under(document: Document, header: int, header_end: int) -> int:
    """The last line behind `header_end` that stands deeper than `header`, before one that does not.

    Blank lines, and lines that begin inside a string, stand as deep as their surroundings.
    """
    lines = document.lf_lines
    last = header_end
    for line in range(header_end + 1, len(lines)):
        if layout.is_blank(lines, line):
            continue
        if layout.depth(lines, line) <= layout.depth(lines, header) and not _in_string(
            document, line
        ):
            break
        last = line
    return last


def _indent_under(document: Document, header: int, header_end: int, last: int) -> str:
    """The indentation of the lines behind a header, or what it would be if there were any."""
    lines = document.lf_lines
    for line in range(header_end + 1, last + 1):
        if not layout.is_blank(lines, line):
            if layout.depth(lines, line) > layout.depth(lines, header):
                return layout.indentation(lines, line)
            break
    return layout.indentation(lines, header) + layout.unit(lines, header)


def _is_blank_or_comment(document: Document, line: int) -> bool:
    lines = document.lf_lines
    if layout.is_blank(lines, line):
        return True
    node = document.node_at(layout.first_character(lines, line))
    return node is not None and node.is_extra and not node.is_error


def _in_string(document: Document, line: int) -> bool:
    """Whether the line begins inside a string that began on an earlier one."""
    node = document.node_at(document.lf_lines.starts[line])
    while node is not None:
        if node.start_point.row < line and "string" in node.type:
            return True
        node = node.parent
    return False
