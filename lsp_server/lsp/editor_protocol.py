"""One editor's connection: its session takes part in every message after `initialize`.

Knows no documents and no fills. Asking for the session loads it, which must not happen before
`initialize` has been answered.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from fillwright.lsp_server.lsp.protocol import AnsweringProtocol

if TYPE_CHECKING:
    from fillwright.lsp_server.session.session import Session

NEEDS_NO_SETTINGS = (types.INITIALIZE, types.SHUTDOWN)


class EditorProtocol(AnsweringProtocol):
    """Who makes it sets what gives its session."""

    session: Callable[[], "Session"]

    def _typed(self, message: dict[str, Any]) -> Any:
        """Remembers how the editor indents, whatever it asks for."""
        if not self.is_initialized:
            return super()._typed(message)
        # read first: it knows more messages
        session = self.session()
        typed = super()._typed(message)
        session.remember_formatting_in(message.get("params"))
        return typed

    def _handle_request(self, msg_id: int | str, method_name: str, params: Any) -> None:
        """Has every request wait for the editor's settings, which come after `initialize`."""
        handle = partial(super()._handle_request, msg_id, method_name, params)
        if method_name in NEEDS_NO_SETTINGS or self.session().is_configured:
            handle()
            return
        # it comes with the session
        from fillwright.lsp_server.lsp import stale

        session = self.session()
        send = partial(self._send_handler_result, msg_id=msg_id)
        before = stale.meant(session, params)

        def go_on(known: Any) -> None:
            if known.cancelled():
                send(known)
            elif stale.is_stale(session, before):
                late = partial(stale.answer, session, method_name)
                self._execute_handler(msg_id, late, send, (params,))
            else:
                handle()

        # pygls keeps the futures of both kinds under one type
        known: Any = asyncio.ensure_future(session.until_configured())
        self._request_futures[msg_id] = known
        known.add_done_callback(go_on)
