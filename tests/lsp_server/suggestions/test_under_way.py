"""A popup that waits for its fill, on an engine that answers when the test lets it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fillwright.engine.errors import EngineUnavailable
from fillwright.engine.request import Draft, Infill, InfillRequest
from fillwright.lsp_server.fills.fills import Fills
from fillwright.lsp_server.fills.status import StatusLine
from fillwright.lsp_server.settings.settings import FillSettings
from fillwright.lsp_server.suggestions.suggestions import Moment, Suggestions
from fillwright.lsp_server.suggestions.suppressions import Suppressions
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import PositionEncoding
from fillwright.lsp_server.text.subscribers import DocumentEdit

PATIENCE_S = 300
URI = "untitled:a"


class Editor:
    """One document, `x = `, with the cursor at its end, and the engine that it asks."""

    def __init__(self) -> None:
        self.document = Document.of("x = \n", "plaintext", URI, 1)
        self.cursor = 4
        self.asked = self.stopped = 0
        self.may_answer = asyncio.Event()
        self.error: Exception | None = None
        self.tasks: list[asyncio.Task[Any]] = []
        fills = Fills(lambda kind: self, StatusLine(lambda status: None))  # type: ignore[arg-type, return-value]
        self.suggestions = Suggestions(fills, Suppressions(), self._in_background)

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        self.asked += 1
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if self.error is not None:
            raise self.error
        return Infill(("one",), ((0.99,),), "settled", 1, 1, "draft", "", "")

    def type(self, text: str) -> None:
        before, place = self.document, self.document.lines.position(self.cursor, UTF32)
        changes = [Change(text, place, place)]
        self.document = before.changed(changes, before.version + 1, UTF32)
        self.cursor += len(text)
        self.suggestions.changed(DocumentEdit(before, self.document, changes, UTF32))

    @property
    def moment(self) -> Moment:
        return Moment(self.document, self.cursor, "popup")

    async def popup(self, patience_s: float = PATIENCE_S) -> list[str]:
        items = await self.suggestions.popup_soon(self.moment, FillSettings(), patience_s)
        return [item.text for item in items]

    async def waits(self) -> "asyncio.Task[list[str]]":
        """A popup that is asked for and has no answer yet."""
        waiting = asyncio.create_task(self.popup())
        await settle()
        assert not waiting.done()
        return waiting

    async def ends(self) -> None:
        """The engine says what it has to say."""
        self.may_answer.set()
        await asyncio.gather(*self.tasks)

    def _in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))


UTF32 = PositionEncoding.UTF32


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_popup_waits_a_moment_for_a_fill_under_way() -> None:
    editor = Editor()
    waiting, another = await editor.waits(), await editor.waits()
    await editor.ends()
    assert await waiting == await another == ["one"]
    assert editor.asked == 1


async def test_a_fill_that_takes_too_long_is_there_at_a_later_poll() -> None:
    editor = Editor()
    assert await editor.popup(patience_s=0) == []
    await editor.ends()
    assert await editor.popup() == ["one"]
    assert editor.asked == 1


async def test_a_fill_that_cannot_be_made_is_not_asked_for_again_in_the_same_breath() -> None:
    editor = Editor()
    editor.error = EngineUnavailable("no engine")
    waiting = await editor.waits()
    await editor.ends()
    assert await waiting == []
    await asyncio.gather(*editor.tasks)
    assert editor.asked == 1


@pytest.mark.parametrize("event", ["change", "close", "cancel"])
async def test_a_popup_that_waits_is_answered_when_that_is_over(event: str) -> None:
    editor = Editor()
    waiting = await editor.waits()
    match event:
        case "change":
            editor.type("q")
        case "close":
            editor.suggestions.closed(editor.document)
        case "cancel":
            waiting.cancel()
    await settle()
    assert waiting.done()
    assert event == "cancel" or await waiting == []
    assert editor.stopped == 0
    await editor.ends()


async def test_a_popup_does_not_wait_for_what_ghost_text_shows() -> None:
    editor = Editor()
    ghost = Moment(editor.document, 4, "ghost")
    showing = asyncio.create_task(editor.suggestions.ghosts(ghost, FillSettings()))
    await settle()
    assert await editor.popup() == []
    await editor.ends()
    assert [ghost.text for ghost in await showing] == ["one"]
