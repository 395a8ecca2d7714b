"""Types lines of a text as a person does, through the server's own suggestions, and notes what is
shown at each pause.

Knows no editor: the changes are those that an editor would send, one character each.
"""

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fillwright.engine.evaluation.pauses import Pause, TypedLine
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.request import Draft
from fillwright.lsp_server.fills.candidate import Candidate
from fillwright.lsp_server.fills.fills import Ask, Fills
from fillwright.lsp_server.fills.pace import Pace
from fillwright.lsp_server.fills.status import StatusLine
from fillwright.lsp_server.settings.settings import FillSettings
from fillwright.lsp_server.suggestions.gate import Gate, Gates, seen_after
from fillwright.lsp_server.suggestions.ghost_text import carve_ghost, ghost_text
from fillwright.lsp_server.suggestions.suggestions import Moment, Suggestions
from fillwright.lsp_server.suggestions.suppressions import Suppressions
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import PositionEncoding
from fillwright.lsp_server.text.reasons import Reason
from fillwright.lsp_server.text.subscribers import DocumentEdit

if TYPE_CHECKING:
    from fillwright.engine.daemon.client import EngineClient

LEFT = 60
UTF32 = PositionEncoding.UTF32


@dataclass(frozen=True)
class _Watched(Gate):
    """A gate that keeps what came to it, the last one last."""

    came: list[tuple[Candidate, TextChange]]

    def passing(
        self, document: Document, cursor: int, candidate: Candidate, ghost: TextChange
    ) -> TextChange | Reason:
        self.came.append((candidate, ghost))
        return super().passing(document, cursor, candidate, ghost)


class Typist:
    """Somebody who types with automatic ghost text behind `gates`, on the engine that `engine`
    gives."""

    def __init__(self, engine: "Callable[[], EngineClient]", gates: Gates) -> None:
        self._gates = gates
        self._asked = 0

        def counted() -> "EngineClient":
            self._asked += 1
            return engine()

        self._suppressions = Suppressions()
        self._background: list[Coroutine[Any, Any, Any]] = []
        self._first: tuple[float, Draft] | None = None
        self._suggestions = _suggestions(
            counted, self._suppressions, self._background.append, self._came
        )
        # what is asked for by hand must not be remembered by the other
        self._by_hand = _suggestions(engine, Suppressions())

    async def type(self, line: TypedLine, project: str) -> AsyncIterator[TypedPause]:
        """Type the line where it stands in its text, and give what is seen at its pauses."""
        source, indent = line.source, len(line.text) - len(line.text.lstrip())
        before, after = source.text[: line.start], source.text[line.start + len(line.text) :]
        document = Document.of(before + after, source.language, f"file:///{source.name}", 1)
        # an editor indents the new line itself
        document = self._typed(document, line.start, line.text[:indent])
        pauses = {pause.place: pause for pause in line.pauses}
        for place in range(indent, max(pauses) + 1):
            cursor = line.start + place
            if place in pauses:
                yield await self._look(line, pauses[place], document, project)
            if place < max(pauses):
                document = self._typed(document, cursor, line.text[place])
        for suggestions in (self._suggestions, self._by_hand):
            suggestions.closed(document)

    def _typed(self, before: Document, cursor: int, text: str) -> Document:
        if not text:
            return before
        position = before.lines.position(cursor, UTF32)
        changes = [Change(text, position, position)]
        after = before.changed(changes, before.version + 1, UTF32)
        edit = DocumentEdit(before, after, changes, UTF32)
        for suggestions in (self._suggestions, self._by_hand):
            suggestions.changed(edit)
        return after

    async def _look(
        self, line: TypedLine, pause: Pause, document: Document, project: str
    ) -> TypedPause:
        cursor = line.start + pause.place
        came: list[tuple[Candidate, TextChange]] = []
        both = (self._gates.line, self._gates.block)
        watched = Gates(*(_Watched(gate.whole, gate.beginning, came) for gate in both))
        moment = Moment(document, cursor, "ghost", gates=watched)
        asked, began = self._asked, time.perf_counter()
        self._first = None
        ghosts = await self._suggestions.ghosts(moment, FillSettings())
        first_shown = bool(self._background)
        while self._background:
            # the model's fill, while what stood there before is looked at
            await self._background.pop()
        ms = (time.perf_counter() - began) * 1000
        if first_shown:
            ghosts = await self._suggestions.ghosts(moment, FillSettings())
        for ghost in ghosts:
            self._suggestions.shown.keep(document, cursor, ghost)
        first_at, draft = self._first or (began, None)
        first = draft.certainty if draft else None
        came = [each for each in came if not first or each[0].certainty is not first]
        candidate, whole = came[-1] if came else (None, None)
        reason = "" if ghosts else str(self._suppressions.to_json()[-1]["code"])
        if whole is None and reason == "finished":
            # what an engine that never stops early would have written
            by_hand = replace(moment, by_hand=True)
            whole = next(iter(await self._by_hand.ghosts(by_hand, FillSettings())), None)
        shown = seen_after(document, cursor, ghosts[0]) if ghosts else ""
        fill = seen_after(document, cursor, whole) if whole else shown
        return TypedPause(
            name=f"{line.name}:{pause.place}",
            group=line.source.name,
            project=project,
            language=line.source.language,
            kind=pause.kind,
            left=line.text[: pause.place][-LEFT:],
            gold=line.text[pause.place :],
            shown=shown,
            whole=shown == fill,
            reason=reason,
            fill=fill,
            certainty=candidate.certainty if candidate else None,
            asked=self._asked > asked,
            ms=round(ms, 1),
            first=_seen(document, cursor, draft.texts[0]) if draft else "",
            first_certainty=first,
            first_ms=round((first_at - began) * 1000, 1),
            first_shown=first_shown,
        )

    def _came(self, ask: Ask, draft: Draft) -> None:
        if draft.certainty is not None:
            self._first = time.perf_counter(), draft


def _suggestions(
    engine: "Callable[[], EngineClient]",
    suppressions: Suppressions,
    in_background: Callable[[Coroutine[Any, Any, Any]], None] = lambda work: work.close(),
    tell: Callable[[Ask, Draft], None] = lambda ask, draft: None,
) -> Suggestions:
    fills = Fills(
        lambda kind: engine(), StatusLine(lambda status: None), tell, pace=Pace(sleep=_at_once)
    )
    return Suggestions(fills, suppressions, in_background)


def _seen(document: Document, cursor: int, text: str) -> str:
    """What of a fill stands after the cursor; "" where it cannot be shown."""
    ghost = ghost_text(document, cursor, carve_ghost(document, cursor), text)
    return "" if isinstance(ghost, Reason) else seen_after(document, cursor, ghost)


async def _at_once(seconds: float) -> None:
    """The typist has paused long enough."""
