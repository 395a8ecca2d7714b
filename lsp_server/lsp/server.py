"""The language server: stdio, the wire, and one session that is loaded when it is needed.

`initialize` is answered first, for an editor waits for that; nothing is loaded before but what the
answer takes.
"""

import logging
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from fillwright.engine.daemon.logs import SourceFree
from fillwright.engine.version import VERSION
from fillwright.lsp_server.lsp.announced import NOTEBOOKS, announce
from fillwright.lsp_server.lsp.editor_protocol import EditorProtocol
from fillwright.lsp_server.session.editor_process import when_gone

if TYPE_CHECKING:
    from fillwright.lsp_server.session.session import Session

logger = logging.getLogger(__name__)

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
        when_gone(client_process_id, server.leave)
    try:
        server.start_io(stdout=stdout)
    finally:
        server.withdraw()
    sys.exit(0 if server.protocol.was_shut_down else 1)


class FillwrightServer(LanguageServer):
    """One editor's connection and its session."""

    protocol: EditorProtocol

    def __init__(self) -> None:
        super().__init__(
            "fillwright",
            VERSION,
            protocol_cls=EditorProtocol,
            converter_factory=default_converter,
            notebook_document_sync=NOTEBOOKS,
        )
        self._session: Session | None = None
        self._greeting: types.InitializeParams | None = None
        self.protocol.session = lambda: self.session
        announce(self.protocol.fm)
        # pygls marks its handlers, which a bound method does not allow
        self.feature(types.INITIALIZE)(partial(self._greeted))

    @property
    def session(self) -> "Session":
        """The editor's documents, settings and requests; loaded when this is first read."""
        if self._session is None:
            self._session = self._opened()
        return self._session

    def _opened(self) -> "Session":
        try:
            # not before `initialize` has been answered, which has less time than this takes
            from fillwright.lsp_server.lsp.opening import open_session

            return open_session(self, self._greeting)
        except Exception:
            # pygls would go on, and leave every request without an answer
            logger.critical("The language server cannot be loaded", exc_info=True)
            self.leave()
            raise

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what pygls would show in a popup."""
        logger.error("A message could not be handled", exc_info=error)

    def withdraw(self) -> None:
        """Take back what other processes can read of this one."""
        if self._session is not None:
            self._session.report.remove()

    def leave(self) -> None:
        """End this process at once, as when the editor is gone and somebody else holds its stdin
        open."""
        self.withdraw()
        # an orderly end would wait for the thread that reads stdin
        os._exit(1)

    def _greeted(self, params: types.InitializeParams) -> None:
        self._greeting = params
        if params.process_id is not None:
            when_gone(params.process_id, self.leave)


def _set_up_logging(name: str) -> None:
    level = logging.getLevelNamesMapping().get(name.upper(), logging.WARNING)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SourceFree("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    # pygls logs whole messages, and with them source code, from INFO on
    if level > logging.DEBUG:
        logging.getLogger("pygls").setLevel(max(level, logging.WARNING))
