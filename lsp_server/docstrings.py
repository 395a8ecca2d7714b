"""From a place in a document to the hole of a docstring, written already or not.

Offsets are those of the document's LF form. Of languages it knows only the marks around their
docstrings; Python has them inside the body, everyone else above the header.
"""

import re

from fillwright.engine.request import Hole, Shape
from fillwright.engine.syntax.definitions import Definition, definitions
from fillwright.engine.syntax.languages import doc_marks
from fillwright.lsp_server import layout
from fillwright.lsp_server.carve import Carving
from fillwright.lsp_server.documents import Document, Layer

STRING = re.compile(r"""[a-zA-Z]*(?P<quote>\"\"\"|'''|"|')(?P<text>.*)(?P=quote)""", re.DOTALL)
BLOCK_COMMENT = re.compile(r"/\*[*!]? ?(?P<text>.*?) ?\*/", re.DOTALL)
LINE_COMMENTS = re.compile(r"(?://[/!]?|#+|--+) ?(?P<text>.*)", re.DOTALL)


def carve_docstring(document: Document, offset: int) -> Carving | None:
    """The text of the docstring of the innermost class or function around an LF offset, or above
    which it is; where there is none, a hole with its marks around it. None when there is no
    definition, or no room for a docstring."""
    lines = document.lf_lines
    line = lines.line_of(offset)
    layer = document.layer_at(offset)
    marks = doc_marks(layer.language)
    definition = None if layer.tree is None else _definition(document, layer, offset)
    if marks is None or definition is None:
        return None
    language = None if layer.language == document.language else layer.language
    header = lines.line_of(document.character(definition.start))
    inside = marks[0] == marks[1]
    written = definition.docstring if inside else definition.comments
    if written is not None:
        start, end = map(document.character, written)
        indent = layout.indentation(lines, lines.line_of(start))
        for form in (STRING,) if inside else (BLOCK_COMMENT, LINE_COMMENTS):
            match = form.fullmatch(document.lf, start, end)
            if match:
                several = "\n" in match["text"] or form is not LINE_COMMENTS
                hole = Hole(*match.span("text"))
                shape: Shape = "free" if several else "line"
                return Carving((hole,), shape, indent, "docstring", False, language)
        return None
    if inside:
        place = document.character(definition.body_start)
        indent = layout.indentation(lines, header) + layout.unit(lines, header)
        if document.lf[place : lines.end_of(lines.line_of(place))].strip() or line < header:
            return None
        opening, closing = f"\n{indent}{marks[0]}", marks[1]
    else:
        place = max(0, lines.starts[header] - 1)
        indent = layout.indentation(lines, header)
        opening, closing = f"\n{indent}{marks[0]}", marks[1]
        if header == 0:
            opening, closing = opening.removeprefix("\n"), closing + "\n"
    shape = "free" if marks[1] else "line"
    return Carving(
        (Hole(place, place),), shape, indent, "docstring", False, language, opening, closing
    )


def _definition(document: Document, layer: Layer, offset: int) -> Definition | None:
    """The innermost definition around the line of `offset`, or right below the comment in it."""
    assert layer.tree is not None
    lines = document.lf_lines
    line = lines.line_of(offset)
    at = document.byte(max(offset, layout.first_character(lines, line)))
    found = [
        one
        for one in definitions(layer.tree, layer.language, (at, at + 1))
        if one.start <= at <= one.end and _begins_line(document, one)
    ]
    return found[-1] if found else None


def _begins_line(document: Document, definition: Definition) -> bool:
    start = document.character(definition.start)
    lines = document.lf_lines
    return layout.first_character(lines, lines.line_of(start)) == start
