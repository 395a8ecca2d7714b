"""Fills that the popup has asked for and that are not there yet: a request can wait a moment.

Knows neither fills nor LSP.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from fillwright.lsp_server.text.documents import Document

FillKey = tuple[str, int, int]
"""A document's URI and version, and the cursor in it."""


class UnderWay:
    """The fills under way for places of documents, and who waits for them.

    Nobody waits in a document for which the editor asks for ghost text: there it is shown.
    """

    def __init__(self) -> None:
        self._fills: dict[FillKey, asyncio.Event] = {}
        self._with_ghosts: set[str] = set()

    def begin(
        self, document: Document, cursor: int, work: Coroutine[Any, Any, None]
    ) -> Coroutine[Any, Any, None]:
        """`work` makes the fill for this place; what is returned is to be run in its stead."""
        over = self._fills.get(_key(document, cursor))
        if over is None or over.is_set():
            over = self._fills[_key(document, cursor)] = asyncio.Event()

        async def run() -> None:
            try:
                await work
            finally:
                over.set()

        return run()

    def has_news(self, document: Document, cursor: int) -> None:
        """There is something to show of this place already."""
        if (over := self._fills.get(_key(document, cursor))) is not None:
            over.set()

    def has_ghosts(self, uri: str) -> None:
        """The editor asks for ghost text in this document."""
        self._with_ghosts.add(uri)

    def changed(self, uri: str) -> None:
        """The document changed: nobody has to wait for what was asked of the one before."""
        for key in [key for key in self._fills if key[0] == uri]:
            self._fills.pop(key).set()

    def forget(self, uri: str) -> None:
        """The document is closed, or opened afresh."""
        self.changed(uri)
        self._with_ghosts.discard(uri)

    async def ended(self, document: Document, cursor: int, patience_s: float) -> bool:
        """Whether there is news of this place, waiting `patience_s` at most; at once when no fill
        is under way or the document changes. The fill goes on when the wait is cancelled."""
        over = self._fills.get(_key(document, cursor))
        if over is None or document.uri in self._with_ghosts:
            return False
        try:
            async with asyncio.timeout(patience_s):
                await over.wait()
        except TimeoutError:
            return False
        return self._fills.get(_key(document, cursor)) is over


def _key(document: Document, cursor: int) -> FillKey:
    return document.uri, document.version, cursor
