"""A real language server over real stdio for each test, and a daemon of its own."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Union

import cattrs
import httpx
import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import register_lsp_features

from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.engine.daemon.runtime_dir import place_of

SERVER = [sys.executable, "-P", "-m", "fillwright.lsp_server", "serve"]
PATIENCE_S = 120
NO_ENGINE = {"engine": {"preload": False}}
# what the model says does not matter here, if only it says something
EAGER = {"eagerness": "eager", "languages": {"plaintext": True, "text": True}}
UNFINISHED = [
    "class Shelf:\n    def __init__(self, width):\n        self.width = ‸\n",
    "class Box:\n    def __init__(self, a, depth):\n        self.a = a\n        self.depth = ‸\n",
    "import logging\n\nlogger = logging.‸\n",
    "if __name__ == ‸\n",
]


class Editor:
    """An editor: pytest-lsp's client, with what the tests say often."""

    def __init__(self, lsp: LanguageClient) -> None:
        self.lsp = lsp
        self.statuses: list[dict[str, Any]] = []
        self.drafts: list[dict[str, Any]] = []
        self.edits: list[types.ApplyWorkspaceEditParams] = []
        self.opened: dict[str, str] = {}
        self.registrations: list[types.Registration] = []
        self.applies = True
        self.capabilities = types.ServerCapabilities()
        lsp.feature("fillwright/status")(lambda params: self.statuses.append(_plain(params)))
        lsp.feature("fillwright/draft")(lambda params: self.drafts.append(_plain(params)))
        lsp.feature(types.WORKSPACE_APPLY_EDIT)(lambda params: self._apply(params))
        lsp.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda params: self._register(params))

    def open(self, text: str, uri: str = "untitled:one.py", language: str = "python") -> str:
        """Open a document at version 1."""
        self.opened[uri] = text
        item = types.TextDocumentItem(uri, language, 1, text)
        self.lsp.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, version: int, *changes: tuple[Any, ...]) -> None:
        """Replace ranges (start line, column, end line, column, text), or the whole (text,)."""
        events: list[types.TextDocumentContentChangeEvent] = [
            types.TextDocumentContentChangePartial(_range(*place), text)
            if place
            else types.TextDocumentContentChangeWholeDocument(text)
            for *place, text in changes
        ]
        identifier = types.VersionedTextDocumentIdentifier(version, uri)
        params = types.DidChangeTextDocumentParams(identifier, events)
        self.lsp.text_document_did_change(params)

    async def actions(
        self,
        uri: str,
        *place: int,
        only: list[str] | None = None,
        trigger: types.CodeActionTriggerKind | None = None,
        complaint: str = "",
    ) -> list[types.CodeAction | types.Command]:
        """The code actions at a range (start line, column, end line, column), of which another
        server may have a complaint."""
        found = [types.Diagnostic(_range(*place), complaint)] if complaint else []
        context = types.CodeActionContext(found, only, trigger)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), _range(*place), context)
        return list(await self.lsp.text_document_code_action_async(params) or [])

    def ghost(
        self, uri: str, line: int, column: int, *, invoked: bool = False, **context: Any
    ) -> asyncio.Future[Any]:
        """Ask for ghost text now; the answer is awaited."""
        return self.asked_ghost(uri, line, column, invoked=invoked, **context)[1]

    def asked_ghost(
        self, uri: str, line: int, column: int, *, invoked: bool = False, **context: Any
    ) -> tuple[str, asyncio.Future[Any]]:
        """Ask for ghost text now; gives the request's id and its answer to await."""
        kind = types.InlineCompletionTriggerKind
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(kind.Invoked if invoked else kind.Automatic, **context),
            types.TextDocumentIdentifier(uri),
            types.Position(line, column),
        )
        method = types.TEXT_DOCUMENT_INLINE_COMPLETION
        msg_id = str(uuid.uuid4())
        sent = self.lsp.protocol.send_request(method, params, None, msg_id)
        return msg_id, asyncio.wrap_future(sent)

    async def suggested(self, *, invoked: bool = False) -> tuple[str, int, int, Any]:
        """A place where the model is sure of something: uri, line, column, items."""
        for number, source in enumerate(UNFINISHED):
            before, _, after = source.partition("‸")
            uri = self.open(before + after, f"untitled:unfinished-{number}")
            line, column = before.count("\n"), len(before.rpartition("\n")[2])
            if items := (await self.ghost(uri, line, column, invoked=invoked)).items:
                return uri, line, column, items
        raise AssertionError("the model has nothing to say anywhere")

    async def ask(self, method: str, params: object) -> Any:
        """Send a request in plain JSON, as the client's types would not have it."""
        protocol, msg_id, answer = self.lsp.protocol, str(uuid.uuid4()), Future[Any]()
        protocol._request_futures[msg_id] = answer
        protocol._result_types[msg_id] = protocol.get_result_type(method)
        protocol._send_data({"jsonrpc": "2.0", "id": msg_id, "method": method, "params": params})
        return await asyncio.wrap_future(answer)

    async def ask_plain(self, method: str, params: object) -> Any:
        """The same, with the answer in plain JSON too."""
        return _plain(await self.ask(method, params))

    async def command(self, name: str, *arguments: object) -> Any:
        """Run a command; its answer as plain JSON."""
        params = types.ExecuteCommandParams(name, list(arguments))
        return _plain(await self.lsp.workspace_execute_command_async(params))

    async def popup(self, uri: str, line: int, column: int) -> types.CompletionList:
        """Ask for the completion popup."""
        params = types.CompletionParams(
            types.TextDocumentIdentifier(uri), types.Position(line, column)
        )
        answer = await self.lsp.text_document_completion_async(params)
        assert isinstance(answer, types.CompletionList)
        return answer

    def invoke(self, uri: str, line: int, column: int) -> tuple[str, asyncio.Future[Any]]:
        """Ask for the popup by hand; gives the request's id and its answer to await."""
        context = types.CompletionContext(types.CompletionTriggerKind.Invoked)
        params = types.CompletionParams(
            types.TextDocumentIdentifier(uri), types.Position(line, column), context
        )
        msg_id = str(uuid.uuid4())
        method = types.TEXT_DOCUMENT_COMPLETION
        return msg_id, asyncio.wrap_future(
            self.lsp.protocol.send_request(method, params, None, msg_id)
        )

    def run(self, *arguments: object, token: str | None = None) -> tuple[str, asyncio.Future[Any]]:
        """Run the command `fillwright.fill`; gives the request's id and its answer to await."""
        params = types.ExecuteCommandParams("fillwright.fill", list(arguments), token)
        msg_id = str(uuid.uuid4())
        method = types.WORKSPACE_EXECUTE_COMMAND
        return msg_id, asyncio.wrap_future(
            self.lsp.protocol.send_request(method, params, None, msg_id)
        )

    def cancel(self, msg_id: str) -> None:
        """Send `$/cancelRequest`."""
        self.lsp.cancel_request(types.CancelParams(msg_id))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something has come about; the deadline only ends a test that failed."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.01)

    def _apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.edits.append(params)
        return types.ApplyWorkspaceEditResult(self.applies, None if self.applies else "read only")

    def _register(self, params: types.RegistrationParams) -> None:
        self.registrations.extend(params.registrations)


