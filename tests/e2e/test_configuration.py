"""Settings: pulled, pushed, or given at the start; a bad value is told once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from lsprotocol import types

pytestmark = pytest.mark.e2e

PATIENCE_S = 60
CAN_BE_ASKED = {"workspace": {"configuration": True}}
OPEN = {"engine": {"preload": False}, "exclude": {"secretFiles": False}}
QUIET = {"engine": {"preload": False}}


async def popup_becomes(editor: Any, on: bool) -> None:
    """Wait for the popup to be on or off: only an enabled one calls its list incomplete."""
    uri = editor.open("x = ")
    async with asyncio.timeout(PATIENCE_S):
        while (await editor.popup(uri, 0, 4)).is_incomplete is not on:
            await asyncio.sleep(0.05)


def configured(editor: Any, settings: object = None) -> None:
    """The editor says that its settings changed."""
    params = types.DidChangeConfigurationParams(settings)
    editor.lsp.workspace_did_change_configuration(params)


async def test_initialization_options_hold_where_nothing_else_is_said(start: Any) -> None:
    editor = await start(options={**QUIET, "completion": {"enabled": False}})
    await popup_becomes(editor, False)
    editor = await start(options={"fillwright": {**QUIET, "completion": {"enabled": False}}})
    await popup_becomes(editor, False)


async def test_pulled_settings_win_and_are_pulled_again_on_a_change(start: Any) -> None:
    editor = await start(
        options={**QUIET, "completion": {"enabled": True}},
        configuration={**QUIET, "completion": {"enabled": False}},
    )
    await popup_becomes(editor, False)
    editor.lsp.set_configuration({"fillwright": {"completion": {"enabled": True}}})
    configured(editor)
    await popup_becomes(editor, True)


async def test_pushed_settings_count_for_an_editor_that_cannot_be_asked(start: Any) -> None:
    editor = await start(types.ClientCapabilities())
    configured(editor, {"fillwright": {"completion": {"enabled": False}}})
    await popup_becomes(editor, False)


async def test_a_bad_value_is_told_once_and_keeps_its_default(start: Any) -> None:
    bad = {**QUIET, "completion": {"enabled": "false"}}
    editor = await start(configuration=bad)
    await editor.until(lambda: editor.lsp.messages)
    configured(editor)
    editor.lsp.set_configuration({"fillwright": {**bad, "inlineCompletion": {"enabled": 1}}})
    configured(editor)
    await editor.until(lambda: len(editor.lsp.messages) == 2)
    await popup_becomes(editor, True)
    first, second = editor.lsp.messages
    assert first.type == types.MessageType.Warning
    assert "fillwright.completion.enabled should be true or false" in first.message
    assert "fillwright.inlineCompletion.enabled should be" in second.message
    assert "fillwright.completion" not in second.message


async def test_changes_are_asked_for_where_they_must_be(start: Any) -> None:
    editor = await start("visual-studio-code")
    await editor.until(lambda: editor.registrations)
    registration = editor.registrations[0]
    assert registration.method == "workspace/didChangeConfiguration"
    assert registration.register_options["section"] == "fillwright"


async def ghost_text_becomes(editor: Any, uri: str, on: bool) -> None:
    """Wait for ghost text in a document to be on or off; only where it is on there is a list."""
    editor.open("    x = 1", uri, "plaintext")
    async with asyncio.timeout(PATIENCE_S):
        while (await editor.ghost(uri, 0, 0) is not None) is not on:
            await asyncio.sleep(0.05)


async def test_one_setting_says_where_suggestions_appear(start: Any) -> None:
    for show, ghost, popup in (("both", True, True), ("popup", False, True)):
        editor = await start(options={**QUIET, "show": show})
        await popup_becomes(editor, popup)
        await ghost_text_becomes(editor, "untitled:a", ghost)
    editor = await start(options={**QUIET, "show": "ghostText"})
    await popup_becomes(editor, False)
    await ghost_text_becomes(editor, "untitled:a", True)


async def test_each_workspace_folder_has_its_own_settings(start: Any) -> None:
    off = {"inlineCompletion": {"enabled": False}}
    editor = await start(
        options=QUIET, configuration={}, folders={"file:///off": off, "file:///on": {}}
    )
    await ghost_text_becomes(editor, "file:///off/a.py", False)
    await ghost_text_becomes(editor, "file:///on/a.py", True)
    await ghost_text_becomes(editor, "vscode-remote://ssh+box/off/a.py", True)
    editor.lsp.set_configuration({"fillwright": off}, scope_uri="file:///late")
    event = types.WorkspaceFoldersChangeEvent([types.WorkspaceFolder("file:///late", "late")], [])
    params = types.DidChangeWorkspaceFoldersParams(event)
    editor.lsp.workspace_did_change_workspace_folders(params)
    await ghost_text_becomes(editor, "file:///late/a.py", False)


async def test_settings_that_are_none_leave_those_of_the_start(start: Any) -> None:
    editor = await start(options={**QUIET, "completion": {"enabled": False}})
    editor.lsp.set_configuration({"fillwright": ["enabled"]})
    configured(editor)
    await editor.until(lambda: editor.lsp.messages)
    assert "should be an object with settings" in editor.lsp.messages[0].message
    await popup_becomes(editor, False)


START = {"line": 0, "character": 0}
DOCUMENT = {"uri": "file:///project/.env"}
PLAIN = {"uri": "file:///project/a.py"}
PLACE = {"textDocument": DOCUMENT, "position": START}
BODY = {**DOCUMENT, "what": "body", "range": {"start": START, "end": START}}


async def before_settings(
    wire: Any, method: str, params: object, *then: dict[str, Any]
) -> tuple[Any, Any]:
    """A request of an editor that has not given its settings yet, and `then` sends more. Gives the
    question for them and, after an answer that keeps files with secrets out, the answer to the
    request."""
    await wire.initialize(CAN_BE_ASKED, OPEN)
    for document in (DOCUMENT, PLAIN):
        item = {**document, "languageId": "python", "version": 1, "text": "def f():\n    pass\n"}
        await wire.send(
            {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}
        )
    for message in (
        {"method": "initialized", "params": {}},
        {"method": method, "params": params, "id": 7},
        *then,
    ):
        await wire.send({"jsonrpc": "2.0", **message})
    asked = await until(wire, lambda message: message.get("method") == "workspace/configuration")
    settings = {**QUIET, "exclude": {"secretFiles": True}, "inlineCompletion": {"enabled": False}}
    await wire.send({"jsonrpc": "2.0", "id": asked["id"], "result": [settings]})
    return asked, await until(wire, lambda message: message.get("id") == 7)


async def until(wire: Any, wanted: Callable[[Any], bool]) -> Any:
    """The first message from the server that is wanted, and is not passed over."""
    async with asyncio.timeout(PATIENCE_S):
        while not wanted(message := await wire.receive()):
            assert "method" in message, "an answer came first"
    return message


@pytest.mark.parametrize(
    ("method", "params", "answer"),
    [
        ("textDocument/inlineCompletion", {**PLACE, "context": {"triggerKind": 2}}, None),
        ("textDocument/completion", PLACE, {"isIncomplete": False, "items": []}),
        (
            "textDocument/codeAction",
            {**BODY, "textDocument": DOCUMENT, "context": {"diagnostics": []}},
            [],
        ),
    ],
)
async def test_a_request_waits_for_the_settings(
    wire: Any, method: str, params: object, answer: object
) -> None:
    _, answered = await before_settings(wire, method, params)
    assert answered.get("result") == answer


@pytest.mark.parametrize("command", ["fillwright.fill", "fillwright.preview"])
async def test_a_command_waits_for_the_settings(wire: Any, command: str) -> None:
    params = {"command": command, "arguments": [BODY]}
    _, answered = await before_settings(wire, "workspace/executeCommand", params)
    assert "fillwright.exclude" in answered["error"]["message"]


TYPED = {
    "method": "textDocument/didChange",
    "params": {"textDocument": {**PLAIN, "version": 2}, "contentChanges": [{"text": "x = 1\n"}]},
}
OF_PLAIN = {**PLAIN, "position": START}
GHOST = {"textDocument": PLAIN, "position": START, "context": {"triggerKind": 1}}
VERSIONED = {**GHOST, "textDocument": {**PLAIN, "version": 1}}
ACTIONS = {"textDocument": PLAIN, "range": BODY["range"], "context": {"diagnostics": []}}
FILL = {"command": "fillwright.fill", "arguments": [{**BODY, **PLAIN}]}


@pytest.mark.parametrize(
    ("method", "params", "answer", "noted"),
    [
        ("textDocument/inlineCompletion", GHOST, {"items": []}, [("ghost", "stale")]),
        ("textDocument/inlineCompletion", VERSIONED, None, [("ghost", "stale")]),
        (
            "textDocument/completion",
            GHOST,
            {"isIncomplete": True, "items": []},
            [("popup", "stale")],
        ),
        ("getCompletions", {"doc": OF_PLAIN}, {"completions": []}, [("ghost", "stale")]),
        ("textDocument/codeAction", ACTIONS, None, []),
        ("workspace/executeCommand", FILL, None, []),
    ],
)
async def test_a_request_that_waits_while_its_document_changes_is_stale(
    wire: Any, method: str, params: object, answer: object, noted: list[tuple[str, str]]
) -> None:
    _, answered = await before_settings(wire, method, params, TYPED)
    assert answered.get("result") == answer
    assert ("error" in answered) is (answer is None)
    assert answered.get("error", {}).get("code", -32801) == -32801
    status = {"command": "fillwright.status"}
    await wire.send(
        {"jsonrpc": "2.0", "id": 8, "method": "workspace/executeCommand", "params": status}
    )
    told = await until(wire, lambda message: message.get("id") == 8)
    assert [(one["kind"], one["code"]) for one in told["result"]["suppressed"]] == noted


async def test_a_request_that_waits_while_another_document_changes_is_not_stale(
    wire: Any,
) -> None:
    _, answered = await before_settings(wire, "textDocument/completion", PLACE, TYPED)
    assert answered["result"] == {"isIncomplete": False, "items": []}


async def test_who_waits_for_the_settings_can_give_up(wire: Any) -> None:
    await wire.initialize(CAN_BE_ASKED)
    await wire.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
    await wire.send(
        {"jsonrpc": "2.0", "id": 7, "method": "textDocument/completion", "params": PLACE}
    )
    await wire.send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 7}})
    answered = await until(wire, lambda message: message.get("id") == 7)
    assert answered["error"]["code"] == -32800


async def test_an_editor_that_never_gives_its_settings_is_answered_all_the_same(wire: Any) -> None:
    await wire.initialize(CAN_BE_ASKED)
    await wire.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})
    await wire.send(
        {"jsonrpc": "2.0", "id": 7, "method": "textDocument/completion", "params": PLACE}
    )
    answered = await until(wire, lambda message: message.get("id") == 7)
    assert answered["result"] == {"isIncomplete": False, "items": []}
