"""Whatever an editor sends: every request gets one answer, and the documents stay right.

The engine that the server is told to use has no model, so that nothing waits for one.
"""

import asyncio
import copy
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from fillwright.engine.daemon.client import EngineClient, EngineSettings

pytestmark = pytest.mark.e2e

MESSAGES = 1500
END = "where does it end"
CAPABILITIES = {
    "workspace": {"applyEdit": True, "configuration": True, "workspaceFolders": True},
    "window": {"workDoneProgress": True},
    "textDocument": {
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}
    },
    "notebookDocument": {"synchronization": {}},
}
PLACE = {"line": 1, "character": 4}
SPAN = {"start": {"line": 0, "character": 0}, "end": PLACE}
NAMES = [f"untitled:{name}.py" for name in "abcd"]
JUNK: list[Any] = [
    *(None, True, -1, 0, 2**31 - 1, 2**31, 2**53, 1.5, 1e308, "", "\ud800", "x" * 1000),
    *([], {}, [[[[]]]], {"start": PLACE}, {"uri": 5}, ["x", None], {"line": -1, "character": "y"}),
]


@pytest_asyncio.fixture
async def no_model(engine: EngineSettings, tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """Options that name a model which is not there; the engine that misses it is stopped."""
    folder = tmp_path / "no-model"
    yield {"engine": {"preload": False, "checkpoint": str(folder)}}
    await EngineClient(replace(engine, checkpoint=folder)).stop()


class Fuzzer:
    """An editor out of its mind: sends, answers what it is asked, and keeps account."""

    def __init__(self, wire: Any, seed: int) -> None:
        self.wire = wire
        self.chance = random.Random(seed)
        self.asked: Counter[Any] = Counter()
        self.answered: Counter[Any] = Counter()
        self.errors: Counter[int] = Counter()
        self.ends: list[dict[str, int]] = []
        self.texts: dict[str, str] = {}
        self.versions: Counter[str] = Counter()

    async def request(self, method: object, params: object, msg_id: object = None) -> None:
        if msg_id is None:
            number = sum(self.asked.values())
            msg_id = self.chance.choice((number, f"id {number}"))
        self.asked[msg_id if isinstance(msg_id, int | str) else None] += 1
        await self.send({"id": msg_id, "method": method, "params": params})

    async def notify(self, method: object, params: object) -> None:
        await self.send({"method": method, "params": params})

    async def send(self, message: dict[str, Any]) -> None:
        await self.wire.send({"jsonrpc": "2.0", **message})

    async def listen(self) -> None:
        """Take what the server says, until cancelled."""
        while True:
            message = await self.wire.receive()
            if message.get("id") == END:
                self.ends.append(message["result"][-1]["command"]["arguments"][0]["range"]["end"])
            elif "method" not in message:
                self.answered[message.get("id")] += 1
                assert ("result" in message) != ("error" in message), message
                if "error" in message:
                    self.errors[message["error"]["code"]] += 1
            elif "id" in message:
                outcome = self.chance.choice(
                    ({"result": self.junk()}, {"error": {"code": 1, "message": "no"}})
                )
                await self.send({"id": message["id"], **outcome})

    def junk(self) -> Any:
        return self.chance.choice(JUNK)

    def broken(self, params: dict[str, Any]) -> Any:
        """The parameters with something wrong somewhere in them."""
        params = copy.deepcopy(params)
        inside: Any = params
        while True:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            key = self.chance.choice(keys)
            deeper = isinstance(inside[key], dict | list) and inside[key]
            if deeper and self.chance.random() < 0.7:
                inside = inside[key]
                continue
            if self.chance.random() < 0.3:
                del inside[key]
            else:
                inside[key] = self.junk()
            return params

    def position(self) -> dict[str, int]:
        far = self.chance.choice((0, 1, 3, 10, 2**31 - 1))
        return {"line": self.chance.choice((0, 1, far)), "character": far}

    def requests(self) -> list[tuple[str, dict[str, Any]]]:
        """One of each that makes sense."""
        uri = self.chance.choice(NAMES)
        document = {"uri": uri}
        at = {"textDocument": document, "position": self.position()}
        target = {"uri": uri, "what": "selection", "range": SPAN}
        return [
            ("textDocument/inlineCompletion", {**at, "context": {"triggerKind": 1}}),
            (
                "textDocument/inlineCompletion",
                {
                    **at,
                    "context": {
                        "triggerKind": 2,
                        "selectedCompletionInfo": {"range": SPAN, "text": "x"},
                    },
                    "formattingOptions": {"tabSize": 0, "insertSpaces": True},
                },
            ),
            ("textDocument/completion", at),
            (
                "textDocument/codeAction",
                {"textDocument": document, "range": SPAN, "context": {"diagnostics": []}},
            ),
            ("codeAction/resolve", {"title": "x", "data": target}),
            *(
                ("workspace/executeCommand", {"command": command, "arguments": arguments})
                for command, arguments in (
                    ("fillwright.fill", [target]),
                    ("fillwright.preview", [target, target]),
                    ("fillwright.status", []),
                    ("fillwright.recall", [{"uri": uri, "position": PLACE}]),
                    ("fillwright.accepted", [1]),
                )
            ),
        ]

    def notifications(self) -> list[tuple[str, dict[str, Any]]]:
        """Notifications whose broken forms change no document that is kept account of."""
        uri = "untitled:other"
        item = {"uri": uri, "languageId": "python", "version": 1, "text": "x = 1"}
        cell = {"kind": 2, "document": "cell:1"}
        notebook = {"uri": "nb", "notebookType": "x", "version": 1, "cells": [cell]}
        change = {"range": SPAN, "text": "y"}
        return [
            ("textDocument/didOpen", {"textDocument": item}),
            (
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [change]},
            ),
            ("textDocument/didClose", {"textDocument": {"uri": uri}}),
            ("textDocument/didShowCompletion", {"item": {"command": {"arguments": [1]}}}),
            ("textDocument/didPartiallyAcceptCompletion", {"item": {}, "acceptedLength": 3}),
            ("textDocument/didFocus", {"textDocument": {"uri": uri}}),
            ("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": []}),
            (
                "notebookDocument/didChange",
                {
                    "notebookDocument": {"uri": "nb", "version": 2},
                    "change": {"cells": {"structure": {"array": {"start": 9, "deleteCount": 3}}}},
                },
            ),
            (
                "notebookDocument/didClose",
                {"notebookDocument": {"uri": "nb"}, "cellTextDocuments": []},
            ),
            ("workspace/didChangeConfiguration", {"settings": {"fillwright": {"fill": {}}}}),
            (
                "workspace/didChangeWorkspaceFolders",
                {"event": {"added": [{"uri": "file:///x", "name": "x"}], "removed": []}},
            ),
            ("$/cancelRequest", {"id": sum(self.asked.values())}),
            ("window/workDoneProgress/cancel", {"token": "x"}),
            ("$/setTrace", {"value": "verbose"}),
        ]

    async def edit(self) -> None:
        """Open, change or close a document in step with the reference."""
        uri = self.chance.choice(NAMES)
        self.versions[uri] += 1
        version = self.versions[uri]
        text = self.texts.get(uri)
        if text is None or self.chance.random() < 0.1:
            text = self.texts[uri] = "".join(self.chance.choices("ab \n", k=30))
            item = {"uri": uri, "languageId": "python", "version": version, "text": text}
            await self.notify("textDocument/didOpen", {"textDocument": item})
        elif self.chance.random() < 0.1:
            del self.texts[uri]
            await self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        else:
            start, end = sorted(self.chance.choices(range(len(text) + 1), k=2))
            new = self.chance.choice(("", "x", "y\n", "\n\n"))
            self.texts[uri] = text[:start] + new + text[end:]
            change = {"range": {"start": _at(text, start), "end": _at(text, end)}, "text": new}
            await self.notify(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]},
            )

    async def step(self) -> None:
        """One message."""
        kind = self.chance.random()
        if kind < 0.35:
            await self.edit()
        elif kind < 0.55:
            await self.request(*self.chance.choice(self.requests()))
        elif kind < 0.75:
            method, params = self.chance.choice(self.requests())
            await self.request(method, self.broken(params))
        elif kind < 0.88:
            method, params = self.chance.choice(self.notifications())
            await self.notify(method, self.broken(params) if self.chance.random() < 0.7 else params)
        elif kind < 0.92:
            method = self.chance.choice(("nobody/knows", "$/nobody", "initialize", "", self.junk()))
            await self.request(method, self.junk())
        elif kind < 0.95:
            await self.request("textDocument/completion", self.junk(), msg_id=[self.junk()])
        else:
            body = json.dumps({"jsonrpc": "2.0", "method": "x", "params": self.junk()}).encode()
            cut = self.chance.randrange(1, len(body))
            await self.wire.send(self.chance.choice((body[:cut], b"\xff" + body, b"[" * 5000)))

    async def ask_for_end(self, uri: str) -> None:
        """Ask where the server thinks that a document ends."""
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 10**6, "character": 0}}
        params = {"textDocument": {"uri": uri}, "range": whole, "context": {"diagnostics": []}}
        await self.send({"id": END, "method": "textDocument/codeAction", "params": params})

    async def until(self, condition: Callable[[], bool], listening: asyncio.Task[None]) -> None:
        """Wait for something to come about, unless the server says what it should not."""
        async with asyncio.timeout(120):
            while not condition():
                missing, too_many = self.asked - self.answered, self.answered - self.asked
                assert not listening.done(), (missing, listening.exception())
                assert not too_many
                await asyncio.sleep(0.01)


