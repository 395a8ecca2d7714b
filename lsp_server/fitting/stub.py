"""Fills that only hold the place of code that is still to come: `pass`, `todo!()` and the like.

Knows documents and syntax, neither the engine nor how texts are laid out. What a placeholder is,
the query files of the languages say.
"""

from collections.abc import Sequence
from dataclasses import replace

from fillwright.engine.syntax.functions import Function, functions
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.fitting.fit import Dropped, Fit, fit_fill
from fillwright.lsp_server.fitting.surroundings import surroundings
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.positions import LINE_END


def fit_written(
    document: Document, carving: Carving, text: str, formatting: Formatting | None = None
) -> Fit:
    """The changes that put `text` into the one hole of a carving, as `fit_fill` makes them; none
    when the outcome is a stub."""
    fit = fit_fill(document, carving, (text,), formatting)
    if (
        fit.changes
        and _is_stub_nearby(document, carving, fit.changes)
        and _is_stub(document, carving, fit.changes)
    ):
        return Fit((), (Dropped(0, "stub"),))
    return fit


def _is_stub_nearby(document: Document, carving: Carving, changes: Sequence[TextChange]) -> bool:
    """Whether it is a stub, as far as the surroundings of the hole say, which cost less to parse
    than a long document. They lack only what a function has besides: what is none there is none in
    the document."""
    if document.tree is None:
        return False
    (hole,), (change,) = carving.holes, changes
    around, near = surroundings(document, document.tree, hole)
    if len(around.lf) == len(document.lf):
        return True
    moved = hole.start - near.start
    start, end = document.to_lf(change.start), document.to_lf(change.end)
    if start < moved or around.lf[start - moved : end - moved] != document.lf[start:end]:
        return True
    text = LINE_END.sub("\n", change.text)
    moved_change = TextChange(start - moved, end - moved, text)
    return _is_stub(around, replace(carving, holes=(near,)), (moved_change,))


def _is_stub(document: Document, carving: Carving, changes: Sequence[TextChange]) -> bool:
    """Whether a function that the hole is in, or that is in the hole, has nothing in it then. Of a
    line, and of a selection in a stub, only a text that has the placeholder itself."""
    if carving.what == "docstring":
        return False
    (hole,), (change,) = carving.holes, changes
    filled = document.replaced(change.start, change.end, change.text, document.version)
    first, last = hole.start, hole.end + len(filled.lf) - len(document.lf)
    found = _around(filled, first, last)
    unwritten = [one for one in found if one.stub and not one.declared]
    below = [one for one in unwritten if filled.character(one.body_start) <= first]
    held = [one for one in below if _holds(filled, first, last, one)]
    if carving.what == "line end":
        return bool(held)
    if carving.what == "selection":
        before = _around(document, hole.start, hole.end)
        stubs = [one.body_start for one in before if one.stub]
        below = [one for one in below if one in held or one.body_start not in stubs]
    inside = [one for one in found if filled.character(one.start) >= first]
    return bool(below) or (bool(inside) and all(one in unwritten for one in inside))


def _around(document: Document, first: int, last: int) -> list[Function]:
    """The functions that touch a stretch of the document's LF form."""
    layer = document.layer_at(first)
    if layer.tree is None:
        return []
    return functions(layer.tree, layer.language, (document.byte(first), document.byte(last)))


def _holds(document: Document, first: int, last: int, stub: Function) -> bool:
    start, end = document.character(stub.hole_start), document.character(stub.hole_end)
    placeholder = document.lf[start:end]
    return bool(placeholder.strip()) and first <= end - len(placeholder.lstrip()) and end <= last
