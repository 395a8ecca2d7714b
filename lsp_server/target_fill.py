"""From the targets of one document to what fills them: one request, one edit.

Knows documents, carvings and edits, and of the server only what it keeps; no LSP methods.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from fillwright.engine.errors import BadRequest
from fillwright.lsp_server import convert
from fillwright.lsp_server.carve import Carving
from fillwright.lsp_server.confidence import geometric_mean
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.edit_actions import Target, carvings_of
from fillwright.lsp_server.edits import Fit, TextChange, applied, fit_fill
from fillwright.lsp_server.fill_place import Formatting
from fillwright.lsp_server.fills import Ask, OnDraft
from fillwright.lsp_server.inflight import Superseded
from fillwright.lsp_server.positions import PositionEncoding
from fillwright.lsp_server.protocol import ContentModified

if TYPE_CHECKING:
    from fillwright.lsp_server.server import FillwrightServer


@dataclass(frozen=True)
class FilledHole:
    """The half-open range `start..end` of the editor's text, what stands there after the fill, and
    the fit that puts it there; `confidence` is in [0, 1]."""

    start: int
    end: int
    text: str
    confidence: float
    fit: Fit


@dataclass(frozen=True)
class Filled:
    """The holes of one document, filled jointly, in document order."""

    document: Document
    holes: tuple[FilledHole, ...]

    def edit(
        self, encoding: PositionEncoding, client: types.ClientCapabilities
    ) -> types.WorkspaceEdit | None:
        """One edit of every hole that something fits into, or None."""
        changes = [change for hole in self.holes for change in hole.fit.changes]
        if not changes:
            return None
        return convert.workspace_edit(self.document, changes, encoding, client)

    @property
    def reason(self) -> str | None:
        """Why there is no edit: the first hole's reason."""
        if any(hole.fit.changes for hole in self.holes):
            return None
        why = self.holes[0].fit.dropped[0].message
        return f"{why} Write a little more around the hole, and ask again."

    def holes_json(self, encoding: PositionEncoding) -> list[dict[str, Any]]:
        """The holes as plain JSON: range, text and confidence."""
        return [
            {
                "range": convert.plain_range(self.document, hole.start, hole.end, encoding),
                "text": hole.text,
                "confidence": hole.confidence,
            }
            for hole in self.holes
        ]


async def fill_targets(
    ls: "FillwrightServer", targets: Sequence[Target], on_draft: OnDraft | None = None
) -> Filled:
    """Fill the targets, all of one document, in one request.

    Raises BadRequest for targets that cannot be filled together, ContentModified when the document
    is not, or no longer, the one that was meant, and what the engine's client raises.
    """
    document, carvings = _carved(ls, targets)
    ask = Ask(document, carvings, "edit", instruction=_instruction(targets))
    try:
        infill = await ls.fills.infill(ask, ls.settings_of(document.uri).fill, on_draft)
    except Superseded:
        raise ContentModified("The document changed, or a newer fill was asked for") from None
    if ls.documents.get(document.uri) is not document:
        raise ContentModified
    holes = (
        _filled_hole(document, carving, text, confidences, ls.formatting.get(document.uri))
        for carving, text, confidences in zip(
            carvings, infill.texts, infill.confidences, strict=True
        )
    )
    return Filled(document, tuple(holes))


def in_order(carvings: Sequence[Carving]) -> tuple[Carving, ...]:
    """The carvings with one hole each, in document order. Raises BadRequest when two overlap."""
    single = sorted(
        (replace(carving, holes=(hole,)) for carving in carvings for hole in carving.holes),
        key=lambda carving: carving.holes,
    )
    for before, after in pairwise(single):
        first, second = before.holes[0], after.holes[0]
        if second.start < first.end or first == second:
            raise BadRequest("Two of the places overlap; give places that lie apart.")
    return tuple(single)


def _carved(
    ls: "FillwrightServer", targets: Sequence[Target]
) -> tuple[Document, tuple[Carving, ...]]:
    (uri, *others) = {target.uri for target in targets}
    if others:
        raise BadRequest("Several places are filled together in one document only.")
    document = ls.documents.get(uri)
    if document is None:
        raise BadRequest("This document is not open in the editor; open it first.")
    if (refused := ls.refusal(uri)) is not None:
        raise BadRequest(refused.message)
    if any(target.version not in (None, document.version) for target in targets):
        raise ContentModified
    carvings = [one for target in targets for one in carvings_of(document, target, ls.encoding)]
    return document, in_order(carvings)


def _instruction(targets: Sequence[Target]) -> str | None:
    said = {getattr(target, "instruction", None) or None for target in targets} - {None}
    if len(said) > 1:
        raise BadRequest("Places that are filled together share one instruction.")
    return said.pop() if said else None


def _filled_hole(
    document: Document,
    carving: Carving,
    text: str,
    confidences: Sequence[float],
    formatting: Formatting | None,
) -> FilledHole:
    hole = carving.holes[0]
    start, end = document.from_lf(hole.start), document.from_lf(hole.end)
    fit = fit_fill(document, carving, (text,), formatting)
    inside = [TextChange(edit.start - start, edit.end - start, edit.text) for edit in fit.changes]
    return FilledHole(
        start,
        end,
        applied(document.text[start:end], inside),
        geometric_mean(confidences),
        fit,
    )
