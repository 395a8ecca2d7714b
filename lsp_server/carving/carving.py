"""From a place in a document to the hole that is to be filled there.

Never fails: where the source does not parse, or there is no grammar, lines and indentation decide.
Offsets go in and come out in the document's LF form. Knows nothing of the engine's answer, and no
language by name; what a function is, the queries say.

A hole that begins on a fresh line begins *at the newline*: the text before it never ends in half
an indentation, and its own text starts with the newline. It ends before the newline after it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from fillwright.engine.request import Hole, Shape
from fillwright.engine.syntax.functions import Function
from fillwright.engine.syntax.pieces import Kind
from fillwright.lsp_server.carving.bodies import Body, body_around, body_of
from fillwright.lsp_server.carving.steps import step_near
from fillwright.lsp_server.carving.syntax import Syntax
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.documents import Document, Layer

# further arguments may follow a function: `}, []);`
BRACE_CLOSED = re.compile(r"\}(?:,[^{}]*\))?[)\]};,]*[ \t]*")
MOST_STUBS = 8
NEARBY = 16_000
"""Stubs that are filled together, and the characters on either side in which they are looked for:
what a large model's prompt shows."""

What = Literal["body", "line end", "selection", "docstring", "piece", "braces"]


@dataclass(frozen=True, slots=True)
class Carving:
    """Holes of one document, in LF offsets, and how their text has to be laid out.

    `shape` says whether the text may span lines: `line` never, `block` as whole lines of a block,
    `free` as it likes. `indent` is the indentation of the block that the hole stands in. `fresh`:
    the text must begin with a newline, for the hole begins at the end of a line that is to be left
    as it is. Where what closes the block stands on the hole's last line, it then needs a line of
    its own. `language` is that of the hole where it is not the document's. `opening` and `closing`
    are not in the document yet and come with the text, around it (see `frames.py`). `stub`: it is a
    body in which nothing is written, though something should be. `under` is the indentation of a
    body's header; `guessed`: no line shows how much deeper the body is, so the editor may say it.
    """

    holes: tuple[Hole, ...]
    shape: Shape
    indent: str
    what: What
    fresh: bool
    language: str | None = None
    opening: str = ""
    closing: str = ""
    stub: bool = False
    under: str = ""
    guessed: bool = False


def carve_body(document: Document, offset: int) -> Carving | None:
    """The body of the innermost function around an LF offset; None when it is in none.

    A docstring stays, and so do the comments of a stub. After a function, an offset belongs to
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
    return _of_body(document, layer, _as_deep_as_the_cursor(document, body, offset))


def carve_line_end(document: Document, offset: int) -> Carving:
    """From an LF offset to the end of its line."""
    lines = document.lf_lines
    line = lines.line_of(offset)
    indent = layout.indentation(lines, line)
    return Carving((Hole(offset, lines.end_of(line)),), "line", indent, "line end", fresh=False)


def is_between_braces(document: Document, offset: int) -> bool:
    """Whether nothing stands between an LF offset and a brace on either side, and after it only
    what closes the line."""
    lines = document.lf_lines
    rest = document.lf[offset : lines.end_of(lines.line_of(offset))]
    return document.lf[offset - 1 : offset] == "{" and BRACE_CLOSED.fullmatch(rest) is not None


def carve_braces(document: Document, offset: int) -> Carving | None:
    """The empty place between two braces at the end of a line; None where there is none."""
    if not is_between_braces(document, offset):
        return None
    layer, lines = document.layer_at(offset), document.lf_lines
    line = lines.line_of(offset)
    under = layout.indentation(lines, line)
    step = step_near(document, layer, line)
    indent = under + (step or layout.DEFAULT_UNIT)
    language = None if layer.language == document.language else layer.language
    hole, guessed = Hole(offset, offset), step is None
    return Carving((hole,), "free", indent, "braces", False, language, under=under, guessed=guessed)


def carve_selection(document: Document, start: int, end: int) -> Carving:
    """What is selected. Whole lines keep the newline after them; their indentation is the hole's.

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


