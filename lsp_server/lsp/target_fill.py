"""From the targets of one document to what fills them: one request, one edit.

Knows documents, carvings and edits, and of the server only what it keeps; no LSP methods.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from fillwright.engine.confidence import geometric_mean
from fillwright.engine.errors import BadRequest
from fillwright.engine.prompt_format import NO_INSTRUCTIONS
from fillwright.lsp_server.carving.carving import Carving, is_written
from fillwright.lsp_server.carving.frames import Framed, framed
from fillwright.lsp_server.fills.fills import Ask, OnDraft
from fillwright.lsp_server.fills.inflight import Superseded
from fillwright.lsp_server.fitting.fit import Dropped
from fillwright.lsp_server.fitting.stub import fit_written
from fillwright.lsp_server.lsp import convert
from fillwright.lsp_server.lsp.code_actions import Target, carvings_of
from fillwright.lsp_server.lsp.protocol import ContentModified
from fillwright.lsp_server.text.changes import TextChange, applied
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.positions import PositionEncoding

if TYPE_CHECKING:
    from fillwright.lsp_server.lsp.server import FillwrightServer


@dataclass(frozen=True)
class FilledHole:
    """The changes that put the fill into one hole, or why there are none; `confidence` is in
    [0, 1]."""

    changes: tuple[TextChange, ...]
    dropped: tuple[Dropped, ...]
    confidence: float


@dataclass(frozen=True)
class Filled:
    """The holes of one document, filled jointly, in document order. `instructed`: the model took
    the instruction; None without one."""

    document: Document
    carvings: tuple[Carving, ...]
    holes: tuple[FilledHole, ...]
    instructed: bool | None = None

    def edit(
        self, encoding: PositionEncoding, client: types.ClientCapabilities
    ) -> types.WorkspaceEdit | None:
        """One edit of every hole that something fits into, or None."""
        changes = [change for hole in self.holes for change in hole.changes]
        if not changes:
            return None
        return convert.workspace_edit(self.document, changes, encoding, client)

    @property
    def reason(self) -> str | None:
        """Why there is no edit: the first hole's reason."""
        left = self._left
        if len(left) < len(self.holes):
            return None
        return f"{left[0]} Write a little more around the hole, and ask again."

    @property
    def note(self) -> str | None:
        """What to tell with the edit: that nobody was told what it was to be, and why it leaves
        some of the holes as they are."""
        left = self._left
        said = list[str]()
        if self.instructed is False:
            said.append(NO_INSTRUCTIONS)
        if 0 < len(left) < len(self.holes):
            said.append(f"{len(left)} of {len(self.holes)} places stay as they are: {left[0]}")
        return " ".join(said) or None

    @property
    def rewrites(self) -> bool:
        """Whether the edit replaces code or a docstring that nobody selected."""
        return any(
            bool(hole.changes)
            and carving.what in ("body", "docstring")
            and is_written(self.document, carving)
            for carving, hole in zip(self.carvings, self.holes, strict=True)
        )

    @property
    def _left(self) -> list[str]:
        return [hole.dropped[0].message for hole in self.holes if not hole.changes]

    def holes_json(self, encoding: PositionEncoding) -> list[dict[str, Any]]:
        """The holes as plain JSON: range, what stands there after the fill, and confidence."""
        return [
            {
                "range": convert.plain_range(self.document, start, end, encoding),
                "text": _text(self.document, start, end, hole.changes),
                "confidence": hole.confidence,
            }
            for (start, end), hole in zip(self._ranges(), self.holes, strict=True)
        ]

    def _ranges(self) -> Iterator[tuple[int, int]]:
        for carving in self.carvings:
            (hole,) = carving.holes
            yield self.document.from_lf(hole.start), self.document.from_lf(hole.end)


async def fill_targets(
    ls: "FillwrightServer", targets: Sequence[Target], on_draft: OnDraft | None = None
) -> Filled:
    """Fill the targets, all of one document, in one request.

    Raises BadRequest for targets that cannot be filled together, ContentModified when the document
    is not, or no longer, the one that was meant, and what the engine's client raises.
    """
    document, carvings = _carved(ls, targets)
    instruction = _instruction(targets)
    instructed = None if instruction is None else ls.takes_instructions() is not False
    ask = Ask(document, carvings, "edit", instruction=instruction)
    try:
        infill = await ls.fills.infill(ask, ls.settings_of(document.uri).fill, on_draft)
    except Superseded:
        raise ContentModified("The document changed, or a newer fill was asked for") from None
    if ls.documents.get(document.uri) is not document:
        raise ContentModified
    frame, formatting = framed(document, carvings), ls.formatting.get(document.uri)
    holes = (
        _filled_hole(document, frame, number, text, formatting, geometric_mean(confidences))
        for number, (text, confidences) in enumerate(
            zip(infill.texts, infill.confidences, strict=True)
        )
    )
    return Filled(document, carvings, tuple(holes), instructed)


def in_order(carvings: Sequence[Carving]) -> tuple[Carving, ...]:
    """The carvings, of one hole each, in document order. Raises BadRequest when two overlap."""
    ordered = tuple(sorted(carvings, key=lambda carving: carving.holes))
    for before, after in pairwise(ordered):
        first, second = before.holes[0], after.holes[0]
        if second.start < first.end or first == second:
            raise BadRequest("Two of the places overlap; give places that lie apart.")
    return ordered


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
    said = {target.instruction for target in targets if target.instruction}
    if len(said) > 1:
        raise BadRequest("Places that are filled together share one instruction.")
    return said.pop() if said else None


def _filled_hole(
    document: Document,
    frame: Framed,
    number: int,
    text: str,
    formatting: Formatting | None,
    confidence: float,
) -> FilledHole:
    fit = fit_written(frame.document, frame.carvings[number], text, formatting)
    changes = frame.original(number, fit.changes)
    return FilledHole(changes, fit.dropped, confidence)


def _text(document: Document, start: int, end: int, changes: Sequence[TextChange]) -> str:
    inside = [TextChange(one.start - start, one.end - start, one.text) for one in changes]
    return applied(document.text[start:end], inside)
