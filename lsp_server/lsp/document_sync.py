"""The documents and notebooks of an editor, kept as its notifications say.

Takes the place of pygls' own store, which splits lines at form feeds and U+2028 and then has
another text than the editor. Knows no fills.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.protocol import lsp_method

from fillwright.lsp_server.lsp import convert, stale
from fillwright.lsp_server.lsp.protocol import AnsweringProtocol
from fillwright.lsp_server.session.editor_formatting import formatting_in
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.text.notebooks import Cell

NEEDS_NO_SETTINGS = (types.INITIALIZE, types.SHUTDOWN)
NOTEBOOKS = types.NotebookDocumentSyncOptions(
    [types.NotebookDocumentFilterWithNotebook(notebook="*")]
)


class FillwrightProtocol(AnsweringProtocol):
    """One editor's connection, with its documents; who makes it sets its `session`."""

    session: Session

    def _typed(self, message: dict[str, Any]) -> Any:
        """Remembers how the editor indents, whatever it asks for."""
        typed = super()._typed(message)
        for uri, formatting in formatting_in(message.get("params")):
            self.session.remember_formatting(uri, formatting)
        return typed

    def _handle_request(self, msg_id: int | str, method_name: str, params: Any) -> None:
        """Has every request wait for the editor's settings, which come after `initialize`."""
        handle = partial(super()._handle_request, msg_id, method_name, params)
        if self.session.is_configured or method_name in NEEDS_NO_SETTINGS:
            handle()
            return
        send = partial(self._send_handler_result, msg_id=msg_id)
        before = stale.meant(self.session, params)

        def go_on(known: Any) -> None:
            if known.cancelled():
                send(known)
            elif stale.is_stale(self.session, before):
                late = partial(stale.answer, self.session, method_name)
                self._execute_handler(msg_id, late, send, (params,))
            else:
                handle()

        # pygls keeps the futures of both kinds under one type
        known: Any = asyncio.ensure_future(self.session.until_configured())
        self._request_futures[msg_id] = known
        known.add_done_callback(go_on)

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Opens a document."""
        self._open(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Applies the changes of a document."""
        self._change(params.text_document, params.content_changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Closes a document."""
        self.session.close(params.text_document.uri)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Opens a notebook and the documents of its cells."""
        notebook = params.notebook_document
        self.session.notebooks.open(notebook.uri, [_cell(cell) for cell in notebook.cells])
        for item in params.cell_text_documents:
            self._open(item)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(
        self, params: types.DidChangeNotebookDocumentParams
    ) -> None:
        """Applies the changes of a notebook's cells: which there are, of what kind, their text."""
        cells = params.change.cells
        if cells is None:
            return
        notebooks, uri = self.session.notebooks, params.notebook_document.uri
        if cells.structure is not None:
            array = cells.structure.array
            put = [_cell(cell) for cell in array.cells or ()]
            notebooks.splice(uri, array.start, array.delete_count, put)
            for item in cells.structure.did_open or ():
                self._open(item)
            for closed in cells.structure.did_close or ():
                self.session.close(closed.uri)
        notebooks.update(uri, [_cell(cell) for cell in cells.data or ()])
        for content in cells.text_content or ():
            self._change(content.document, content.changes)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(
        self, params: types.DidCloseNotebookDocumentParams
    ) -> None:
        """Closes a notebook and the documents of its cells."""
        self.session.notebooks.close(params.notebook_document.uri)
        for cell in params.cell_text_documents:
            self.session.close(cell.uri)

    def _open(self, item: types.TextDocumentItem) -> None:
        language = convert.language(item.language_id)
        self.session.open(item.uri, language, item.version, item.text)

    def _change(
        self,
        identifier: types.VersionedTextDocumentIdentifier,
        events: Sequence[types.TextDocumentContentChangeEvent],
    ) -> None:
        changes = [convert.change(event) for event in events]
        self.session.change(identifier.uri, identifier.version, changes)


def _cell(cell: types.NotebookCell) -> Cell:
    return Cell(cell.document, is_code=cell.kind == types.NotebookCellKind.Code)
