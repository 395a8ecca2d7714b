"""What is suggested while the user types: ghost text and popup items, or a reason why not.

Knows documents and fills; knows no LSP types. What an editor is shown was asked of the engine once
and is answered from memory while the typing agrees with it.
"""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Literal

from fillwright.engine.errors import FillwrightError
from fillwright.lsp_server.carve import Carving, carve_line_end
from fillwright.lsp_server.documents import Change, Document
from fillwright.lsp_server.edits import TextChange
from fillwright.lsp_server.fill_place import Formatting
from fillwright.lsp_server.fills import Ask, Fills
from fillwright.lsp_server.ghost import carve_ghost, first_line, ghost_text
from fillwright.lsp_server.inflight import Superseded
from fillwright.lsp_server.last_change import LastChanges
from fillwright.lsp_server.positions import PositionEncoding
from fillwright.lsp_server.quiet import reason_not_to_ask, reason_to_hold_back
from fillwright.lsp_server.settings import FillSettings
from fillwright.lsp_server.shown import Shown
from fillwright.lsp_server.suppressions import Code, Reason, Suppressions

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moment:
    """One request while typing: `cursor` is an offset of the editor's text; `by_hand`: the user
    asked for it; at most `candidates` suggestions are wanted; `formatting`: how the editor indents,
    where that is known."""

    document: Document
    cursor: int
    kind: Literal["ghost", "popup"]
    by_hand: bool = False
    candidates: int = 1
    formatting: Formatting | None = None

    def after(self, selected: TextChange) -> "Moment":
        """The moment as it would be with the popup's item accepted."""
        document = self.document.replaced(
            selected.start, selected.end, selected.text, self.document.version
        )
        behind = selected.start + len(selected.text)
        return replace(self, document=document, cursor=behind, candidates=1)


class Suggestions:
    """Everything that one editor is suggested. `in_background` runs what nobody waits for."""

    def __init__(
        self,
        fills: Fills,
        suppressions: Suppressions,
        in_background: Callable[[Coroutine[Any, Any, Any]], None],
    ) -> None:
        self.shown = Shown()
        self._fills = fills
        self._suppressions = suppressions
        self._in_background = in_background
        self._changes = LastChanges()
        self._asked: dict[tuple[str, str], tuple[int, int]] = {}

    def changed(
        self,
        before: Document,
        after: Document,
        changes: list[Change],
        encoding: PositionEncoding = PositionEncoding.UTF16,
    ) -> None:
        """The user made `after` of `before` by `changes`, whose columns count in `encoding`."""
        self._changes.note(before, after, changes, encoding)
        self._fills.typed()

    def forget(self, uri: str) -> None:
        """The document is closed, or opened afresh."""
        self._changes.forget(uri)
        self.shown.forget(uri)
        for kind in ("ghost", "popup"):
            self._asked.pop((uri, kind), None)

    async def ghosts(
        self, moment: Moment, settings: FillSettings, selected: TextChange | None = None
    ) -> list[TextChange]:
        """Ghost text for the cursor, each replacing a range of its line; `selected` is the popup's
        item, which the ghost text must go on from. Raises Superseded when a newer request came."""
        if selected is not None:
            return await self._beyond(moment, settings, selected)
        again = self.shown.again(moment.document, moment.cursor)
        if again is not None:
            return [again]
        moved = self._moved(moment)
        if self._is_held_back(moment):
            return []
        carving = carve_ghost(moment.document, moment.cursor)
        ask = Ask(moment.document, (carving,), "ghost", moment.candidates)
        texts = self._fills.known(ask) or ()
        if not texts and not moment.by_hand:
            left = self.shown.left(moment.document, moment.cursor)
            if left is not None:
                return [left]
        if len(texts) < moment.candidates and self._may_ask(moment, moved):
            texts = await self._from_engine(ask, settings, by_hand=moment.by_hand)
        return self._fitted(moment, carving, texts)

    def popup(self, moment: Moment, settings: FillSettings) -> list[TextChange]:
        """Items for the popup, each of one line, from memory; what is not known yet is asked for in
        the background."""
        moved = self._moved(moment)
        if self._is_held_back(moment):
            return []
        document = moment.document
        carving = carve_line_end(document, document.to_lf(moment.cursor))
        ask = Ask(document, (carving,), "popup")
        texts = self._fills.known(ask)
        if texts is None and self._may_ask(moment, moved):
            self._in_background(self._unwatched(ask, settings))
        lines = [first_line(ghost) for ghost in self._fitted(moment, carving, texts or ())]
        return list(dict.fromkeys(line for line in lines if line.text.strip()))

    def hold_back(self, moment: Moment, code: Code) -> None:
        """Note why this moment gets nothing."""
        self._suppressions.add(moment.document.uri, moment.kind, Reason.of(code))

    async def _beyond(
        self, moment: Moment, settings: FillSettings, selected: TextChange
    ) -> list[TextChange]:
        accepted = moment.after(selected)
        if self._is_held_back(accepted):
            return []
        carving = carve_ghost(accepted.document, accepted.cursor)
        ask = Ask(accepted.document, (carving,), "ghost")
        texts = self._fills.known(ask)
        if texts is None and self._may_ask(accepted, moved=False):
            texts = await self._from_engine(ask, settings, by_hand=moment.by_hand)
        ghosts = self._fitted(accepted, carving, texts or ())
        beyond = [ghost for ghost in ghosts if ghost.start == ghost.end == accepted.cursor]
        if ghosts and not beyond:
            self.hold_back(moment, "popup-disagrees")
        return [
            TextChange(selected.start, selected.end, selected.text + ghost.text) for ghost in beyond
        ]

    def _is_held_back(self, moment: Moment) -> bool:
        if moment.by_hand:
            return False
        last = self._changes.of(moment.document)
        code = reason_to_hold_back(moment.document, moment.cursor, last)
        if code is not None:
            self.hold_back(moment, code)
        return code is not None

    def _may_ask(self, moment: Moment, moved: bool) -> bool:
        if moment.by_hand:
            return True
        code = reason_not_to_ask(moved, self._changes.of(moment.document))
        if code is not None:
            self.hold_back(moment, code)
        return code is None

    async def _from_engine(
        self, ask: Ask, settings: FillSettings, *, by_hand: bool
    ) -> tuple[str, ...]:
        """The engine's candidates for one hole; none when it cannot say, which the status tells."""
        try:
            infill = await self._fills.infill(ask, settings, in_pause=not by_hand)
        except FillwrightError as error:
            logger.warning("No fill: %s", error)
            self._suppressions.add(ask.document.uri, ask.kind, Reason.failed(error))
            return ()
        except Superseded:
            self._suppressions.add(ask.document.uri, ask.kind, Reason.of("superseded"))
            raise
        return tuple(texts[0] for texts in (infill.texts, *infill.alternatives))

    async def _unwatched(self, ask: Ask, settings: FillSettings) -> None:
        try:
            await self._from_engine(ask, settings, by_hand=False)
        except Superseded:
            return

    def _fitted(self, moment: Moment, carving: Carving, texts: tuple[str, ...]) -> list[TextChange]:
        ghosts: dict[TextChange, None] = {}
        for text in texts:
            ghost = ghost_text(moment.document, moment.cursor, carving, text, moment.formatting)
            if isinstance(ghost, Reason):
                self._suppressions.add(moment.document.uri, moment.kind, ghost)
            else:
                ghosts[ghost] = None
        return list(ghosts)

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
