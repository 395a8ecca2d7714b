"""What is suggested while the user types: ghost text and popup items, or a reason why not.

Knows documents and fills; knows no LSP types. What an editor is shown was asked of the engine once
and is answered from memory while the typing agrees with it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from fillwright.engine.errors import FillwrightError
from fillwright.engine.request import Draft
from fillwright.lsp_server.carving.carving import Carving, carve_line_end
from fillwright.lsp_server.fills.candidate import Candidate, candidates_of
from fillwright.lsp_server.fills.fills import Ask, Fills, OnDraft
from fillwright.lsp_server.fills.inflight import Superseded
from fillwright.lsp_server.fills.recall import Recalled
from fillwright.lsp_server.settings.settings import FillSettings
from fillwright.lsp_server.suggestions.gate import FINISHED, GATES, Gates
from fillwright.lsp_server.suggestions.ghost_text import carve_ghost, first_line, ghost_text
from fillwright.lsp_server.suggestions.last_change import LastChanges
from fillwright.lsp_server.suggestions.quiet import reason_not_to_ask, reason_to_hold_back
from fillwright.lsp_server.suggestions.shown import Shown
from fillwright.lsp_server.suggestions.snooze import Snooze
from fillwright.lsp_server.suggestions.suppressions import Suppressions
from fillwright.lsp_server.suggestions.under_way import UnderWay
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.reasons import Code, Reason
from fillwright.lsp_server.text.subscribers import DocumentEdit

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moment:
    """One request while typing: `cursor` is an offset of the editor's text; `by_hand`: the user
    asked for it; at most `candidates` suggestions are wanted; `formatting`: how the editor indents,
    where that is known; `gates`: what is sure enough to be shown where nobody asked."""

    document: Document
    cursor: int
    kind: Literal["ghost", "popup"]
    by_hand: bool = False
    candidates: int = 1
    formatting: Formatting | None = None
    gates: Gates = GATES["normal"]

    def after(self, selected: TextChange) -> "Moment":
        """The moment as it would be with the popup's item accepted."""
        document = self.document.replaced(
            selected.start, selected.end, selected.text, self.document.version
        )
        cursor = selected.start + len(selected.text)
        return replace(self, document=document, cursor=cursor, candidates=1)


