"""The language server: one session, the wire it is reached by, and stdio."""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

from pygls.lsp.server import LanguageServer

from fillwright.engine.daemon.logs import SourceFree
from fillwright.engine.request import Draft
from fillwright.engine.version import VERSION
from fillwright.lsp_server.fills.fills import Ask
from fillwright.lsp_server.fills.unlikely import UnlikelyPlace
from fillwright.lsp_server.lsp import (
    commands,
    copilot,
    copilot_completions,
    handlers,
    lifecycle,
    unlikely,
)
from fillwright.lsp_server.lsp.document_sync import NOTEBOOKS, FillwrightProtocol
from fillwright.lsp_server.lsp.drafts import DRAFT, draft_params
from fillwright.lsp_server.session.editor_process import when_gone
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.text.documents import Document

logger = logging.getLogger(__name__)

STATUS = "fillwright/status"
LOG_LEVEL = "FILLWRIGHT_LOG"


def serve(client_process_id: int | None = None) -> None:
    """Be a language server on stdin and stdout until the editor says exit or goes away, which is
    seen at stdin, or by the id of its process: `client_process_id`, or the one in `initialize`.

    Logs go to stderr, from the level in $FILLWRIGHT_LOG (warning). Exits as the protocol asks: 0
    after a shutdown request, else 1.
    """
    _set_up_logging(os.environ.get(LOG_LEVEL, "warning"))
    # the protocol keeps the real stdout for itself: a stray print would break it
    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    server = FillwrightServer()
    if client_process_id is not None:
        when_gone(client_process_id, lambda: lifecycle.leave(server.session))
    try:
        server.start_io(stdout=stdout)
    finally:
        server.session.report.remove()
    sys.exit(0 if server.protocol.was_shut_down else 1)


class FillwrightServer(LanguageServer):
    """One editor's connection and its session."""

    protocol: FillwrightProtocol

    def __init__(self) -> None:
        super().__init__(
            "fillwright",
            VERSION,
            protocol_cls=FillwrightProtocol,
            converter_factory=copilot.converter,
            notebook_document_sync=NOTEBOOKS,
        )
        self.session = Session(self._show_status, self._show_draft, self._show_unlikely)
        self.protocol.session = self.session
        for room in (lifecycle, handlers, commands, unlikely, copilot_completions):
            room.register(self, self.session)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what pygls would show in a popup."""
        logger.error("A message could not be handled", exc_info=error)

    def _show_draft(self, ask: Ask, draft: Draft) -> None:
        self.protocol.notify(DRAFT, draft_params(ask, draft, self.session.documents.encoding))

    def _show_unlikely(self, document: Document, places: Sequence[UnlikelyPlace]) -> None:
        unlikely.publish(self, document, places, self.session.documents.encoding)

    def _show_status(self, status: dict[str, Any]) -> None:
        self.protocol.notify(STATUS, status)


def _set_up_logging(name: str) -> None:
    level = logging.getLevelNamesMapping().get(name.upper(), logging.WARNING)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SourceFree("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    # pygls logs whole messages, and with them source code, from INFO on
    if level > logging.DEBUG:
        logging.getLogger("pygls").setLevel(max(level, logging.WARNING))
