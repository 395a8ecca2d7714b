"""textDocument/completion: waits a moment for the fill, and has it then or at a later poll."""

import asyncio
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.e2e

SOURCE = "def identity(value):\n    return \n\nprint(identity(2))\n"
OPTIONS = {"engine": {"preload": False}, "fill": {"lineTokens": 8, "steps": 4}}
PATIENCE_S = 300


async def polled(editor: Any, uri: str, line: int, column: int) -> types.CompletionItem:
    """What a poll has as soon as one has anything."""
    async with asyncio.timeout(PATIENCE_S):
        while not (answer := await editor.popup(uri, line, column)).items:
            assert answer.is_incomplete
    (item,) = answer.items
    return item


async def test_a_poll_has_the_fill_without_a_change_of_the_document(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open(SOURCE, language="plaintext")
    item = await polled(editor, uri, 1, 11)
    assert item.text_edit.range.start == types.Position(1, 4)
    assert item.text_edit.range.end == types.Position(1, 11)
    assert item.text_edit.new_text.startswith("return ")
    assert item.filter_text == item.label == item.text_edit.new_text
    assert "\n" not in item.label


async def test_a_change_answers_a_popup_that_waits_and_the_engine_works_on(start: Any) -> None:
    slow = {"lineTokens": 64, "steps": 2000, "decode": "denoise"}
    options = {"engine": {"preload": False}, "fill": slow, "drafts": {"enabled": True}}
    editor = await start(options=options)
    uri = editor.open("x = \n", language="plaintext")
    # once this is answered the settings are known: the popup below is asked before the change
    await editor.actions(uri, 0, 0, 0, 0)
    _, waiting = editor.invoke(uri, 0, 4)
    editor.change(uri, 2, (0, 4, 0, 4, "q"))
    answer = await waiting
    assert answer.is_incomplete
    assert not answer.items
    msg_id, cancelled = editor.invoke(uri, 0, 5)
    editor.cancel(msg_id)
    with pytest.raises(JsonRpcException) as refused:
        await cancelled
    assert refused.value.code == -32800
    await editor.until(lambda: editor.drafts)
    # the shutdown at the end stops the engine


async def test_popup_and_ghost_text_of_one_place_share_one_fill(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open(SOURCE, language="plaintext")
    await editor.popup(uri, 1, 11)
    (ghost,) = (await editor.ghost(uri, 1, 11)).items
    item = await polled(editor, uri, 1, 11)
    assert item.label == "return " + ghost.insert_text
    await editor.until(lambda: editor.statuses[-1]["state"] == "ready")
    assert sum(status["state"] == "busy" for status in editor.statuses) == 1


async def test_typing_what_the_popup_says_keeps_it(start: Any) -> None:
    editor = await start(options=OPTIONS)
    uri = editor.open(SOURCE, language="plaintext")
    label = (await polled(editor, uri, 1, 11)).label
    fill = label.removeprefix("return ")
    editor.change(uri, 2, (1, 11, 1, 11, fill[0]))
    items = (await editor.popup(uri, 1, 12)).items
    # a fill of one character has been typed out
    left = [label] if fill[1:] else []
    assert [item.label for item in items] == left
    assert all(item.text_edit.range.end == types.Position(1, 12) for item in items)


async def test_a_closed_document_has_no_items(start: Any) -> None:
    editor = await start(options=OPTIONS)
    answer = await editor.popup("untitled:never", 0, 0)
    assert list(answer.items) == []
    assert not answer.is_incomplete
