"""Copilot's requests from before there was inline completion, which copilot.lua still sends.

Ghost text by other names. Positions count UTF-16 units here, whatever was
negotiated. Knows no engine.
"""

from functools import partial
from typing import Any

from pygls.lsp.server import LanguageServer

from fillwright.lsp_server.lsp import convert, copilot
from fillwright.lsp_server.session.document_changed import DocumentChanged
from fillwright.lsp_server.session.offers import ghost_offer
from fillwright.lsp_server.session.requests import Ghost, GhostOffer, GhostRequest
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.text.positions import PositionEncoding

UTF16 = PositionEncoding.UTF16
USER = "fillwright"


def register(client: LanguageServer, session: Session) -> None:
    """Teach the server these methods."""
    client.feature(copilot.CHECK_STATUS)(check_status)
    client.feature(copilot.GET_COMPLETIONS)(partial(get_completions, session))
    client.feature(copilot.GET_COMPLETIONS_CYCLING)(partial(get_completions_cycling, session))
    client.feature(copilot.NOTIFY_SHOWN)(partial(notify_shown, session))
    client.feature(copilot.NOTIFY_ACCEPTED)(partial(notify_accepted, session))
    client.feature(copilot.NOTIFY_REJECTED)(notify_rejected)


def check_status(params: dict[str, Any] | None) -> dict[str, str]:
    """`checkStatus`: nobody has to sign in."""
    return {"status": "OK", "user": USER}


async def get_completions(
    session: Session, params: copilot.CompletionsParams
) -> dict[str, list[dict[str, Any]]]:
    """`getCompletions`: what is suggested while typing."""
    return await _completions(session, params, by_hand=False)


async def get_completions_cycling(
    session: Session, params: copilot.CompletionsParams
) -> dict[str, list[dict[str, Any]]]:
    """`getCompletionsCycling`: the user wants to see others."""
    return await _completions(session, params, by_hand=True)


def notify_shown(session: Session, params: copilot.CompletionParams) -> str:
    """`notifyShown`: the editor shows this one."""
    session.suggestions.shown.seen(params.number)
    return "OK"


def notify_accepted(session: Session, params: copilot.CompletionParams) -> str:
    """`notifyAccepted`: the user took this one."""
    session.suggestions.shown.accepted(params.number)
    return "OK"


def notify_rejected(params: dict[str, Any] | None) -> str:
    """`notifyRejected`: the user typed on, which is no news."""
    return "OK"


async def _completions(
    session: Session, params: copilot.CompletionsParams, *, by_hand: bool
) -> dict[str, list[dict[str, Any]]]:
    doc = params.doc
    document = session.documents.get(doc.uri)
    if document is None:
        return {"completions": []}
    cursor = convert.offset(document, doc.position, UTF16)
    if doc.formatting is not None:
        session.remember_formatting(doc.uri, doc.formatting)
    position = document.lines.position(cursor, session.documents.encoding)
    request = GhostRequest(doc.uri, position, doc.version, by_hand)
    try:
        offer = await ghost_offer(session, request)
    except DocumentChanged:
        # this client shows every error to its user
        offer = None
    if offer is None:
        return {"completions": []}
    return {"completions": [_completion(offer, ghost) for ghost in offer.ghosts]}


def _completion(offer: GhostOffer, ghost: Ghost) -> dict[str, Any]:
    """One item with the whole of its line before it. The range ends at the cursor: what is after
    it stays, so the text leaves it out."""
    document, cursor = offer.document, offer.cursor
    start, end, text = ghost.change.start, ghost.change.end, ghost.change.text
    after = document.text[cursor:end]
    if text.endswith(after):
        text, end = text.removesuffix(after), cursor
    line = document.lines.starts[document.lines.line_of(cursor)]
    whole = document.text[line:start] + text
    place = convert.lsp_range(document, line, end, UTF16)
    return {
        "uuid": str(ghost.number),
        "text": whole,
        "displayText": whole.removeprefix(document.text[line:cursor]),
        "range": place,
        "position": convert.lsp_range(document, cursor, cursor, UTF16).start,
        "docVersion": document.version,
    }
