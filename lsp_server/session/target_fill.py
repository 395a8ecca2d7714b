"""From the targets of one document to what fills them: one request, one answer for every hole.

Knows documents, carvings and edits; no session and no protocol.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fillwright.engine.confidence import geometric_mean
from fillwright.engine.errors import BadRequest
from fillwright.engine.prompt_format import NO_INSTRUCTIONS
from fillwright.engine.request import Infill
from fillwright.lsp_server.carving.carving import Carving, is_written
from fillwright.lsp_server.carving.frames import framed
from fillwright.lsp_server.fills.fills import Ask
from fillwright.lsp_server.fitting.fit import Dropped
from fillwright.lsp_server.fitting.stub import fit_written
from fillwright.lsp_server.session.targets import Target, carvings_of
from fillwright.lsp_server.text.changes import TextChange, applied
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.positions import PositionEncoding


@dataclass(frozen=True)
class FilledHole:
    """The changes that put the fill into one hole, or why there are none; `confidence` is in
    [0, 1]. `start..end` is the hole in the editor's own text."""

    start: int
    end: int
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

    @property
    def changes(self) -> tuple[TextChange, ...]:
        """The changes of every hole that something fits into."""
        return tuple(change for hole in self.holes for change in hole.changes)

    @property
    def reason(self) -> str | None:
        """Why there is no edit: the first hole's reason."""
        dropped = self._dropped
        if len(dropped) < len(self.holes):
            return None
        return f"{dropped[0]} Write a little more around the hole, and ask again."

    @property
    def remark(self) -> str | None:
        """What to tell with the edit: that nobody was told what it was to be, and why it leaves
        some of the holes as they are."""
        dropped = self._dropped
        sentences = list[str]()
        if self.instructed is False:
            sentences.append(NO_INSTRUCTIONS)
        if 0 < len(dropped) < len(self.holes):
            sentences.append(
                f"{len(dropped)} of {len(self.holes)} places stay as they are: {dropped[0]}"
            )
        return " ".join(sentences) or None

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
    def replaces_code(self) -> bool:
        """Whether the edit replaces code or a docstring, selected or not."""
        return self.rewrites or any(
            bool(hole.changes) and carving.what == "selection" and not self._is_blank(hole)
            for carving, hole in zip(self.carvings, self.holes, strict=True)
        )

    def text_in(self, hole: FilledHole) -> str:
        """What stands in one of the holes after the fill."""
        inside = [change.moved(-hole.start) for change in hole.changes]
        return applied(self.document.text[hole.start : hole.end], inside)

    def _is_blank(self, hole: FilledHole) -> bool:
        return not self.document.text[hole.start : hole.end].strip()

    @property
    def _dropped(self) -> list[str]:
        return [hole.dropped[0].message for hole in self.holes if not hole.changes]


def ask_for(document: Document, targets: Sequence[Target], encoding: PositionEncoding) -> Ask:
    """One request for all the targets of a document. Raises BadRequest when they overlap, have no
    place in the document, or do not share their instruction."""
    carvings = [one for target in targets for one in carvings_of(document, target, encoding)]
    return Ask(
        document,
        in_order(carvings),
        "edit",
        instruction=_instruction(targets),
        strength=_strength(targets),
    )


def filled(
    ask: Ask, infill: Infill, formatting: Formatting | None, instructed: bool | None
) -> Filled:
    """The engine's fill of every hole, made to fit."""
    holes = _filled_holes(ask.document, ask.carvings, infill, formatting)
    return Filled(ask.document, ask.carvings, tuple(holes), instructed)


def in_order(carvings: Sequence[Carving]) -> tuple[Carving, ...]:
    """The carvings, of one hole each, in document order. Raises BadRequest when two overlap."""
    ordered = tuple(sorted(carvings, key=lambda carving: carving.holes))
    for before, after in pairwise(ordered):
        if before.holes[0].overlaps(after.holes[0]):
            raise BadRequest("Two of the places overlap; give places that lie apart.")
    return ordered


def _instruction(targets: Sequence[Target]) -> str | None:
    given = {target.instruction for target in targets if target.instruction}
    if len(given) > 1:
        raise BadRequest("Places that are filled together share one instruction.")
    return given.pop() if given else None


def _strength(targets: Sequence[Target]) -> float | None:
    if len(targets) > 1 and any(target.strength is not None for target in targets):
        raise BadRequest("Only one place at a time can be renoised; ask for one.")
    return targets[0].strength if targets else None


def _filled_holes(
    document: Document,
    carvings: Sequence[Carving],
    infill: Infill,
    formatting: Formatting | None,
) -> Iterator[FilledHole]:
    frame = framed(document, carvings)
    answers = zip(carvings, infill.texts, infill.confidences, strict=True)
    for number, (carving, text, confidences) in enumerate(answers):
        (hole,) = carving.holes
        fit = fit_written(frame.document, frame.carvings[number], text, formatting)
        yield FilledHole(
            document.from_lf(hole.start),
            document.from_lf(hole.end),
            frame.original(number, fit.changes),
            fit.dropped,
            geometric_mean(confidences),
        )
