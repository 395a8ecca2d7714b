"""From a place in a document to the hole of a docstring, written already or not.

Offsets are those of the document's LF form. Of languages it knows only the marks around their
docstrings; Python has them inside the body, everyone else above the header.
"""

import re

from fillwright.engine.request import Hole, Shape
from fillwright.engine.syntax.definitions import Definition
from fillwright.engine.syntax.languages import doc_marks
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.carving.steps import step_at
from fillwright.lsp_server.carving.syntax import Span, Syntax
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.documents import Document, Layer

STRING = re.compile(r"""[a-zA-Z]*(?P<quote>\"\"\"|'''|"|')(?P<text>.*)(?P=quote)""", re.DOTALL)
BLOCK_COMMENT = re.compile(r"/\*[*!]? ?(?P<text>.*?) ?\*/", re.DOTALL)
LINE_COMMENTS = re.compile(r"(?://[/!]?|#+|--+) ?(?P<text>.*)", re.DOTALL)


def carve_docstring(document: Document, offset: int) -> Carving | None:
    """The text of the docstring of the innermost class or function around an LF offset, or above
    which it is; where there is none, a hole with its marks around it. None when there is no
    definition, or no room for a docstring."""
    layer = document.layer_at(offset)
    marks = doc_marks(layer.language)
    definition = _definition(document, layer, offset)
    if marks is None or definition is None:
        return None
    # only a string has the same mark at both ends
    inside = marks[0] == marks[1]
    written = definition.docstring if inside else definition.comments
    if written is not None:
        carving = _written(document, written)
    elif inside:
        carving = _below_header(document, definition, marks)
    else:
        carving = _above_header(document, definition, marks)
    return carving


def wants_docstring(document: Document, offset: int) -> bool:
    """Whether an LF offset is in the header of a definition or in what is said about it."""
    definition = _definition(document, document.layer_at(offset), offset)
    if definition is None:
        return False
    lines = document.lf_lines
    spans = [(definition.start, definition.body_start), definition.docstring, definition.comments]
    return any(
        lines.line_of(span[0]) <= lines.line_of(offset) <= lines.line_of(span[1])
        for span in spans
        if span is not None
    )


def _written(document: Document, span: Span) -> Carving | None:
    start, end = span
    indent = layout.indentation(document.lf_lines, document.lf_lines.line_of(start))
    for form in (STRING, BLOCK_COMMENT, LINE_COMMENTS):
        match = form.fullmatch(document.lf, start, end)
        if match is not None:
            several = "\n" in match["text"] or form is BLOCK_COMMENT
            shape: Shape = (
                "free" if several or len(match.groupdict().get("quote", "")) > 1 else "line"
            )
            return _carving(document, Hole(*match.span("text")), shape, indent)
    return None


def _below_header(
    document: Document, definition: Definition, marks: tuple[str, str]
) -> Carving | None:
    lines = document.lf_lines
    place = definition.body_start
    if document.lf[place : lines.end_of(lines.line_of(place))].strip():
        return None
    header = lines.line_of(definition.start)
    indent = layout.indentation(lines, header) + step_at(document, document.layer_at(place), header)
    return _carving(document, Hole(place, place), "free", indent, f"\n{indent}{marks[0]}", marks[1])


def _above_header(document: Document, definition: Definition, marks: tuple[str, str]) -> Carving:
    lines = document.lf_lines
    header = lines.line_of(definition.start)
    indent = layout.indentation(lines, header)
    # comments that end with their line have no room for a second
    shape: Shape = "free" if marks[1] else "line"
    if header == 0:
        opening, closing = indent + marks[0], marks[1] + "\n"
        return _carving(document, Hole(0, 0), shape, indent, opening, closing)
    place = lines.starts[header] - 1
    return _carving(document, Hole(place, place), shape, indent, f"\n{indent}{marks[0]}", marks[1])


def _carving(
    document: Document,
    hole: Hole,
    shape: Shape,
    indent: str,
    opening: str = "",
    closing: str = "",
) -> Carving:
    layer = document.layer_at(hole.start)
    language = None if layer.language == document.language else layer.language
    return Carving((hole,), shape, indent, "docstring", False, language, opening, closing)


def _definition(document: Document, layer: Layer, offset: int) -> Definition | None:
    """The innermost definition around the line of `offset`, or right below the comment in it."""
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return None
    lines = document.lf_lines
    at = max(offset, layout.first_character(lines, lines.line_of(offset)))
    node = syntax.node_at(at)
    # some comments have parts
    if node is not None and not node.is_extra and node.parent is not None and node.parent.is_extra:
        node = node.parent
    while node is not None and node.is_extra and node.next_sibling is not None:
        node = node.next_sibling
    below = at if node is None else max(at, syntax.start_of(node))
    around = [
        one
        for one in syntax.definitions(at, below + 1)
        if _begins_line(document, one)
        and (one.start <= at <= one.end or _holds(one.comments, offset))
    ]
    return around[-1] if around else None


def _holds(span: Span | None, offset: int) -> bool:
    return span is not None and span[0] <= offset <= span[1]


def _begins_line(document: Document, definition: Definition) -> bool:
    lines = document.lf_lines
    return layout.first_character(lines, lines.line_of(definition.start)) == definition.start
