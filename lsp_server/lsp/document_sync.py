"""The documents and notebooks of an editor, kept as its notifications say.

Takes the place of pygls' own store, which splits lines at form feeds and U+2028 and then has
another text than the editor. Knows nothing of fills but that they are outdated.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.protocol import lsp_method

from fillwright.lsp_server.lsp import convert
from fillwright.lsp_server.lsp.editor_formatting import formatting_said
from fillwright.lsp_server.lsp.protocol import AnsweringProtocol
from fillwright.lsp_server.text.notebooks import Cell

if TYPE_CHECKING:
    from fillwright.lsp_server.lsp.server import FillwrightServer

logger = logging.getLogger(__name__)

NOTEBOOKS = types.NotebookDocumentSyncOptions(
    [types.NotebookDocumentFilterWithNotebook(notebook="*")]
)


class FillwrightProtocol(AnsweringProtocol):
    """One editor's connection, with its documents."""

    _server: "FillwrightServer"

    def _typed(self, message: dict[str, Any]) -> Any:
        """Takes up how the editor indents, whatever it asks for."""
        typed = super()._typed(message)
        for uri, formatting in formatting_said(message.get("params")):
            if self._server.documents.get(uri) is not None:
                self._server.formatting[uri] = formatting
        return typed

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Takes up a document."""
        self._open(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Applies the changes of a document."""
        self._change(params.text_document, params.content_changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Forgets a document."""
        self._close(params.text_document.uri)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """Takes up a notebook and the documents of its cells."""
        notebook = params.notebook_document
        self._server.notebooks.open(notebook.uri, [_cell(cell) for cell in notebook.cells])
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
        notebooks, uri = self._server.notebooks, params.notebook_document.uri
        if cells.structure is not None:
            array = cells.structure.array
            put = [_cell(cell) for cell in array.cells or ()]
            notebooks.splice(uri, array.start, array.delete_count, put)
            for item in cells.structure.did_open or ():
                self._open(item)
            for closed in cells.structure.did_close or ():
                self._close(closed.uri)
        notebooks.update(uri, [_cell(cell) for cell in cells.data or ()])
        for content in cells.text_content or ():
            self._change(content.document, content.changes)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(
        self, params: types.DidCloseNotebookDocumentParams
    ) -> None:
        """Forgets a notebook and the documents of its cells."""
        self._server.notebooks.close(params.notebook_document.uri)
        for cell in params.cell_text_documents:
            self._close(cell.uri)

    def _open(self, item: types.TextDocumentItem) -> None:
        language = convert.language(item.language_id)
        opened = self._server.documents.open(item.uri, language, item.version, item.text)
        self._server.context.visited(opened, 0)
        self._server.fills.outdated(item.uri)
        self._server.suggestions.forget(item.uri)

    def _change(
        self,
        identifier: types.VersionedTextDocumentIdentifier,
        events: Sequence[types.TextDocumentContentChangeEvent],
    ) -> None:
        changes = [convert.change(event) for event in events]
        before = self._server.documents.get(identifier.uri)
        if before is None:
            logger.warning("Ignoring a change of a document that is not open")
            return
        after = self._server.documents.change(identifier.uri, identifier.version, changes)
        start = changes[-1].start if changes else None
        self._server.context.visited(after, start.line if start else 0)
        self._server.fills.outdated(identifier.uri)
        self._server.suggestions.changed(before, after, changes, self._server.encoding)

    def _close(self, uri: str) -> None:
        self._server.documents.close(uri)
        self._server.context.closed(uri)
        self._server.fills.outdated(uri)
        self._server.suggestions.forget(uri)
        self._server.formatting.pop(uri, None)


def _cell(cell: types.NotebookCell) -> Cell:
    return Cell(cell.document, is_code=cell.kind == types.NotebookCellKind.Code)
