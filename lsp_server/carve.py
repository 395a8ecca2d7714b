"""From a place in a document to the hole that is to be filled there.

Never fails: where the source does not parse, or there is no grammar, lines and indentation decide.
Offsets go in and come out in the document's LF form. Knows nothing of the engine's answer, and no
language by name; what a function is, the queries say.

A hole that begins on a fresh line begins *at the newline*: the text before it never ends in half
an indentation, and its own text starts with the newline. It ends before the newline behind it.
"""

from dataclasses import dataclass, replace
from typing import Literal

from fillwright.engine.request import Hole, Shape
from fillwright.engine.syntax.functions import functions
from fillwright.lsp_server import layout
from fillwright.lsp_server.bodies import Body, body_around, body_of
from fillwright.lsp_server.documents import Document

What = Literal["body", "line end", "selection"]


@dataclass(frozen=True, slots=True)
class Carving:
    """Holes of one document, in LF offsets, and how their text has to be laid out.

    `indent` is the indentation of the block that the hole stands in. `fresh`: the text must begin
    with a newline, for the hole begins at the end of a line that is to be left as it is.
    """

    holes: tuple[Hole, ...]
    shape: Shape
    indent: str
    what: What
    fresh: bool


def carve_body(document: Document, offset: int) -> Carving | None:
    """The body of the innermost function around an LF offset; None when it is in none.

    A docstring stays, and so do the comments of a stub. Behind a function, an offset belongs to
    it when it is indented as the body is, with nothing but blank lines and comments between.
    """
    body = body_around(document, _past_indentation(document, offset))
    if body is None:
        return None
    # the blank line that the cursor is on was opened for the body: it gives way to it
    line_end = document.lf_lines.end_of(document.lf_lines.line_of(offset))
    if document.lf[body.end : line_end].isspace():
        body = replace(body, end=line_end)
    return _of_body(document, body)


def carve_line_end(document: Document, offset: int) -> Carving:
    """From an LF offset to the end of its line."""
    lines = document.lf_lines
    line = lines.line_of(offset)
    indent = layout.indentation(lines, line)
    return Carving((Hole(offset, lines.end_of(line)),), "line", indent, "line end", fresh=False)


def carve_selection(document: Document, start: int, end: int) -> Carving:
    """What is selected. Whole lines keep the newline behind them; their indentation is the hole's.

    A selection that begins in the indentation of a line takes in the whole line.
    """
    lines = document.lf_lines
    first, last = lines.line_of(start), lines.line_of(end)
    if last > first and end == lines.starts[last]:
        last -= 1
        end = lines.end_of(last)
    filled = (line for line in range(first, last + 1) if not layout.is_blank(lines, line))
    indent = layout.indentation(lines, next(filled, first))
    code = layout.first_character(lines, first)
    if first == last and (start > code or end < lines.end_of(last)):
        start = code if start < code < end else start
        return Carving((Hole(start, end),), "line", indent, "selection", fresh=False)
    if start > code or start == end:
        return Carving((Hole(start, end),), "free", indent, "selection", fresh=False)
    start = max(0, lines.starts[first] - 1)
    return Carving((Hole(start, end),), "free", indent, "selection", fresh=first > 0)


def stub_bodies(document: Document) -> list[Carving]:
    """The bodies that only hold a place: `pass`, `...`, `raise NotImplementedError`, nothing but a
    docstring or comments. In document order; overloads and abstract methods are left alone."""
    if document.tree is None:
        return []
    return [
        _of_body(document, body_of(document, function))
        for function in functions(document.tree, document.language)
        if function.stub and not function.declared and not function.broken
    ]


def _of_body(document: Document, body: Body) -> Carving:
    inline = document.lf[body.start : body.end].lstrip(" \t")
    fresh = not inline or inline.startswith("\n")
    return Carving((Hole(body.start, body.end),), "block", body.indent, "body", fresh)


def _past_indentation(document: Document, offset: int) -> int:
    """An offset in a line's indentation means the line; on a blank line it stays."""
    lines = document.lf_lines
    line = lines.line_of(offset)
    if layout.is_blank(lines, line):
        return offset
    return max(offset, layout.first_character(lines, line))
