"""The language server's messages: an input is one message of JSON a line, after `initialize`. Every
request gets one answer, no handler fails, and a document is what its changes say.

The engine says what is asked of it in upper case, at once; nothing waits for a pause in typing.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from lsprotocol.types import METHOD_TO_TYPES
from pygls.protocol import default_converter

from fillwright.engine.daemon.wire import Health
from fillwright.engine.request import Draft, Infill, InfillRequest, Memories
from fillwright.lsp_server.fills.pace import Pace
from fillwright.lsp_server.lsp import copilot
from fillwright.lsp_server.lsp import server as server_module
from fillwright.lsp_server.lsp.server import FillwrightServer
from fillwright.lsp_server.session.engine_connection import EngineConnection

PATIENCE_S = 15
BUG = -32603
# what ends the process, or waits for the end of another
LEFT_OUT = ("exit", "initialize", "shutdown")
MOST_MESSAGES = 30
START = [
    {
        "id": "start",
        "method": "initialize",
        "params": {
            "processId": None,
            "rootUri": None,
            "capabilities": {
                "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}},
                "window": {"workDoneProgress": True},
            },
            "initializationOptions": {"engine": {"preload": False}, "eagerness": "eager"},
        },
    },
    {"method": "initialized", "params": {}},
]
# what it learns of the types is the most of a server's start
CONVERTER = default_converter()  # type: ignore[no-untyped-call]
copilot.teach(CONVERTER)


class Echo:
    """An engine's client without an engine."""

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        texts = tuple(request.document[:50].upper() for _ in request.holes)
        if on_draft is not None:
            on_draft(Draft(1, 0, texts, tuple(((0, len(text)),) for text in texts)))
        return Infill(texts, ((1.0,),) * len(texts), "settled", 1, 1, "draft", "echo", "none")

    async def health(self) -> Health:
        return Health("ready", 1.0, model="echo", device="none", remembers=False)

    async def start(self) -> Health:
        return await self.health()

    async def remember(self, memories: Memories) -> Health:
        return await self.health()

    async def aclose(self) -> None: ...


class Editor:
    """The other end: keeps account of requests and answers, and answers what it is asked."""

    def __init__(self, server: FillwrightServer) -> None:
        self.server = server
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()

    def say(self, message: dict[str, Any]) -> None:
        if "method" in message and "id" in message:
            self.asked[_key(message["id"])] += 1
        self.server.protocol.handle_message({"jsonrpc": "2.0", **message})

    def write(self, data: bytes) -> None:
        message = json.loads(data.partition(b"\r\n\r\n")[2])
        if "method" not in message:
            self.answered[_key(message.get("id"))] += 1
            assert message.get("error", {}).get("code") != BUG, message
        elif "id" in message:
            answer = {"id": message["id"], "result": None}
            asyncio.get_running_loop().call_soon(self.say, answer)

    def close(self) -> None: ...


class Failures(logging.Handler):
    """What handlers raise goes to the log; here the first of it is raised again."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.raised: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and self.raised is None:
            self.raised = record.exc_info[1]


async def at_once(seconds: float) -> None:
    """Nobody types."""


def run(data: bytes) -> None:
    try:
        messages = [json.loads(line) for line in data.splitlines()[:MOST_MESSAGES]]
    except (ValueError, RecursionError):
        return
    failures = Failures()
    logger = logging.getLogger("fillwright")
    logger.addHandler(failures)
    disabled = logging.root.manager.disable
    logging.disable(logging.NOTSET)
    try:
        asyncio.run(asyncio.wait_for(spoken(messages), PATIENCE_S))
    finally:
        logging.disable(disabled)
        logger.removeHandler(failures)
    if failures.raised is not None:
        raise failures.raised


async def spoken(messages: list[Any]) -> None:
    """Says all of it to a new server, and waits for the answers."""
    with (
        patch.object(EngineConnection, "client", lambda connection: Echo()),
        patch.object(server_module, "default_converter", lambda: CONVERTER),
        patch.object(copilot, "teach", lambda converter: None),
    ):
        server = FillwrightServer()
        editor = Editor(server)
        server.protocol.set_writer(editor)
        editor.say(START[0])
        server.session.fills._pace = Pace(sleep=at_once)
        said = [m for m in messages if isinstance(m, dict) and _may_be_said(m)]
        for message in [*START[1:], *said]:
            editor.say(message)
            await asyncio.sleep(0)
        while editor.answered != editor.asked:
            assert not editor.answered - editor.asked, editor.answered - editor.asked
            await asyncio.sleep(0.001)
        await server.session.shutdown()


def _may_be_said(message: dict[str, Any]) -> bool:
    method = message.get("method")
    known = METHOD_TO_TYPES.get(method) if isinstance(method, str) else None
    # a notification with an id is neither; the library answers the wrong ones only
    is_neither = known is not None and known[1] is None and "id" in message
    return method not in LEFT_OUT and not is_neither


def _key(msg_id: Any) -> str:
    # an id of another kind is answered with none
    return json.dumps(msg_id if isinstance(msg_id, int | str) else None)
