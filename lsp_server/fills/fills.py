"""From a carving to the engine's fill: one live fill per document and kind, late ones reused.

Knows nothing of LSP. What an editor gets of a fill is decided in `fitting` and `suggestions`.
"""

import uuid
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest, Shape, Snippet
from fillwright.lsp_server.carving.carving import Carving
from fillwright.lsp_server.carving.frames import framed
from fillwright.lsp_server.fills.candidate import Candidate, candidates_of
from fillwright.lsp_server.fills.inflight import Inflight, Superseded
from fillwright.lsp_server.fills.pace import Pace
from fillwright.lsp_server.fills.recall import Recall, Recalled
from fillwright.lsp_server.fills.status import StatusLine
from fillwright.lsp_server.fills.watchdog import watched_fill
from fillwright.lsp_server.project.keys import ProjectPlace
from fillwright.lsp_server.settings.settings import FillSettings
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.subscribers import DocumentEdit

if TYPE_CHECKING:
    from fillwright.engine.daemon.client import EngineClient

Kind = Literal["ghost", "popup", "edit"]
OnDraft = Callable[[Draft], None]


@dataclass(frozen=True)
class Ask:
    """One wish for a fill of this version of a document: `carvings` have one hole each, are in
    order, and are filled jointly. `unasked`: nobody asked for it by hand. `strength`: which share
    of what stands in the only hole is renoised; None writes it again. `watched`: its drafts are
    looked at."""

    document: Document
    carvings: tuple[Carving, ...]
    kind: Kind
    candidates: int = 1
    instruction: str | None = None
    unasked: bool = False
    strength: float | None = None
    watched: bool = False

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The holes of all carvings, in order."""
        return tuple(hole for carving in self.carvings for hole in carving.holes)

    @property
    def language(self) -> str:
        """The language of the holes: another than the document's where they agree on it."""
        languages = {carving.language or self.document.language for carving in self.carvings}
        return languages.pop() if len(languages) == 1 else self.document.language

    @property
    def shape(self) -> Shape:
        """What every fill may be: the carvings' shape where they agree."""
        shapes = {carving.shape for carving in self.carvings}
        return shapes.pop() if len(shapes) == 1 else "free"


class Fills:
    """Every fill of one editor.

    `engine` gives the client to use at that moment for a kind of fill, `tell` gets every draft of
    every fill. `around`
    gives what the model sees before and after a document, `context` what it sees of other places.
    `place` says where a document lies in the user's project. A fill that is not urgent waits for a
    pause in typing, by `pace`.
    """

    def __init__(
        self,
        engine: "Callable[[Kind], EngineClient]",
        status: StatusLine,
        tell: Callable[[Ask, Draft], None] = lambda ask, draft: None,
        *,
        around: Callable[[Document], tuple[str, str]] = lambda document: ("", ""),
        context: Callable[[Ask], tuple[Snippet, ...]] = lambda ask: (),
        place: Callable[[Document], ProjectPlace] = lambda document: ProjectPlace(),
        pace: Pace | None = None,
    ) -> None:
        self._engine = engine
        self._status = status
        self._tell = tell
        self._around = around
        self._context = context
        self._place = place
        self._pace = pace or Pace()
        self._inflight = Inflight[Infill]()
        self._recall = Recall()
        self._listeners: dict[Hashable, list[OnDraft | None]] = {}
        # other editors share the engine, and may have documents of the same name
        self._editor = uuid.uuid4().hex

    def opened(self, document: Document) -> None:
        """A document was opened; an edit of one that was open already cannot be applied."""
        self._give_up_edit(document.uri)

    def changed(self, edit: DocumentEdit) -> None:
        """The user changed a document. Its edit could not be applied any more; what is made while
        typing goes on until it is asked for again, for the typing may agree with it."""
        self._pace.record_keystroke()
        self._give_up_edit(edit.after.uri)

    def closed(self, document: Document) -> None:
        """The document was closed, so its edit cannot be applied."""
        self._give_up_edit(document.uri)

    def recalled(self, ask: Ask) -> Recalled | None:
        """What a fill made lately has for the ask's one hole, or None."""
        document = ask.document
        return self._recall.find(document.uri, ask.shape, document.lf, ask.holes[0])

    async def infill(
        self,
        ask: Ask,
        settings: FillSettings,
        on_draft: OnDraft | None = None,
        *,
        in_pause: bool = False,
    ) -> Infill:
        """The engine's fill; `in_pause`: the engine is asked when the typing pauses.

        Ghost text and popup share a fill of the same place. Raises Superseded when the same kind
        asks again for this document or the engine gives the fill up, and what its client raises.
        """
        shared = "typing" if ask.kind in ("ghost", "popup") else ask.kind
        # a document is equal to itself only
        subject = (
            ask.document,
            ask.carvings,
            ask.candidates,
            ask.instruction,
            ask.unasked,
            ask.strength,
            ask.watched,
            settings,
            shared,
        )

        # who joins a fill that is made already sees its drafts too
        listeners = self._listeners.setdefault(subject, [])
        listeners.append(on_draft)

        async def work() -> Infill:
            if in_pause:
                await self._pace.pause()
            return await self._fill(ask, settings, listeners)

        try:
            return await self._inflight.run((ask.document.uri, ask.kind), subject, work)
        finally:
            listeners.remove(on_draft)
            if not listeners:
                del self._listeners[subject]

    def keep(self, ask: Ask, candidates: tuple[Candidate, ...]) -> None:
        """Recall these for the ask's one hole."""
        document = ask.document
        self._recall.keep(document.uri, ask.shape, document.lf, ask.holes[0], candidates)

    def _give_up_edit(self, uri: str) -> None:
        self._inflight.give_up((uri, "edit"))

    async def _fill(
        self, ask: Ask, settings: FillSettings, listeners: Sequence[OnDraft | None]
    ) -> Infill:
        key = f"{self._editor} {ask.document.uri} {ask.kind}"
        request = self._place(ask.document).in_request(
            _request(ask, settings, key, *self._around(ask.document), self._context(ask))
        )

        def show(draft: Draft) -> None:
            self._status.mark_busy()
            self._tell(ask, draft)
            for listener in listeners:
                if listener is not None:
                    listener(draft)

        with self._status.busy():
            infill = await watched_fill(self._engine(ask.kind), request, show)
        if infill.finish == "cancelled":
            raise Superseded
        if (total := infill.timings_ms.get("total")) is not None:
            self._pace.record_response(total / 1000)
            self._status.set_typical_latency(self._pace.response)
        if len(ask.holes) == 1:
            self.keep(ask, candidates_of(infill))
        return infill


def _request(
    ask: Ask,
    settings: FillSettings,
    document_key: str,
    before: str,
    after: str,
    context: tuple[Snippet, ...],
) -> InfillRequest:
    frame = framed(ask.document, ask.carvings)
    holes = (hole for carving in frame.carvings for hole in carving.holes)
    tokens = settings.line_tokens if ask.shape == "line" else settings.block_tokens
    return InfillRequest(
        document=before + frame.document.lf + after,
        holes=tuple(Hole(len(before) + hole.start, len(before) + hole.end) for hole in holes),
        language=ask.language,
        instruction=ask.instruction,
        context=context,
        shape=ask.shape,
        candidates=ask.candidates,
        budget=Budget(tokens, settings.steps),
        seed=settings.seed,
        document_key=document_key,
        decode=settings.decode,
        unasked=ask.unasked,
        strength=ask.strength,
        watched=ask.watched,
    )
