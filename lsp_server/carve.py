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
from fillwright.engine.syntax.definitions import classes
from fillwright.engine.syntax.functions import functions
from fillwright.lsp_server import layout
from fillwright.lsp_server.bodies import Body, body_around, body_of
from fillwright.lsp_server.documents import Document, Layer

What = Literal["body", "line end", "selection", "docstring"]


@dataclass(frozen=True, slots=True)
class Carving:
    """Holes of one document, in LF offsets, and how their text has to be laid out.

    `shape` says whether the text may span lines: `line` never, `block` as whole lines of a block,
    `free` as it likes. `indent` is the indentation of the block that the hole stands in. `fresh`:
    the text must begin with a newline, for the hole begins at the end of a line that is to be left
    as it is. Where what closes the block stands on the hole's last line, it then needs a line of
    its own. `language` is that of the hole where it is not the document's. `opening` and `closing`
    are not in the document yet and come with the text, around it (see `frames.py`).
    """

    holes: tuple[Hole, ...]
    shape: Shape
    indent: str
    what: What
    fresh: bool
    language: str | None = None
    opening: str = ""
    closing: str = ""


def carve_body(document: Document, offset: int) -> Carving | None:
    """The body of the innermost function around an LF offset; None when it is in none.

    A docstring stays, and so do the comments of a stub. Behind a function, an offset belongs to
    it when it is indented as the body is, with nothing but blank lines and comments between.
    """
    place = _past_indentation(document, offset)
    layer = document.layer_at(place)
    body = body_around(document, layer, place)
    if body is None:
        return None
    # the blank line that the cursor is on was opened for the body: it gives way to it
    line_end = document.lf_lines.end_of(document.lf_lines.line_of(offset))
    if document.lf[body.end : line_end].isspace():
        body = replace(body, end=line_end)
    return _of_body(document, layer, body)


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


def stub_bodies(document: Document, offset: int = 0) -> list[Carving]:
    """The bodies that only hold a place, in document order: `pass`, `todo!()`, an exception that
    says so, nothing but comments, nothing at all. Those that are meant to be bare (overloads,
    abstract methods, empty closures) are left alone.

    Of the language at an LF offset, where a document holds several.
    """
    return _stubs(document, document.layer_at(offset), None)


def stub_bodies_in_class(document: Document, offset: int) -> list[Carving]:
    """The same, of the innermost class around an LF offset; none when it is in none."""
    layer = document.layer_at(offset)
    if layer.tree is None:
        return []
    at = document.byte(_past_indentation(document, offset))
    found = classes(layer.tree, layer.language, (at, at + 1))
    around = [span for span in found if span[0] <= at <= span[1]]
    return _stubs(document, layer, around[-1]) if around else []


def _stubs(document: Document, layer: Layer, within: tuple[int, int] | None) -> list[Carving]:
    if layer.tree is None:
        return []
    return [
        _of_body(document, layer, body_of(document, layer, function))
        for function in functions(layer.tree, layer.language, within)
        if function.stub and not function.declared and not function.broken
    ]


def _of_body(document: Document, layer: Layer, body: Body) -> Carving:
    language = None if layer.language == document.language else layer.language
    hole = Hole(body.start, body.end)
    return Carving((hole,), body.shape, body.indent, "body", body.fresh, language)


def _past_indentation(document: Document, offset: int) -> int:
    """An offset in a line's indentation means the line; on a blank line it stays."""
    lines = document.lf_lines
    line = lines.line_of(offset)
    if layout.is_blank(lines, line):
        return offset
    return max(offset, layout.first_character(lines, line))
