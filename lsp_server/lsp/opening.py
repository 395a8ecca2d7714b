"""The session of an editor with everything that answers it. All of it is loaded here, when
`initialize` has been answered.
"""

from collections.abc import Sequence
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from fillwright.engine.request import Draft
from fillwright.lsp_server.fills.fills import Ask
from fillwright.lsp_server.fills.unlikely import UnlikelyPlace
from fillwright.lsp_server.lsp import (
    commands,
    copilot,
    copilot_completions,
    document_sync,
    handlers,
    lifecycle,
    unlikely,
)
from fillwright.lsp_server.lsp.announced import make_room
from fillwright.lsp_server.lsp.drafts import DRAFT, draft_params
from fillwright.lsp_server.lsp.protocol import AnsweringProtocol
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.text.documents import Document

STATUS = "fillwright/status"


def open_session(client: LanguageServer, greeting: types.InitializeParams | None) -> Session:
    """A new session; every method reaches it, and what `initialize` said holds for it."""
    protocol = client.protocol
    assert isinstance(protocol, AnsweringProtocol)

    def show_status(status: dict[str, Any]) -> None:
        protocol.notify(STATUS, status)

    def show_draft(ask: Ask, draft: Draft) -> None:
        protocol.notify(DRAFT, draft_params(ask, draft, session.documents.encoding))

    def show_unlikely(document: Document, places: Sequence[UnlikelyPlace]) -> None:
        unlikely.publish(client, document, places, session.documents.encoding)

    session = Session(show_status, show_draft, show_unlikely)
    protocol.learn(copilot.MESSAGES, copilot.teach)
    make_room(protocol.fm)
    for room in (document_sync, handlers, commands, unlikely, copilot_completions):
        room.register(client, session)
    lifecycle.register(client, session, greeting)
    return session
