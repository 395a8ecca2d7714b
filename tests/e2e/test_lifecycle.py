"""initialize, shutdown and exit, and messages that nobody should send: each request is answered."""

import asyncio
import os
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

PATIENCE_S = 120
SECRET = "correct_horse_battery_staple"


def request(method: str, params: object = None, msg_id: object = 1) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": msg_id, "method": method, "params": params}


async def test_capabilities(wire: Any) -> None:
    able = (await wire.initialize())["result"]["capabilities"]
    assert able["inlineCompletionProvider"] == {}
    assert able["completionProvider"] == {}
    assert able["codeActionProvider"]["resolveProvider"] is True
    assert able["executeCommandProvider"] == {
        "commands": [
            f"fillwright.{name}"
            for name in (
                *("fill", "preview", "status", "engines", "recall", "snooze", "accepted"),
                "check",
            )
        ]
    }
    assert able["textDocumentSync"]["save"] == {"includeText": False}
    assert able["textDocumentSync"]["openClose"] is True
    assert able["textDocumentSync"]["change"] == 2


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(None, "utf-16"), (["utf-8", "utf-16"], "utf-8"), (["utf-32"], "utf-32"), (["x"], "utf-16")],
)
async def test_position_encoding_is_the_clients_first_choice(
    wire: Any, offered: list[str] | None, chosen: str
) -> None:
    capabilities = {} if offered is None else {"general": {"positionEncodings": offered}}
    answer = await wire.initialize(capabilities)
    assert answer["result"]["capabilities"]["positionEncoding"] == chosen


async def test_exit_after_shutdown_is_0_and_requests_between_are_refused(wire: Any) -> None:
    await wire.initialize()
    assert (await wire.ask(request("shutdown")))["result"] is None
    late = await wire.ask(request("textDocument/codeAction", {}))
    assert late["error"]["code"] == -32600
    await wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert await wire.process.wait() == 0


async def test_exit_without_shutdown_is_1(wire: Any) -> None:
    await wire.initialize()
    await wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert await wire.process.wait() == 1


async def test_a_vanished_editor_ends_the_server(wire: Any) -> None:
    await wire.initialize()
    code, _ = await wire.end()
    assert code == 1


@pytest.mark.parametrize("wire", [["--stdio", f"--clientProcessId={os.getpid()}"]], indirect=True)
async def test_what_client_libraries_add_to_the_command_is_taken(wire: Any) -> None:
    assert (await wire.initialize())["result"]["serverInfo"]["name"] == "fillwright"
    code, log = await wire.end()
    assert (code, log) == (1, "")


async def test_an_editor_that_dies_ends_the_server_though_its_pipe_stays_open(wire: Any) -> None:
    editor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE
    )
    await wire.initialize(process_id=editor.pid)
    await editor.communicate(b"\n")
    async with asyncio.timeout(PATIENCE_S):
        assert await wire.process.wait() == 1


async def test_requests_before_and_a_second_initialize_are_refused(wire: Any) -> None:
    early = await wire.ask(request("textDocument/codeAction", {}))
    assert early["error"]["code"] == -32002
    await wire.initialize()
    again = await wire.initialize()
    assert again["error"]["code"] == -32600


REFUSED = [
    (request("textDocument/inlineCompletion", {"position": SECRET}), -32602),
    (request("textDocument/completion"), -32602),
    (request("textDocument/codeAction", [1, 2]), -32602),
    (request("codeAction/resolve", {"title": "x", "data": {"uri": 3}}), -32602),
    (request("workspace/executeCommand", {"command": "nope"}), -32602),
    (request("workspace/executeCommand", {"command": "fillwright.fill"}), -32602),
    (
        request(
            "workspace/executeCommand",
            {"command": "fillwright.fill", "arguments": [{"uri": SECRET, "what": "all"}]},
        ),
        -32602,
    ),
    (request("nobody/knows"), -32601),
    (request("$/nobodyKnows"), -32601),
    (request("textDocument/completion", {}, msg_id=[1]), -32600),
    ({"jsonrpc": "2.0", "id": 1, "method": 5}, -32601),
]


async def test_requests_that_cannot_be_handled_get_their_errors_and_the_server_lives(
    wire: Any,
) -> None:
    await wire.initialize()
    for message, code in REFUSED:
        answer = await wire.ask(message)
        assert answer["error"]["code"] == code, message
        assert answer.get("id") == (message["id"] if code != -32600 else None), message
    assert (await wire.ask(request("shutdown")))["result"] is None


SENSELESS: list[object] = [
    b"{not json",
    b"[]",
    b'"text"',
    {"id": 1, "method": "shutdown"},
    {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"text": SECRET}},
    {"jsonrpc": "2.0", "method": "nobody/knows", "params": {}},
    {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 77}},
    {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": None},
    {"jsonrpc": "2.0", "method": "window/workDoneProgress/cancel", "params": {"token": 9}},
    {"jsonrpc": "2.0", "method": "window/workDoneProgress/cancel", "params": {"token": [9]}},
    {"jsonrpc": "2.0", "id": "never asked", "result": {"a": [SECRET]}},
    {"jsonrpc": "2.0", "id": {}, "result": None},
    {
        "jsonrpc": "2.0",
        "method": "textDocument/didChange",
        "params": {
            "textDocument": {"uri": "untitled:closed", "version": 3},
            "contentChanges": [{"text": SECRET}],
        },
    },
]


async def test_other_messages_that_make_no_sense_get_no_answer_and_no_popup(wire: Any) -> None:
    await wire.initialize()
    for number, message in enumerate(SENSELESS):
        await wire.send(message)
        # the next thing that the server says is the next answer
        answer = await wire.ask(request("nobody/knows", msg_id=f"after {number}"))
        assert answer["id"] == f"after {number}", message


async def test_any_language_id_will_do(wire: Any) -> None:
    await wire.initialize()
    for number, language in enumerate(["", "nobody speaks it", 5, None]):
        item = {"uri": f"untitled:{number}", "languageId": language, "version": 1, "text": "x = 1"}
        opened = {"method": "textDocument/didOpen", "params": {"textDocument": item}}
        await wire.send({"jsonrpc": "2.0", **opened})
        span = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 5}}
        params = {
            "textDocument": {"uri": item["uri"]},
            "range": span,
            "context": {"diagnostics": []},
        }
        answer = await wire.ask(request("textDocument/codeAction", params))
        # touched up, reworked and rewritten
        assert [one["command"] for one in answer["result"]] == ["fillwright.fill"] * 3, language


async def test_the_log_holds_no_source_code(wire: Any) -> None:
    await wire.initialize()
    document = {"uri": "untitled:a", "languageId": "python", "version": 1, "text": SECRET}
    opened = {"jsonrpc": "2.0", "method": "textDocument/didOpen"}
    await wire.send({**opened, "params": {"textDocument": document}})
    await wire.send({**opened, "params": {"textDocument": {**document, "version": SECRET}}})
    await wire.send(b'{"jsonrpc": "2.0", "' + SECRET.encode())
    place = {"textDocument": {"uri": "untitled:a"}, "position": {"line": SECRET, "character": 0}}
    await wire.ask(request("textDocument/completion", place))
    await wire.ask(request("textDocument/inlineCompletion", {**place, "context": SECRET}))
    command = {"command": "fillwright.fill", "arguments": [{"uri": SECRET}]}
    await wire.ask(request("workspace/executeCommand", command))
    _, log = await wire.end()
    assert "didOpen" in log, "the log says what was refused"
    assert SECRET not in log
