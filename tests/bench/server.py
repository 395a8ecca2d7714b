"""The language server's own cost, in a table: memory, start, and its share of a request.

`python -P tests/bench/server.py`. Memory and start are a real process's, over stdio. The share
is everything but model and pipes: the handlers run here, on an engine that answers at once. It is
processor time, so that other work on the machine counts little.
Not a test.
"""

import asyncio
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from lsprotocol import types
from pygls.workspace import Workspace
from rich.console import Console
from rich.table import Table

from fillwright.engine.daemon.wire import to_json
from fillwright.engine.request import Draft, Infill, InfillRequest
from fillwright.lsp_server.lsp import copilot, document_sync, handlers
from fillwright.lsp_server.lsp.server import FillwrightServer

LINES = 10_000
SIZES = (1_000, 10_000, 50_000)
STARTS = 7
REQUESTS = 200
URI = "untitled:bench.py"
SERVE = [sys.executable, "-P", "-m", "fillwright.lsp_server", "serve"]
FUNCTION = '''def total(prices, rate=0.2):
    """Sum of prices with tax."""
    net = sum(prices)
    return net * (1 + rate)


'''


def main() -> None:
    """Measure and print."""
    # the handlers that run here have no client to notify
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    starts, fresh = zip(*(_start() for _ in range(STARTS)), strict=True)
    shares = {lines: asyncio.run(_shares(lines)) for lines in SIZES}
    table = Table("what", "median", "p95", "target", title="Language server")
    table.add_row("memory after initialize", f"{median(fresh):.0f} MB", "", "<= 80 MB")
    table.add_row(f"memory with {LINES:,} lines open", f"{_in_use():.0f} MB", "", "<= 80 MB")
    table.add_row("process start to initialize answered", *_ms(starts), "<= 700 ms")
    for lines, kinds in shares.items():
        for name, share in kinds.items():
            goal = "<= 5 ms" if lines == LINES else ""
            table.add_row(f"share of {name}, {lines:,} lines", *_ms(share), goal)
    Console().print(table)


def _start() -> tuple[float, float]:
    """Seconds from the start of a process to its answer to initialize, and its memory in MB once
    all of it is loaded."""
    began = time.perf_counter()
    with Server() as server:
        server.initialize()
        taken = time.perf_counter() - began
        server.load()
        return taken, server.resident_mb()


def _in_use() -> float:
    """Memory in MB of a server with a long document that was edited and asked about."""
    with Server() as server:
        server.initialize()
        server.load()
        item = {"uri": URI, "languageId": "python", "version": 0, "text": _document(LINES)}
        server.notify("textDocument/didOpen", {"textDocument": item})
        for version in range(1, REQUESTS):
            place = {"line": LINES // 2, "character": 0}
            span = {"start": place, "end": place}
            change = {"range": span, "text": "x"}
            identifier = {"uri": URI, "version": version}
            server.notify(
                "textDocument/didChange",
                {"textDocument": identifier, "contentChanges": [change]},
            )
            server.ask(
                "textDocument/codeAction",
                {"textDocument": {"uri": URI}, "range": span, "context": {"diagnostics": []}},
            )
        return server.resident_mb()


class InstantEngine:
    """Answers at once; what it costs to say the request is the server's to pay."""

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        to_json(request)
        texts = tuple("sum(price for price in prices)" for _ in request.holes)
        confidences = ((0.9,),) * len(texts)
        return Infill(texts, confidences, "settled", 9, 8, "denoise", "instant", "none")


def _document(lines: int) -> str:
    return FUNCTION * (lines // FUNCTION.count("\n"))


async def _shares(lines: int) -> dict[str, list[float]]:
    """Seconds of a processor that the server takes for a typed character and each kind of request
    after it, in a document of so many lines."""
    ls = FillwrightServer()
    ls.session.engine._client = InstantEngine()  # type: ignore[assignment]
    ls.protocol.client_capabilities = types.ClientCapabilities()
    ls.protocol._workspace = Workspace(None)
    document = types.TextDocumentIdentifier(URI)
    line = lines // 2 // FUNCTION.count("\n") * FUNCTION.count("\n") + 2
    empty_span = _range(line, 10)

    async def ghost() -> object:
        kind = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
        versioned = copilot.VersionedDocument(URI)
        params = copilot.InlineCompletionParams(versioned, empty_span.start, kind)
        answer = await handlers.inline_completion(ls.session, params)
        return answer and answer.items

    async def popup() -> object:
        return await handlers.completion(
            ls.session, types.CompletionParams(document, empty_span.start)
        )

    async def actions() -> object:
        context = types.CodeActionContext([])
        return handlers.code_action(
            ls, ls.session, types.CodeActionParams(document, empty_span, context)
        )

    shares = {}
    for name, request in (("ghost text", ghost), ("popup", popup), ("code action", actions)):
        item = types.TextDocumentItem(URI, "python", 0, _document(lines))
        document_sync.did_open(ls.session, types.DidOpenTextDocumentParams(item))
        shares[name] = []
        for version in range(1, REQUESTS + 1):
            began = time.process_time()
            change = types.TextDocumentContentChangePartial(_range(line - 1, 7), "x")
            identifier = types.VersionedTextDocumentIdentifier(version, URI)
            params = types.DidChangeTextDocumentParams(identifier, [change])
            document_sync.did_change(ls.session, params)
            assert await request()
            shares[name].append(time.process_time() - began)
            await asyncio.sleep(0)
    return shares


def _range(line: int, column: int) -> types.Range:
    place = types.Position(line, column)
    return types.Range(place, place)


def _ms(seconds: Any) -> tuple[str, str]:
    return f"{1e3 * median(seconds):.1f} ms", f"{1e3 * quantiles(seconds, n=20)[-1]:.1f} ms"


class Server:
    """A server process, spoken to in plain JSON."""

    def __init__(self, command: list[str] = SERVE) -> None:
        self._command = command

    def __enter__(self) -> "Server":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(self._command, **pipes)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        return self

    def __exit__(self, *_: object) -> None:
        self.ask("shutdown", None)
        self.notify("exit", None)
        self.process.wait(10)

    def initialize(self) -> None:
        options = {"engine": {"preload": False}}
        params = {"processId": None, "rootUri": None, "capabilities": {}}
        self.ask("initialize", {**params, "initializationOptions": options})

    def load(self) -> None:
        """Go on from there, and wait until it answers."""
        self.notify("initialized", {})
        self.ask("workspace/executeCommand", {"command": "fillwright.status"})

    def resident_mb(self) -> float:
        """The process's resident memory, as Linux counts it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> Any:
        """The answer to a request; notifications before it are skipped."""
        self._send({"id": method, "method": method, "params": params})
        while "id" not in (answer := self._receive()):
            pass
        return answer

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.stdin.flush()

    def _receive(self) -> Any:
        length = 0
        while header := self.stdout.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name == b"Content-Length" else length
        return json.loads(self.stdout.read(length))


if __name__ == "__main__":
    main()