class Suggestions:
    """Everything that one editor is suggested. `in_background` runs what nobody waits for; `speaks`
    says of a document's URI and a language in it whether suggestions come by themselves."""

    def __init__(
        self,
        fills: Fills,
        suppressions: Suppressions,
        in_background: Callable[[Coroutine[Any, Any, Any]], None],
        speaks: Callable[[str, str], bool] = lambda uri, language: True,
        snooze: Snooze | None = None,
    ) -> None:
        self.shown = Shown()
        self.snooze = snooze or Snooze()
        self.under_way = UnderWay()
        self._speaks = speaks
        self._fills = fills
        self._suppressions = suppressions
        self._in_background = in_background
        self._changes = LastChanges()
        self._asked: dict[tuple[str, str], tuple[int, int]] = {}

    def opened(self, document: Document) -> None:
        """A document was opened; what was kept of one that was open already is forgotten."""
        self._forget(document.uri)

    def changed(self, edit: DocumentEdit) -> None:
        """The user changed a document."""
        self._changes.record(edit)
        self.under_way.changed(edit.after.uri)

    def closed(self, document: Document) -> None:
        """The document was closed."""
        self._forget(document.uri)

    async def ghosts(
        self, moment: Moment, settings: FillSettings, selected: TextChange | None = None
    ) -> list[TextChange]:
        """Ghost text for the cursor, each replacing a range of its line; `selected` is the popup's
        item, which the ghost text must go on from. Raises Superseded when a newer request came."""
        self.under_way.has_ghosts(moment.document.uri)
        if selected is not None:
            return await self._beyond(moment, settings, selected)
        once_more = self.shown.take_recalled(moment.document, moment.cursor)
        if once_more is not None:
            return [once_more]
        moved = self._moved(moment)
        if self._is_held_back(moment):
            return []
        carving = carve_ghost(moment.document, moment.cursor)
        ask = self._ask(moment, carving)
        recalled = self._recalled(ask, moment)
        found = self._fitted(moment, carving, recalled.candidates)
        if not found.ghosts and not moment.by_hand:
            remaining = self.shown.remaining(moment.document, moment.cursor)
            if remaining is not None:
                return [remaining]
        if self._wants_more(moment, recalled, found) and self._may_ask(moment, moved):
            candidates = await self._soonest(ask, settings, moment, carving)
            # only now it may be known what the model has learnt
            if self._is_held_back(moment):
                return []
            found = self._fitted(moment, carving, candidates)
        return self._told(moment, found)

    async def popup_soon(
        self, moment: Moment, settings: FillSettings, patience_s: float
    ) -> list[TextChange]:
        """As `popup`; where that has nothing yet, it waits for the fill, `patience_s` at most."""
        lines = self.popup(moment, settings)
        if lines or not await self.under_way.ended(moment.document, moment.cursor, patience_s):
            return lines
        return self.popup(moment, settings, may_ask=False)

    def popup(
        self, moment: Moment, settings: FillSettings, *, may_ask: bool = True
    ) -> list[TextChange]:
        """Items for the popup, each of one line, from memory; what is not there yet is asked for in
        the background."""
        moved = self._moved(moment)
        if self._is_held_back(moment):
            return []
        document = moment.document
        carving = carve_line_end(document, document.to_lf(moment.cursor))
        ask = self._ask(moment, carving)
        recalled = self._recalled(ask, moment)
        found = self._fitted(moment, carving, recalled.candidates)
        wanted = may_ask and self._wants_more(moment, recalled, found)
        if wanted and self._may_ask(moment, moved):
            news = partial(self.under_way.has_news, document, moment.cursor)
            keep = self._keeping(ask, moment, carving, news)
            work = self._unwatched(self._from_engine(ask, settings, keep))
            self._in_background(self.under_way.begin(document, moment.cursor, work))
        lines = [first_line(ghost) for ghost in self._told(moment, found)]
        return list(dict.fromkeys(line for line in lines if line.text.strip()))

    def hold_back(self, moment: Moment, code: Code) -> None:
        """Note why this moment gets nothing."""
        self._suppressions.add(moment.document.uri, moment.kind, Reason.of(code))

    def _forget(self, uri: str) -> None:
        self._changes.forget(uri)
        self.shown.forget(uri)
        self.under_way.forget(uri)
        for kind in ("ghost", "popup"):
            self._asked.pop((uri, kind), None)

    async def _beyond(
        self, moment: Moment, settings: FillSettings, selected: TextChange
    ) -> list[TextChange]:
        accepted = moment.after(selected)
        if self._is_held_back(accepted):
            return []
        carving = carve_ghost(accepted.document, accepted.cursor)
        ask = self._ask(accepted, carving)
        recalled = self._recalled(ask, accepted)
        found = self._fitted(accepted, carving, recalled.candidates)
        if self._wants_more(accepted, recalled, found) and self._may_ask(accepted, moved=False):
            candidates = await self._from_engine(ask, settings)
            found = self._fitted(accepted, carving, candidates)
        ghosts = self._told(accepted, found)
        beyond = [ghost for ghost in ghosts if ghost.start == ghost.end == accepted.cursor]
        if ghosts and not beyond:
            self.hold_back(moment, "popup-disagrees")
        return [
            TextChange(selected.start, selected.end, selected.text + ghost.text) for ghost in beyond
        ]

    def _ask(self, moment: Moment, carving: Carving) -> Ask:
        return Ask(
            moment.document,
            (carving,),
            moment.kind,
            moment.candidates,
            unasked=not moment.by_hand,
        )

    def _recalled(self, ask: Ask, moment: Moment) -> Recalled:
        recalled = self._fills.recalled(ask) or Recalled((), is_same_place=False)
        if not moment.by_hand:
            return recalled
        # an empty fill is an answer only where nobody asked
        written = tuple(one for one in recalled.candidates if one.text)
        return Recalled(written, recalled.is_same_place)

    def _wants_more(self, moment: Moment, recalled: Recalled, found: "_Found") -> bool:
        """Whether the engine has more to say than what is recalled. What is left of a fill for
        another place may not be sure enough here, where a new one can be."""
        if len(recalled.candidates) < moment.candidates:
            return True
        return not found.ghosts and not recalled.is_same_place

    def _is_held_back(self, moment: Moment) -> bool:
        if moment.by_hand:
            return False
        code = self._reason_to_hold_back(moment)
        if code is not None:
            self.hold_back(moment, code)
        return code is not None

    def _reason_to_hold_back(self, moment: Moment) -> Code | None:
        if self.snooze.is_on:
            return "snoozed"
        document, last = moment.document, self._changes.of(moment.document)
        code = reason_to_hold_back(document, moment.cursor, last)
        if code is not None:
            return code
        language = document.layer_at(document.to_lf(moment.cursor)).language
        return None if self._speaks(document.uri, language) else "language-not-learnt"

    def _may_ask(self, moment: Moment, moved: bool) -> bool:
        if moment.by_hand:
            return True
        code = reason_not_to_ask(moved, self._changes.of(moment.document))
        if code is not None:
            self.hold_back(moment, code)
        return code is None

    async def _soonest(
        self, ask: Ask, settings: FillSettings, moment: Moment, carving: Carving
    ) -> tuple[Candidate, ...]:
        """The engine's candidates; what stood there before, where that may be shown, does not wait
        for the model, whose fill is kept for the next request."""
        at_once = asyncio.Event()
        keep = self._keeping(ask, moment, carving, at_once.set)
        fill = asyncio.ensure_future(self._from_engine(ask, settings, keep))
        waiter = asyncio.ensure_future(at_once.wait())
        try:
            await asyncio.wait({fill, waiter}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            fill.cancel()
            raise
        finally:
            waiter.cancel()
        if fill.done():
            return fill.result()
        self._in_background(self._unwatched(fill))
        return self._recalled(ask, moment).candidates

    def _keeping(
        self, ask: Ask, moment: Moment, carving: Carving, then: Callable[[], None]
    ) -> OnDraft:
        """Keeps what stood there before, where it may be shown, and calls `then`."""

        def came(draft: Draft) -> None:
            if draft.certainty is not None:
                candidate = Candidate(draft.texts[0], draft.certainty)
                if self._fitted(moment, carving, [candidate]).ghosts:
                    self._fills.keep(ask, (candidate,))
                    then()

        return came

    async def _from_engine(
        self, ask: Ask, settings: FillSettings, on_draft: OnDraft | None = None
    ) -> tuple[Candidate, ...]:
        """The engine's candidates for one hole; none when it cannot say, which the status tells."""
        try:
            infill = await self._fills.infill(ask, settings, on_draft, in_pause=ask.unasked)
        except FillwrightError as error:
            logger.warning("No fill: %s", error)
            self._suppressions.add(ask.document.uri, ask.kind, Reason.failed(error))
            return ()
        except Superseded:
            self._suppressions.add(ask.document.uri, ask.kind, Reason.of("superseded"))
            raise
        return candidates_of(infill)

    async def _unwatched(self, fill: Awaitable[object]) -> None:
        try:
            await fill
        except Superseded:
            return

    def _fitted(
        self, moment: Moment, carving: Carving, candidates: Sequence[Candidate]
    ) -> "_Found":
        """The candidates as ghost text, as much of each as may be shown."""
        found: dict[TextChange, None] = {}
        reasons = []
        for candidate in candidates:
            ghost = self._passing(moment, carving, candidate)
            if isinstance(ghost, Reason):
                reasons.append(ghost)
            else:
                found[ghost] = None
        return _Found(tuple(found), tuple(reasons))

    def _passing(
        self, moment: Moment, carving: Carving, candidate: Candidate
    ) -> TextChange | Reason:
        document, cursor, sure = moment.document, moment.cursor, candidate.certainty
        if sure is not None and not candidate.text and sure.nothing >= FINISHED:
            return Reason.of("finished")
        ghost = ghost_text(document, cursor, carving, candidate.text, moment.formatting)
        if moment.by_hand or isinstance(ghost, Reason):
            return ghost
        gate = moment.gates.line if carving.shape == "line" else moment.gates.block
        return gate.passing(document, cursor, candidate, ghost)

    def _told(self, moment: Moment, found: "_Found") -> list[TextChange]:
        """What was found, with every reason against the rest noted."""
        for reason in found.reasons:
            self._suppressions.add(moment.document.uri, moment.kind, reason)
        return list(found.ghosts)

    def _moved(self, moment: Moment) -> bool:
        """Whether this kind was asked for in the same text already, with the cursor elsewhere."""
        if moment.by_hand:
            return False
        key = (moment.document.uri, moment.kind)
        version, cursor = self._asked.get(key, (None, None))
        if version != moment.document.version:
            self._asked[key] = (moment.document.version, moment.cursor)
            return False
        return cursor != moment.cursor


@dataclass(frozen=True, slots=True)
class _Found:
    """What may be shown of some candidates, and why the others may not."""

    ghosts: tuple[TextChange, ...]
    reasons: tuple[Reason, ...]