def _at(text: str, offset: int) -> dict[str, int]:
    lines = text[:offset].split("\n")
    return {"line": len(lines) - 1, "character": len(lines[-1])}


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_request_is_answered_once_and_the_documents_are_the_editors(
    wire: Any, no_model: dict[str, Any], seed: int
) -> None:
    assert "result" in await wire.initialize(CAPABILITIES, no_model)
    fuzzer = Fuzzer(wire, seed)
    await fuzzer.notify("initialized", {})
    listening = asyncio.create_task(fuzzer.listen())
    for _ in range(MESSAGES):
        await fuzzer.step()
    await fuzzer.until(lambda: fuzzer.answered == fuzzer.asked, listening)
    texts = {uri: text for uri, text in fuzzer.texts.items() if text.strip()}
    for uri in texts:
        await fuzzer.ask_for_end(uri)
    await fuzzer.until(lambda: len(fuzzer.ends) == len(texts), listening)
    assert fuzzer.ends == [_at(text, len(text)) for text in texts.values()]
    listening.cancel()
    assert wire.process.returncode is None
    _, log = await wire.end()
    for failure in ("handler failed", "Background work failed"):
        assert failure not in log, log[log.find(failure) :][:4000]
    # -32603 would be a bug of ours
    assert set(fuzzer.errors) <= {-32600, -32601, -32602, -32800, -32801, -32803}, fuzzer.errors


@pytest.mark.parametrize(
    "text",
    ["x" * 3_000_000, "y = 1\n" * 100_000, "(" * 20_000, "\0\1\2" * 100_000],
    ids=["one line", "many lines", "nested", "binary"],
)
async def test_a_huge_document_is_no_matter(wire: Any, no_model: dict[str, Any], text: str) -> None:
    assert "result" in await wire.initialize(CAPABILITIES, no_model)
    fuzzer = Fuzzer(wire, 0)
    uri = NAMES[0]
    item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    await fuzzer.notify("textDocument/didOpen", {"textDocument": item})
    change = {"range": {"start": PLACE, "end": PLACE}, "text": "z"}
    for version in range(2, 6):
        identifier = {"uri": uri, "version": version}
        params = {"textDocument": identifier, "contentChanges": [change]}
        await fuzzer.notify("textDocument/didChange", params)
    listening = asyncio.create_task(fuzzer.listen())
    for method, params in fuzzer.requests():
        await fuzzer.request(method, json.loads(json.dumps(params).replace("untitled:b", uri)))
    await fuzzer.until(lambda: fuzzer.answered == fuzzer.asked, listening)
    listening.cancel()
