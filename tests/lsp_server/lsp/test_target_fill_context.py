"""Context on its way from the editor's documents into a request."""

from typing import Any

import pytest
from lsprotocol import types

from fillwright.engine.request import Infill, InfillRequest
from fillwright.lsp_server.lsp.code_actions import Target
from fillwright.lsp_server.lsp.server import FillwrightServer
from fillwright.lsp_server.lsp.target_fill import fill_targets
from fillwright.lsp_server.privacy import secret_files
from fillwright.lsp_server.settings.settings import ExclusionSettings

HERE = "untitled:here.py"


class Engine:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[InfillRequest] = []

    async def fill(self, request: InfillRequest, on_draft: Any = None) -> Infill:
        self.asked.append(request)
        return Infill(("1",), ((0.5,),), "settled", 1, 1, "draft", "", "")


@pytest.fixture
def ls() -> FillwrightServer:
    server = FillwrightServer()
    # asks which folders there are, which `initialize` says
    server.refusal = (  # type: ignore[method-assign]
        lambda uri: secret_files.refusal(uri, [], ExclusionSettings())  # type: ignore[assignment, return-value]
    )
    return server


def open_document(ls: FillwrightServer, uri: str, text: str) -> None:
    item = types.TextDocumentItem(uri, "python", 1, text)
    ls.protocol.lsp_text_document__did_open(types.DidOpenTextDocumentParams(item))


async def asked(ls: FillwrightServer) -> InfillRequest:
    """The request for the rest of the line, in a document that uses `area`."""
    open_document(ls, HERE, "size = area(")
    engine = Engine()
    ls._engine = engine  # type: ignore[assignment]
    place = {"line": 0, "character": 12}
    line = {"uri": HERE, "what": "line", "range": {"start": place, "end": place}}
    await fill_targets(ls, [Target.from_json(line)], lambda draft: None)
    [request] = engine.asked
    return request


async def test_a_request_shows_what_other_documents_declare(ls: FillwrightServer) -> None:
    open_document(ls, "file:///app/shapes.py", "def area(shape):\n    return shape.width\n")
    request = await asked(ls)
    assert request.document == "size = area("
    assert "def area(shape):" in [snippet.text for snippet in request.context]


async def test_what_is_closed_declares_nothing(ls: FillwrightServer) -> None:
    uri = "file:///app/shapes.py"
    open_document(ls, uri, "def area(shape):\n    pass\n")
    closed = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
    ls.protocol.lsp_text_document__did_close(closed)
    assert "def area(shape):" not in [one.text for one in (await asked(ls)).context]


async def test_a_request_shows_nothing_of_secret_files(ls: FillwrightServer) -> None:
    open_document(ls, "file:///app/.env", "def area(shape):\n    return 'a secret of ours'\n")
    assert (await asked(ls)).context == ()


async def test_context_can_be_turned_off(ls: FillwrightServer) -> None:
    open_document(ls, "file:///app/shapes.py", "def area(shape):\n    return shape.width\n")
    ls.configuration.take_up({"context": {"enabled": False}})
    assert (await asked(ls)).context == ()