Start = Callable[..., Awaitable[Editor]]


@pytest.fixture(scope="session")
def engine() -> Iterator[EngineSettings]:
    """The engine of all servers that these tests start; stopped at the end."""
    # a short path: a Unix socket's has about 100 bytes
    folder = Path(tempfile.mkdtemp(prefix="fw-"))
    settings = EngineSettings(runtime_dir=folder)
    yield settings
    asyncio.run(EngineClient(settings).stop())
    shutil.rmtree(folder)


@pytest_asyncio.fixture
async def start(engine: EngineSettings) -> AsyncIterator[Start]:
    """Starts servers, each with an editor of its own kind; they are shut down at the end."""
    editors: list[Editor] = []
    environment = {**os.environ, "FILLWRIGHT_RUNTIME_DIR": str(engine.runtime_dir)}

    async def start_editor(
        client: str | types.ClientCapabilities = "visual-studio-code",
        options: dict[str, Any] | None = None,
        configuration: dict[str, Any] | None = None,
        folders: dict[str, dict[str, Any]] | None = None,
        environment: dict[str, str] = environment,
    ) -> Editor:
        lsp = LanguageClient(converter_factory=_converter)
        register_lsp_features(lsp)
        editor = Editor(lsp)
        await lsp.start_io(*SERVER, env=environment)
        editors.append(editor)
        if configuration is not None:
            lsp.set_configuration({"fillwright": configuration})
        for uri, settings in (folders or {}).items():
            lsp.set_configuration({"fillwright": settings}, scope_uri=uri)
        capabilities = client_capabilities(client) if isinstance(client, str) else client
        params = types.InitializeParams(
            capabilities=capabilities,
            initialization_options={**EAGER, **(NO_ENGINE if options is None else options)},
            workspace_folders=[types.WorkspaceFolder(uri, uri) for uri in folders or ()],
        )
        editor.capabilities = (await lsp.initialize_session(params)).capabilities
        return editor

    yield start_editor
    for editor in editors:
        if not editor.lsp.stopped:
            await editor.lsp.shutdown_session()
        await editor.lsp.stop()


