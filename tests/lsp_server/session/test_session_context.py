"""Context on its way from the editor's documents into a request."""

import pytest

from fillwright.engine.request import InfillRequest
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import ContextSettings, Settings
from tests.lsp_server.session.conftest import request_for_line

HERE = "untitled:here.py"


@pytest.fixture
def session() -> Session:
    return Session()


def open_document(session: Session, uri: str, text: str) -> None:
    session.open(uri, "python", 1, text)


async def asked(session: Session) -> InfillRequest:
    return await request_for_line(session, HERE)


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


async def test_whole_files_are_shown_up_to_a_number_of_tokens(session: Session) -> None:
    text = "".join(f"height_{number} = {number}\n" for number in range(200))
    open_document(session, "file:///app/shapes.py", text)
    for tokens, shown in ((0, False), (len(text) // 3 - 1, False), (len(text) // 3 + 1, True)):
        session.settings = FolderSettings(Settings(context=ContextSettings(tokens=tokens)))
        request = await asked(session)
        assert (text in [snippet.text for snippet in request.context]) == shown
