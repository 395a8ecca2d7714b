"""Which body a place in a document belongs to, from the syntax tree and, failing that, from lines.

Offsets are those of the document's LF form. Knows nothing of holes as the engine sees them, and no
language by name.
"""

import re
from dataclasses import dataclass

from fillwright.engine.request import Shape
from fillwright.engine.syntax.blocks import is_comment
from fillwright.engine.syntax.functions import Function
from fillwright.engine.syntax.grammars import has_queries
from fillwright.engine.syntax.languages import doc_marks
from fillwright.lsp_server.carving.headers import (
    empty_block,
    header_end,
    is_apart,
    is_statement,
    looks_like_header,
    opened_by,
)
from fillwright.lsp_server.carving.steps import step_near, step_of_data
from fillwright.lsp_server.carving.syntax import Syntax
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.documents import Document, Layer

STRING = re.compile("string(?!_(content|fragment|start|end))")
SEVERAL_LINES = re.compile(
    "heredoc|raw_string_literal|template_(string|literal)|verbatim|text_block"
)
PLAIN_QUOTE = re.compile(r"[a-zA-Z$]*(?:\"(?!\"\")|'(?!''))")


@dataclass(frozen=True, slots=True)
class Body:
    """The range to be written in LF offsets, and the indentation of the block it belongs to.

    `fresh`: the text has to begin with a newline. `shape`: what is written on one line, as one
    expression or between braces, is written on one line again. `stub`: nothing stands there yet.
    `under` is the indentation of its header; `guessed`: no line shows how much deeper the block is.
    """

    start: int
    end: int
    indent: str
    fresh: bool
    shape: Shape = "block"
    stub: bool = False
    under: str = ""
    guessed: bool = False


def body_around(document: Document, layer: Layer, offset: int) -> Body | None:
    """The body of the innermost function around `offset`, in the language that is written there.

    Where no functions are known: of the nearest line that has something deeper under it.
    """
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return _indented_body(document, layer, offset)
    function = _function_around(syntax, offset)
    if syntax.has_error:
        header = _broken_header(syntax, layer.start, offset, function)
        if header is not None:
            return _body_under(document, layer, header)
    if function is not None:
        return body_of(document, layer, function)
    return None if has_queries(layer.language) else _indented_body(document, layer, offset)


def body_of(document: Document, layer: Layer, function: Function) -> Body:
    """The body of a function of the layer, as `Syntax.functions` gives it."""
    lines = document.lf_lines
    start, end, closer = function.hole_start, function.hole_end, function.closer
    header = lines.line_of(function.header)
    headed = lines.line_of(function.body_start)
    last = lines.line_of(function.end)
    if not function.value and (function.broken or _is_left_of(document, layer, closer, header)):
        last = _last_line_under(document, layer, header, headed)
        if closer is None or not _closes(document, closer, header, headed, last):
            closer = None
            start = _after_docstring(document, layer, start, headed)
            under = lines.end_of(last)
            end = max(start, under if last > headed else min(end, under))
    indent, guessed = _indent_under(document, layer, header, headed, last)
    if closer is not None and function.stub:
        end = _up_to_closer(document, end, closer)
    written = document.lf[start:end].strip(" \t")
    one_line = closer is not None and lines.line_of(closer) == lines.line_of(start)
    fresh = written.startswith("\n")
    shape: Shape = "block"
    if function.value:
        shape = "free" if "\n" in written else "line"
    elif one_line and not function.stub:
        shape = "line"
    else:
        fresh = fresh or not written or one_line
    stub = function.stub and not function.declared
    return Body(start, end, indent, fresh, shape, stub, layout.indentation(lines, header), guessed)


def _is_left_of(document: Document, layer: Layer, closer: int | None, header: int) -> bool:
    """Whether what closes a function can hardly be its own, in a source that does not parse."""
    syntax = Syntax.of(document, layer)
    if closer is None or syntax is None or not syntax.has_error:
        return False
    lines = document.lf_lines
    return layout.depth(lines, lines.line_of(closer)) < layout.depth(lines, header)


def _up_to_closer(document: Document, end: int, closer: int) -> int:
    """The end of the blank lines, or blanks, between what is left of a stub and what closes it."""
    between = document.lf[end:closer]
    if between.strip():
        return end
    return end + between.rfind("\n") if "\n" in between else closer


def _closes(document: Document, closer: int, header: int, headed: int, last: int) -> bool:
    """Whether what the tree takes for the end of a broken function stands where that belongs."""
    lines = document.lf_lines
    line = lines.line_of(closer)
    if line == headed:
        return True
    after = next((at for at in range(last + 1, line + 1) if not layout.is_blank(lines, at)), -1)
    return line == after and layout.depth(lines, line) <= layout.depth(lines, header)


def _function_around(syntax: Syntax, offset: int) -> Function | None:
    lines = syntax.document.lf_lines
    line = lines.line_of(offset)
    code_line = line
    while code_line > 0 and _is_blank_or_comment(syntax, code_line):
        code_line -= 1
    around = [
        function
        for function in syntax.functions(lines.starts[code_line], offset + 1)
        if function.start <= offset
        and (offset <= function.end or _goes_on(syntax.document, function, line))
        and not (syntax.has_error and is_statement(syntax.document.lf, function.start))
    ]
    return around[-1] if around else None


def _goes_on(document: Document, function: Function, line: int) -> bool:
    """Whether a line after a function that nothing closes, and after no other code, is still the
    function's."""
    lines = document.lf_lines
    last = lines.line_of(function.end)
    if function.closer is not None or function.value:
        return False
    if line == last:
        return True
    if line == last + 1 and function.hole_start == function.end:
        return True
    header = lines.line_of(function.header)
    return layout.depth(lines, line) > layout.depth(lines, header)


