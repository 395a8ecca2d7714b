"""Cancelling a fill, in each way there is: the engine stops, and serves the next one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.e2e

SOURCE = "def add(a, b):\n    return NotImplemented\n"
STEPS = 2000
CANCELLED = 'fillwright_requests_total{finish="cancelled"}'
OPTIONS = {
    "engine": {"preload": False},
    "fill": {"lineTokens": 64, "steps": STEPS, "decode": "denoise"},
    "drafts": {"enabled": True},
}
Count = Callable[[str], Awaitable[float]]


async def begun(start: Any) -> tuple[Any, str, str, Any]:
    """An editor, its document, and a long fill that has shown its first draft."""
    editor = await start(options=OPTIONS)
    uri = editor.open(SOURCE, language="plaintext")
    place = {"start": {"line": 1, "character": 11}, "end": {"line": 1, "character": 25}}
    msg_id, answer = editor.run({"uri": uri, "what": "selection", "range": place})
    await editor.until(lambda: editor.drafts)
    return editor, uri, msg_id, answer


async def one_more(count: Count, before: float) -> None:
    """The engine counts one more cancelled fill."""
    async with asyncio.timeout(60):
        while await count(CANCELLED) == before:
            await asyncio.sleep(0.05)


async def stopped_and_serving(editor: Any, count: Count, cancelled_before: float) -> None:
    """The engine cuts the fill short and takes up what is asked next."""
    await one_more(count, cancelled_before)
    assert editor.drafts[-1]["step"] < STEPS
    assert editor.edits == []
    uri = editor.open("x = ", "untitled:next", "plaintext")
    answer = editor.ghost(uri, 0, 4)
    await editor.until(lambda: editor.drafts[-1]["uri"] == uri)
    answer.cancel()


async def test_cancel_request_stops_the_engine(start: Any, count: Count) -> None:
    editor, _, msg_id, answer = await begun(start)
    before = await count(CANCELLED)
    editor.cancel(msg_id)
    with pytest.raises(JsonRpcException) as cancelled:
        await answer
    assert cancelled.value.code == -32800
    await stopped_and_serving(editor, count, before)
    ((_, reports),) = editor.lsp.progress_reports.items()
    assert isinstance(reports[-1], types.WorkDoneProgressEnd)


async def test_cancelling_the_progress_stops_the_engine(start: Any, count: Count) -> None:
    editor, _, _, answer = await begun(start)
    before = await count(CANCELLED)
    (token,) = editor.lsp.progress_reports
    editor.lsp.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    assert await answer == {"applied": False, "reason": "cancelled"}
    await stopped_and_serving(editor, count, before)
    assert isinstance(editor.lsp.progress_reports[token][-1], types.WorkDoneProgressEnd)


async def test_typing_stops_an_edit_that_could_not_be_applied(start: Any, count: Count) -> None:
    editor, uri, _, answer = await begun(start)
    before = await count(CANCELLED)
    editor.change(uri, 2, (0, 0, 0, 0, "x"))
    with pytest.raises(JsonRpcException) as stale:
        await answer
    assert stale.value.code == -32801
    await stopped_and_serving(editor, count, before)


async def test_an_editor_that_vanishes_stops_the_engine(start: Any, count: Count) -> None:
    editor, *_ = await begun(start)
    before = await count(CANCELLED)
    editor.lsp._server.kill()
    await one_more(count, before)
    await editor.until(lambda: editor.lsp.stopped)
