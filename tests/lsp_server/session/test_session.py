"""What a session does with documents and settings, without a protocol."""

from typing import Any

import pytest

from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.settings.folders import FolderSettings
from fillwright.lsp_server.settings.settings import EngineSection, Settings
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.positions import Position
from fillwright.lsp_server.text.subscribers import DocumentEdit

URI = "untitled:a.py"


class Log:
    """A subscriber that keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def opened(self, document: Document) -> None:
        self.told.append(("opened", document.text))

    def changed(self, edit: DocumentEdit) -> None:
        self.told.append((f"changed from {edit.before.text}", edit.after.text))

    def closed(self, document: Document) -> None:
        self.told.append(("closed", document.text))


class Client:
    """An engine's client that is opened and closed and asked nothing."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True


def test_a_subscriber_is_told_of_every_version() -> None:
    session, log = Session(), Log()
    session._subscribers = (*session._subscribers, log)
    session.open(URI, "python", 1, "a")
    session.change(URI, 2, [Change("b", Position(0, 1), Position(0, 1))])
    session.close(URI)
    assert log.told == [("opened", "a"), ("changed from a", "ab"), ("closed", "ab")]


def test_what_is_not_open_is_nobodys_matter() -> None:
    session, log = Session(), Log()
    session._subscribers = (log,)
    session.change(URI, 2, [Change("b")])
    session.close(URI)
    session.remember_formatting(URI, Formatting(2, True))
    assert log.told == []
    assert session.formatting.of(URI) is None


def test_how_an_editor_indents_is_kept_until_the_document_closes() -> None:
    session = Session()
    session.open(URI, "python", 1, "a")
    session.remember_formatting(URI, Formatting(2, True))
    session.change(URI, 2, [Change("b")])
    session.open(URI, "python", 1, "c")
    assert session.formatting.of(URI) == Formatting(2, True)
    session.close(URI)
    assert session.formatting.of(URI) is None


def test_secrets_are_refused_in_any_folder() -> None:
    session = Session()
    session.folders = ("file:///app",)
    refused = session.refusal("file:///app/.env")
    assert refused is not None
    assert refused.code == "secret-file"
    assert session.refusal("file:///app/main.py") is None


@pytest.mark.parametrize(("idle_seconds", "closed"), [(7, True), (None, False)])
async def test_another_engine_is_used_when_the_settings_choose_one(
    idle_seconds: int | None, closed: bool
) -> None:
    shown: list[dict[str, Any]] = []
    session, client = Session(shown.append), Client()
    chosen = EngineSection(preload=False)
    session.settings = FolderSettings(Settings(engine=chosen))
    session.engine.client()
    session.engine._client = client  # type: ignore[assignment]
    if idle_seconds is not None:
        chosen = EngineSection(preload=False, idle_seconds=idle_seconds)
    await session.configure(FolderSettings(Settings(engine=chosen)))
    assert client.closed is closed
    assert (session.engine._client is None) is closed
