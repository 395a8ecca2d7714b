"""initialize, shutdown and exit, and messages that nobody should send: each request is answered."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

pytestmark = pytest.mark.e2e

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "processId": None,
        "rootUri": None,
        "capabilities": {},
        "initializationOptions": {"engine": {"preload": False}},
    },
}
SECRET = "correct_horse_battery_staple"


class Wire:
    """A server seen as bytes, for what a client library does not let through."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self.stdin, self.stdout = process, process.stdin, process.stdout

    async def send(self, message: object) -> None:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        await self.stdin.drain()

    async def ask(self, message: object) -> Any:
        await self.send(message)
        async with asyncio.timeout(60):
            header = await self.stdout.readuntil(b"\r\n\r\n")
            length = int(header.split(b"\r\n")[0].removeprefix(b"Content-Length: "))
            return json.loads(await self.stdout.readexactly(length))

    async def end(self) -> tuple[int, str]:
        """Exit code and log, after the server's stdin is closed."""
        self.stdin.close()
        _, log = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, log.decode()


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-P", "-m", "fillwright.lsp_server", "serve"]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    yield Wire(process)
    if process.returncode is None:
        process.kill()
        await process.wait()


def request(method: str, params: object = None, msg_id: object = 1) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": msg_id, "method": method, "params": params}


async def test_capabilities(wire: Wire) -> None:
    able = (await wire.ask(INITIALIZE))["result"]["capabilities"]
    assert able["inlineCompletionProvider"] == {}
    assert able["completionProvider"] == {}
    assert able["codeActionProvider"]["resolveProvider"] is True
    assert able["executeCommandProvider"] == {
        "commands": [
            f"fillwright.{name}" for name in ("fill", "preview", "status", "recall", "accepted")
        ]
    }
    assert able["textDocumentSync"]["openClose"] is True
    assert able["textDocumentSync"]["change"] == 2


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(None, "utf-16"), (["utf-8", "utf-16"], "utf-8"), (["utf-32"], "utf-32"), (["x"], "utf-16")],
)
async def test_position_encoding_is_the_clients_first_choice(
    wire: Wire, offered: list[str] | None, chosen: str
) -> None:
    capabilities = {} if offered is None else {"general": {"positionEncodings": offered}}
    params = {**INITIALIZE["params"], "capabilities": capabilities}  # type: ignore[dict-item]
    answer = await wire.ask({**INITIALIZE, "params": params})
    assert answer["result"]["capabilities"]["positionEncoding"] == chosen


async def test_exit_after_shutdown_is_0_and_requests_between_are_refused(wire: Wire) -> None:
    await wire.ask(INITIALIZE)
    assert (await wire.ask(request("shutdown")))["result"] is None
    late = await wire.ask(request("textDocument/codeAction", {}))
    assert late["error"]["code"] == -32600
    await wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert await wire.process.wait() == 0


async def test_exit_without_shutdown_is_1(wire: Wire) -> None:
    await wire.ask(INITIALIZE)
    await wire.send({"jsonrpc": "2.0", "method": "exit"})
    assert await wire.process.wait() == 1


async def test_a_vanished_editor_ends_the_server(wire: Wire) -> None:
    await wire.ask(INITIALIZE)
    code, _ = await wire.end()
    assert code == 1


async def test_requests_before_and_a_second_initialize_are_refused(wire: Wire) -> None:
    early = await wire.ask(request("textDocument/codeAction", {}))
    assert early["error"]["code"] == -32002
    await wire.ask(INITIALIZE)
    again = await wire.ask(INITIALIZE)
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
    wire: Wire,
) -> None:
    await wire.ask(INITIALIZE)
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


async def test_other_messages_that_make_no_sense_get_no_answer_and_no_popup(wire: Wire) -> None:
    await wire.ask(INITIALIZE)
    for number, message in enumerate(SENSELESS):
        await wire.send(message)
        # the next thing that the server says is the next answer
        answer = await wire.ask(request("nobody/knows", msg_id=f"after {number}"))
        assert answer["id"] == f"after {number}", message


async def test_the_log_holds_no_source_code(wire: Wire) -> None:
    await wire.ask(INITIALIZE)
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
