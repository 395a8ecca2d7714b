"""A look through a document for unlikely places, by hand or after it was saved.

Knows no protocol.
"""

import logging
from collections.abc import Callable

from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.lsp_server.fills.inflight import Superseded
from fillwright.lsp_server.fills.unlikely import Check, UnlikelyPlace, unlikely_places
from fillwright.lsp_server.session.document_changed import DocumentChanged
from fillwright.lsp_server.session.session import NOT_OPEN, Session

logger = logging.getLogger(__name__)


async def look_through(
    session: Session, uri: str, seen: Callable[[float], None] = lambda share: None
) -> list[UnlikelyPlace]:
    """Look, and have the editor show what is unlikely; `seen` gets the share that is done.

    Raises BadRequest for a document that is not open, refused or too long, DocumentChanged when it
    changes meanwhile, and what the engine's client raises.
    """
    document = session.documents.get(uri)
    if document is None:
        raise BadRequest(NOT_OPEN)
    if (refused := session.refusal(uri)) is not None:
        raise BadRequest(refused.message)

    def still(share: float) -> None:
        if session.documents.get(uri) is not document:
            raise DocumentChanged
        seen(share)

    engine = session.engine.client_for("edit")
    if session.status.status.state == "stopped":
        await session.status.follow(engine)
    check = Check(f"{session.unlikely.editor} {uri} check")
    try:
        places = await unlikely_places(engine, document, check, still)
    except Superseded:
        raise DocumentChanged("A newer look through this document was asked for") from None
    still(1.0)
    session.unlikely.keep(document, places)
    return places


async def look_after_save(session: Session, uri: str) -> None:
    """The same where the settings want it, in a language in which suggestions come too. What keeps
    it from being done goes to the log."""
    document = session.documents.get(uri)
    wanted = session.settings_of(uri).check.on_save
    if document is None or not wanted or not session.speaks(uri, document.language):
        return
    try:
        await look_through(session, uri)
    except (FillwrightError, DocumentChanged) as reason:
        logger.info("The saved document is not looked through. %s", reason)