def carve_piece(document: Document, offset: int, kind: Kind) -> Carving | None:
    """The innermost piece of a kind around an LF offset, such as the arguments of a call; None when
    there is none, or the language is not known."""
    layer = document.layer_at(offset)
    syntax = Syntax.of(document, layer)
    found = [] if syntax is None else syntax.pieces(offset, kind)
    if not found:
        return None
    start, end = found[-1]
    lines = document.lf_lines
    written = document.lf[start:end].strip(" \t")
    fresh = written.startswith("\n") and document.lf[start - 1 : start] != "\n"
    line = lines.line_of(start + 1) if fresh else lines.line_of(start)
    indent = layout.indentation(lines, line)
    language = None if layer.language == document.language else layer.language
    shape: Shape = "block" if fresh else "free" if "\n" in written else "line"
    return Carving((Hole(start, end),), shape, indent, "piece", fresh, language)


def stub_bodies(document: Document, offset: int = 0) -> list[Carving]:
    """The bodies that only hold a place, in document order: `pass`, `todo!()`, an exception that
    says so, nothing but comments, nothing at all. Those that are meant to be bare (overloads,
    abstract methods, empty closures) are left alone.

    No more than `MOST_STUBS`, those nearest to an LF offset: they are filled jointly, and a canvas
    holds no more. In the language that is written there, where a document has several.
    """
    layer = document.layer_at(offset)
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return []
    found = list(syntax.stubs(*_nearby(document, offset)))
    if len(found) < MOST_STUBS:
        found = list(syntax.stubs(0, len(document.lf)))
    return _nearest(document, layer, found, offset)


def has_stubs_nearby(document: Document, offset: int) -> bool:
    """Whether there are several such bodies in the hundreds of lines around an LF offset."""
    syntax = Syntax.of(document, document.layer_at(offset))
    if syntax is None:
        return False
    return len(list(islice(syntax.stubs(*_nearby(document, offset)), 2))) > 1


def is_written(document: Document, carving: Carving) -> bool:
    """Whether there is something in a hole already, besides the placeholder of a stub. Without a
    grammar nobody can say what only holds a place."""
    if carving.stub or document.layer_at(carving.holes[0].start).tree is None:
        return False
    return any(document.lf[hole.start : hole.end].strip() for hole in carving.holes)


def stub_bodies_in_class(document: Document, offset: int) -> list[Carving]:
    """The same, of the innermost class around an LF offset; none when it is in none."""
    layer = document.layer_at(offset)
    syntax = Syntax.of(document, layer)
    if syntax is None:
        return []
    at = _past_indentation(document, offset)
    around = [span for span in syntax.classes(at, at + 1) if span[0] <= at <= span[1]]
    if not around:
        return []
    start, end = around[-1]
    found = syntax.stubs(start, end)
    inside = [function for function in found if start <= function.start and function.end <= end]
    return _nearest(document, layer, inside, at)


def _nearby(document: Document, offset: int) -> tuple[int, int]:
    return max(0, offset - NEARBY), min(len(document.lf), offset + NEARBY)


def _nearest(document: Document, layer: Layer, found: Sequence[Function], at: int) -> list[Carving]:
    nearest = sorted(found, key=lambda function: abs(function.body_start - at))[:MOST_STUBS]
    in_order = sorted(nearest, key=lambda function: function.start)
    return [_of_body(document, layer, body_of(document, layer, one)) for one in in_order]


def _of_body(document: Document, layer: Layer, body: Body) -> Carving:
    language = None if layer.language == document.language else layer.language
    hole = Hole(body.start, body.end)
    return Carving(
        (hole,),
        body.shape,
        body.indent,
        "body",
        body.fresh,
        language,
        stub=body.stub,
        under=body.under,
        guessed=body.guessed,
    )


def _as_deep_as_the_cursor(document: Document, body: Body, offset: int) -> Body:
    """An empty body on whose blank line the editor has indented already begins there."""
    lines = document.lf_lines
    line = lines.line_of(offset)
    before = document.lf[lines.starts[line] : offset]
    empty = not document.lf[body.start : body.end].strip()
    if not empty or not layout.is_blank(lines, line) or lines.starts[line] <= body.start:
        return body
    depth, header = (len(text.expandtabs(layout.TAB_STOP)) for text in (before, body.under))
    return replace(body, indent=before, guessed=False) if depth > header else body


def _past_indentation(document: Document, offset: int) -> int:
    """An offset in a line's indentation means the line; on a blank line it stays."""
    lines = document.lf_lines
    line = lines.line_of(offset)
    if layout.is_blank(lines, line):
        return offset
    return max(offset, layout.first_character(lines, line))