def _broken_header(
    syntax: Syntax, first: int, offset: int, function: Function | None
) -> int | None:
    """The line of the nearest function header around `offset`, and not before the offset `first`,
    that does not parse, if it is nearer than `function` or that function's own."""
    lines = syntax.document.lf_lines
    line = lines.line_of(offset)
    outermost, nearest = -1, None
    if function is not None:
        outermost = lines.line_of(function.start)
        if function.broken_header:
            nearest = lines.line_of(function.header)
    for around in [line, *layout.headers_around(lines, line)]:
        header = opened_by(lines, around)
        if header <= outermost or lines.starts[header] < first:
            break
        if syntax.has_broken_header(lines.starts[header], lines.next_start(header)):
            return header
        # inside a function an open bracket is rather a call's
        if not looks_like_header(lines, header, is_open=function is None):
            continue
        if _is_broken(syntax, header):
            return header
    return nearest


def _is_broken(syntax: Syntax, line: int) -> bool:
    """Whether something that begins in the line does not parse, or what the line is in."""
    lines = syntax.document.lf_lines
    for offset in (layout.first_character(lines, line), lines.end_of(line) - 1):
        for node in reversed(syntax.path_to(offset)):
            if syntax.start_of(node) < lines.starts[line] or node.parent is None:
                if node.is_error:
                    return True
                break
            if node.has_error:
                return True
    return False


def _indented_body(document: Document, layer: Layer, offset: int) -> Body | None:
    lines = document.lf_lines
    line = lines.line_of(offset)
    if not layout.is_blank(lines, line) and _last_line_under(document, layer, line, line) > line:
        return _body_under(document, layer, line)
    header = empty_block(lines, line)
    if header is None:
        header = next(layout.headers_around(lines, line), None)
    return None if header is None else _body_under(document, layer, header)


def _body_under(document: Document, layer: Layer, header: int) -> Body:
    """The deeper lines under a header line, whatever they are."""
    lines = document.lf_lines
    headed = header_end(lines, header)
    last = _last_line_under(document, layer, header, headed)
    start = lines.starts[headed] + len(lines.content(headed).rstrip())
    start = _after_docstring(document, layer, start, headed)
    end = max(start, lines.end_of(last) if last > headed else start)
    indent, guessed = _indent_under(document, layer, header, headed, last)
    under = layout.indentation(lines, header)
    return Body(start, end, indent, fresh=True, under=under, guessed=guessed)


def _after_docstring(document: Document, layer: Layer, start: int, headed: int) -> int:
    """The end of a docstring below a header, where nothing but lines says that it is one; `start`
    where there is none."""
    lines = document.lf_lines
    marks, syntax = doc_marks(layer.language), Syntax.of(document, layer)
    if syntax is None or marks is None or marks[0] != marks[1] or headed + 1 >= len(lines):
        return start
    first = layout.first_character(lines, headed + 1)
    node = syntax.node_at(first)
    while node is not None and syntax.start_of(node) == first and not STRING.fullmatch(node.type):
        node = node.parent
    if node is None or syntax.start_of(node) != first or first <= start:
        return start
    end = syntax.end_of(node)
    return end if not document.lf[end : lines.end_of(lines.line_of(end))].strip() else start


def _last_line_under(document: Document, layer: Layer, header: int, headed: int) -> int:
    """The last line after `headed` that stands deeper than `header`, before one that does not.

    Blank lines, and lines that begin inside a string, stand as deep as their surroundings.
    Comments, labels and lines for a preprocessor stand where they like.
    """
    lines = document.lf_lines
    depth = layout.depth(lines, header)
    last = headed
    for line in range(headed + 1, min(len(lines), headed + layout.LONGEST_BLOCK)):
        if layout.is_blank(lines, line):
            continue
        if layout.depth(lines, line) > depth or _in_string(document, layer, line):
            last = line
        elif not _stands_apart(document, layer, line):
            break
    return last


def _indent_under(
    document: Document, layer: Layer, header: int, headed: int, last: int
) -> tuple[str, bool]:
    """The indentation of the lines after a header, or what it would be if there were any; and
    whether nothing shows it."""
    lines = document.lf_lines
    for line in range(headed + 1, last + 1):
        if not layout.is_blank(lines, line):
            if layout.depth(lines, line) > layout.depth(lines, header):
                return layout.indentation(lines, line), False
            break
    step = step_near(document, layer, header)
    usual = step or step_of_data(document, layer, header) or layout.DEFAULT_UNIT
    return layout.indentation(lines, header) + usual, step is None


def _is_blank_or_comment(syntax: Syntax, line: int) -> bool:
    lines = syntax.document.lf_lines
    if layout.is_blank(lines, line):
        return True
    node = syntax.node_at(layout.first_character(lines, line))
    return node is not None and is_comment(node)


def _stands_apart(document: Document, layer: Layer, line: int) -> bool:
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return False
    return is_apart(document.lf_lines, line) or _is_blank_or_comment(syntax, line)


def _in_string(document: Document, layer: Layer, line: int) -> bool:
    """Whether the line begins inside a string of several lines that began on an earlier one."""
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return False
    for node in reversed(syntax.path_to(document.lf_lines.starts[line])):
        if node.start_point.row < line and SEVERAL_LINES.search(node.type):
            return True
        if node.start_point.row < line and STRING.search(node.type):
            # what goes on after the end is rather a string whose quote was taken for an end
            plain, end = PLAIN_QUOTE.match(document.lf, syntax.start_of(node)), syntax.end_of(node)
            after = document.lf[end : end + 1]
            goes_on = after.isascii() and after.isalnum()
            return not (plain and (goes_on or end == len(document.lf)))
    return False
