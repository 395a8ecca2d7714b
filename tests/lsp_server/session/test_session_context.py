"""Context on its way from the editor's documents into a request."""

from typing import Any

import pytest

from fillwright.engine.request import Infill, InfillRequest
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.session.targets import Target
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import ContextSettings, Settings

HERE = "untitled:here.py"


class Engine:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[InfillRequest] = []

    async def fill(self, request: InfillRequest, on_draft: Any = None) -> Infill:
        self.asked.append(request)
        return Infill(("1",), ((0.5,),), "settled", 1, 1, "draft", "", "")


@pytest.fixture
def session() -> Session:
    return Session()


def open_document(session: Session, uri: str, text: str) -> None:
    session.open(uri, "python", 1, text)


async def asked(session: Session) -> InfillRequest:
    """The request for the rest of the line, in a document that uses `area`."""
    open_document(session, HERE, "size = area(")
    engine = Engine()
    session.engine._client = engine  # type: ignore[assignment]
    place = {"line": 0, "character": 12}
    line = {"uri": HERE, "what": "line", "range": {"start": place, "end": place}}
    await session.fill([Target.from_json(line)], lambda draft: None)
    [request] = engine.asked
    return request


async def test_a_request_shows_what_other_documents_declare(session: Session) -> None:
    open_document(session, "file:///app/shapes.py", "def area(shape):\n    return shape.width\n")
    request = await asked(session)
    assert request.document == "size = area("
    assert "def area(shape):" in [snippet.text for snippet in request.context]


async def test_what_is_closed_declares_nothing(session: Session) -> None:
    uri = "file:///app/shapes.py"
    open_document(session, uri, "def area(shape):\n    pass\n")
    session.close(uri)
    assert "def area(shape):" not in [one.text for one in (await asked(session)).context]


async def test_a_request_shows_nothing_of_secret_files(session: Session) -> None:
    open_document(session, "file:///app/.env", "def area(shape):\n    return 'a secret of ours'\n")
    assert (await asked(session)).context == ()


async def test_context_can_be_turned_off(session: Session) -> None:
    open_document(session, "file:///app/shapes.py", "def area(shape):\n    return shape.width\n")
    session.settings = FolderSettings(Settings(context=ContextSettings(enabled=False)))
    assert (await asked(session)).context == ()