@pytest_asyncio.fixture
async def count(engine: EngineSettings) -> Callable[[str], Awaitable[float]]:
    """The sum of the engine's own counters whose line begins so."""

    async def count(name: str) -> float:
        transport = httpx.AsyncHTTPTransport(uds=str(place_of(engine).socket))
        async with httpx.AsyncClient(transport=transport) as client:
            text = (await client.get("http://engine/metrics")).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    return count


def _converter() -> cattrs.Converter:
    """lsprotocol's converter takes every code action for a command."""
    converter = default_converter()

    def structure(plain: dict[str, Any], _: Any) -> types.CodeAction | types.Command:
        kind = types.Command if isinstance(plain.get("command"), str) else types.CodeAction
        return converter.structure(plain, kind)

    converter.register_structure_hook(Union[types.Command, types.CodeAction], structure)  # noqa: UP007
    return converter


def _range(line: int, column: int, end_line: int, end_column: int) -> types.Range:
    return types.Range(types.Position(line, column), types.Position(end_line, end_column))


def _plain(params: Any) -> Any:
    """pygls gives notifications that it does not know as nested named tuples."""
    if hasattr(params, "_asdict"):
        return {key: _plain(value) for key, value in params._asdict().items()}
    return [_plain(value) for value in params] if isinstance(params, list | tuple) else params


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

    async def receive(self) -> Any:
        header = await self.stdout.readuntil(b"\r\n\r\n")
        length = int(header.split(b"\r\n")[0].removeprefix(b"Content-Length: "))
        return json.loads(await self.stdout.readexactly(length))

    async def ask(self, message: object) -> Any:
        await self.send(message)
        async with asyncio.timeout(PATIENCE_S):
            return await self.receive()

    async def initialize(
        self,
        capabilities: dict[str, Any] | None = None,
        options: dict[str, Any] = NO_ENGINE,
        process_id: int | None = None,
    ) -> Any:
        params = {
            "processId": process_id,
            "rootUri": None,
            "capabilities": capabilities or {},
            "initializationOptions": options,
        }
        return await self.ask({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})

    async def end(self) -> tuple[int, str]:
        """Exit code and log, after the server's stdin is closed."""
        self.stdin.close()
        _, log = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, log.decode()


@pytest_asyncio.fixture
async def wire(engine: EngineSettings, request: pytest.FixtureRequest) -> AsyncIterator[Wire]:
    """A server that has not been said anything to; its parameter is further arguments."""
    pipe = asyncio.subprocess.PIPE
    environment = {**os.environ, "FILLWRIGHT_RUNTIME_DIR": str(engine.runtime_dir)}
    process = await asyncio.create_subprocess_exec(
        *SERVER,
        *getattr(request, "param", ()),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        env=environment,
        limit=2**24,
    )
    yield Wire(process)
    if process.returncode is None:
        process.kill()
        await process.wait()
