"""What Copilot's clients send beyond the protocol: versions, and what became of items."""

import asyncio
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from fillwright.engine.daemon.client import EngineClient, EngineSettings

pytestmark = pytest.mark.e2e

GHOST = types.TEXT_DOCUMENT_INLINE_COMPLETION
SHORT = {"engine": {"preload": False}, "fill": {"blockTokens": 8, "lineTokens": 8, "steps": 4}}


def asked(uri: str, line: int, column: int, **more: object) -> dict[str, Any]:
    return {
        "textDocument": {"uri": uri, "version": more.pop("version", 1)},
        "position": {"line": line, "character": column},
        "context": {"triggerKind": 2},
        **more,
    }


async def recalled(editor: Any, uri: str, line: int, column: int) -> bool:
    """Whether the next request here is answered with the last suggestion."""
    place = {"uri": uri, "position": {"line": line, "character": column}}
    answer = await editor.command("fillwright.recall", place)
    return bool(answer["recalled"])


async def test_a_version_that_is_not_the_newest_is_refused_as_stale(start: Any) -> None:
    editor = await start(options=SHORT)
    uri, line, column, items = await editor.suggested()
    options = {"tabSize": 4, "insertSpaces": True}
    same = await editor.ask(GHOST, asked(uri, line, column, version=1, formattingOptions=options))
    assert [item.insert_text for item in same.items] == [items[0].insert_text]
    with pytest.raises(JsonRpcException) as stale:
        await editor.ask(GHOST, asked(uri, line, column, version=0))
    assert stale.value.code == -32801


async def test_a_version_that_is_outrun_while_the_engine_works_is_refused_too(start: Any) -> None:
    editor = await start(options=SHORT)
    uri, line, column, _ = await editor.suggested()
    editor.change(uri, 2, (line, column, line, column, "☃"))
    answer = asyncio.create_task(editor.ask(GHOST, asked(uri, line, column + 1, version=2)))
    await asyncio.sleep(0)
    editor.change(uri, 3, (0, 0, 0, 0, "☃"))
    with pytest.raises(JsonRpcException) as stale:
        await answer
    assert stale.value.code == -32801


async def test_an_item_that_was_accepted_is_not_offered_again(start: Any) -> None:
    editor = await start(options=SHORT)
    *place, (item,) = await editor.suggested()
    assert await recalled(editor, *place)
    (item,) = (await editor.ghost(*place)).items
    await editor.command(item.command.command, *item.command.arguments)
    assert not await recalled(editor, *place)


async def test_a_partly_accepted_item_is_not_over_before_its_last_utf_16_unit(start: Any) -> None:
    editor = await start(options=SHORT)
    *place, (item,) = await editor.suggested()
    whole = len(item.insert_text.encode("utf-16-le")) // 2
    # Emacs sends no more of the item than its command
    sent = {"command": {"command": item.command.command, "arguments": [item.command.arguments[0]]}}
    method = "textDocument/didPartiallyAcceptCompletion"
    editor.lsp.protocol.notify(method, {"item": sent, "acceptedLength": whole - 1})
    assert await recalled(editor, *place)
    editor.lsp.protocol.notify(method, {"item": sent, "acceptedLength": whole})
    assert not await recalled(editor, *place)


async def test_the_item_that_is_shown_is_the_one_to_recall(start: Any) -> None:
    editor = await start(options={**SHORT, "inlineCompletion": {"candidates": 6}})
    *place, items = await editor.suggested(invoked=True)
    shown = items[-1]
    sent = {"insertText": shown.insert_text, "command": {"arguments": shown.command.arguments}}
    editor.lsp.protocol.notify("textDocument/didShowCompletion", {"item": sent})
    assert await recalled(editor, *place)
    (again,) = (await editor.ghost(*place)).items
    assert again.insert_text == shown.insert_text


async def test_copilots_older_requests_are_ghost_text_by_other_names(start: Any) -> None:
    editor = await start(options={**SHORT, "inlineCompletion": {"candidates": 3}})
    assert await editor.ask_plain("checkStatus", {"_": True}) == {
        "status": "OK",
        "user": "fillwright",
    }
    uri, line, column, (item,) = await editor.suggested()
    doc = {"uri": uri, "version": 1, "position": {"line": line, "character": column}}
    indentation = {"tabSize": 4, "insertSpaces": True, "indentSize": 4, "relativePath": "a"}
    asked = {"doc": {**doc, **indentation}, "_": True}
    (one,) = (await editor.ask_plain("getCompletions", asked))["completions"]
    assert one["displayText"] == item.insert_text
    assert one["text"].endswith(item.insert_text)
    assert one["range"]["start"] == {"line": line, "character": 0}
    assert one["range"]["end"] == one["position"] == doc["position"]
    others = (await editor.ask_plain("getCompletionsCycling", asked))["completions"]
    assert len({other["uuid"] for other in others}) == len(others) >= 1
    stale = {"doc": {**doc, "version": 0}}
    assert await editor.ask_plain("getCompletions", stale) == {"completions": []}
    assert await editor.ask_plain("notifyShown", {"uuid": one["uuid"]}) == "OK"
    assert await recalled(editor, uri, line, column)
    for completion in (one, *others):
        assert await editor.ask_plain("notifyAccepted", {"uuid": completion["uuid"]}) == "OK"
    assert await editor.ask_plain("notifyRejected", {"uuids": ["none of ours"]}) == "OK"
    assert editor.lsp.messages == []


async def test_the_columns_of_copilots_older_requests_are_utf_16_units(start: Any) -> None:
    encodings = types.GeneralClientCapabilities(position_encodings=["utf-8"])
    editor = await start(types.ClientCapabilities(general=encodings), options=SHORT)
    assert editor.capabilities.position_encoding == "utf-8"
    for number, source in enumerate(['import os\n"😀"; os.pa', '"é 😀"; os.pa']):
        uri = editor.open(source, f"untitled:emoji-{number}", "plaintext")
        *before, last = source.split("\n")
        position = {"line": len(before), "character": len(last.encode("utf-16-le")) // 2}
        asked = {"doc": {"uri": uri, "version": 1, "position": position}}
        for completion in (await editor.ask_plain("getCompletions", asked))["completions"]:
            assert completion["text"] == last + completion["displayText"]
            assert completion["range"]["end"] == position
            return
    raise AssertionError("the model has nothing to say anywhere")


async def test_messages_that_make_no_sense_are_passed_over(start: Any) -> None:
    editor = await start(options=SHORT)
    for method in ("didShowCompletion", "didPartiallyAcceptCompletion", "didFocus"):
        for params in ({}, {"item": {"command": 3}}, {"item": 5}, {"textDocument": "x"}, [1]):
            editor.lsp.protocol.notify(f"textDocument/{method}", params)
    *_, items = await editor.suggested()
    assert items
    assert editor.lsp.messages == []


async def test_an_engine_that_left_is_started_when_the_user_looks_at_a_document(
    start: Any, engine: EngineSettings
) -> None:
    editor = await start(options={})
    await editor.until(lambda: editor.statuses and editor.statuses[-1]["state"] == "ready")
    client = EngineClient(engine)
    await client.stop()
    editor.lsp.protocol.notify("textDocument/didFocus", {"textDocument": {"uri": "untitled:a"}})
    async with asyncio.timeout(60):
        while (await client.health()).status != "ready":
            await asyncio.sleep(0.05)
