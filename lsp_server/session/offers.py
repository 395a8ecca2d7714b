"""What a session offers while the user types: ghost text, popup items, or a reason in its record.

Knows no protocol and no engine.
"""

import asyncio
from typing import Literal

from fillwright.lsp_server.fills.inflight import Superseded
from fillwright.lsp_server.session.document_changed import DocumentChanged
from fillwright.lsp_server.session.requests import (
    Ghost,
    GhostOffer,
    GhostRequest,
    PopupOffer,
    SelectedItem,
)
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.suggestions.gate import GATES
from fillwright.lsp_server.suggestions.suggestions import Moment
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import Position
from fillwright.lsp_server.text.reasons import Reason

POPUP_S = 1.0
"""A pause in typing and a fill; the editor's other servers may have to wait as long."""

POPUP_INVOKED_S = 3.0
"""For an engine that is slow, where the user may have asked by hand."""


async def ghost_offer(session: Session, request: GhostRequest) -> GhostOffer | None:
    """Ghost text for a request; None where there is none in its document. An offer that comes too
    late is empty.

    Raises DocumentChanged when the request names a version that is not, or no longer, the newest.
    """
    document = _document(session, request.uri, "ghost")
    if document is None:
        return None
    if request.version not in (None, document.version):
        session.suppressions.add(document.uri, "ghost", Reason.of("stale"))
        raise DocumentChanged
    settings = session.settings_of(document.uri)
    moment = Moment(
        document,
        document.lines.offset(request.position, session.documents.encoding),
        "ghost",
        request.by_hand,
        settings.inline_completion.candidates if request.by_hand else 1,
        session.formatting.of(document.uri),
        GATES[settings.eagerness],
    )
    selected = _change(session, document, request.selected)
    try:
        ghosts = await session.suggestions.ghosts(moment, settings.fill, selected)
    except Superseded:
        ghosts = []
    except asyncio.CancelledError:
        reason = Reason.slow(session.status.last_fill_s)
        session.suppressions.add(document.uri, "ghost", reason)
        raise
    if session.documents.get(document.uri) is not document:
        session.suggestions.hold_back(moment, "stale")
        if request.version is not None:
            raise DocumentChanged
        ghosts = []
    shown = session.suggestions.shown
    # the first is what is shown, so it is the last to be remembered
    kept = [Ghost(ghost, shown.keep(document, moment.cursor, ghost)) for ghost in reversed(ghosts)]
    return GhostOffer(document, moment.cursor, tuple(reversed(kept)))


async def popup_offer(
    session: Session, uri: str, position: Position, *, by_hand: bool
) -> PopupOffer | None:
    """Popup items: what is in memory, at once, or after a moment that the next change ends;
    None where there are none in the document. The model works on in the background, for the
    editor's next request."""
    document = _document(session, uri, "popup")
    if document is None:
        return None
    settings = session.settings_of(document.uri)
    moment = Moment(
        document,
        document.lines.offset(position, session.documents.encoding),
        "popup",
        formatting=session.formatting.of(document.uri),
        gates=GATES[settings.eagerness],
    )
    patience_s = POPUP_INVOKED_S if by_hand else POPUP_S
    lines = await session.suggestions.popup_soon(moment, settings.fill, patience_s)
    if session.documents.get(document.uri) is not document:
        lines = []
    return PopupOffer(document, moment.cursor, tuple(lines))


def _document(session: Session, uri: str, kind: Literal["ghost", "popup"]) -> Document | None:
    """The document, if there are suggestions of this kind in it; else the reason is noted."""
    document, settings = session.documents.get(uri), session.settings_of(uri)
    if document is None:
        reason: Reason | None = Reason.of("not-open")
    elif not (settings.ghost_text if kind == "ghost" else settings.popup):
        reason = Reason.of("turned-off")
    else:
        reason = session.refusal(uri)
    if reason is None:
        return document
    session.suppressions.add(uri, kind, reason)
    return None


def _change(
    session: Session, document: Document, selected: SelectedItem | None
) -> TextChange | None:
    if selected is None:
        return None
    encoding = session.documents.encoding
    start, end = sorted(
        document.lines.offset(place, encoding) for place in (selected.start, selected.end)
    )
    return TextChange(start, end, selected.text)
