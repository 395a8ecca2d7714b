"""The documents and notebooks of an editor, kept as its notifications say.

Takes the place of pygls' own store, which splits lines at form feeds and U+2028 and then has
another text than the editor. Knows no fills.
"""

from collections.abc import Sequence
from functools import partial

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from fillwright.lsp_server.lsp import convert
from fillwright.lsp_server.session.session import Session
from fillwright.lsp_server.text.notebooks import Cell


def register(client: LanguageServer, session: Session) -> None:
    """Teach the server these methods; pygls' own handlers of them go."""
    for method, handler in (
        (types.TEXT_DOCUMENT_DID_OPEN, did_open),
        (types.TEXT_DOCUMENT_DID_CHANGE, did_change),
        (types.TEXT_DOCUMENT_DID_CLOSE, did_close),
        (types.NOTEBOOK_DOCUMENT_DID_OPEN, notebook_did_open),
        (types.NOTEBOOK_DOCUMENT_DID_CHANGE, notebook_did_change),
        (types.NOTEBOOK_DOCUMENT_DID_CLOSE, notebook_did_close),
    ):
        client.protocol.fm.add_builtin_feature(method, partial(handler, session))


def did_open(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """`textDocument/didOpen`."""
    _open(session, params.text_document)


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """`textDocument/didChange`."""
    _change(session, params.text_document, params.content_changes)


def did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """`textDocument/didClose`."""
    session.close(params.text_document.uri)


def notebook_did_open(session: Session, params: types.DidOpenNotebookDocumentParams) -> None:
    """`notebookDocument/didOpen`: the notebook and the documents of its cells."""
    notebook = params.notebook_document
    session.notebooks.open(notebook.uri, [_cell(cell) for cell in notebook.cells])
    for item in params.cell_text_documents:
        _open(session, item)


def notebook_did_change(session: Session, params: types.DidChangeNotebookDocumentParams) -> None:
    """`notebookDocument/didChange`: which cells there are, of what kind, their text."""
    cells = params.change.cells
    if cells is None:
        return
    notebooks, uri = session.notebooks, params.notebook_document.uri
    if cells.structure is not None:
        array = cells.structure.array
        put = [_cell(cell) for cell in array.cells or ()]
        notebooks.splice(uri, array.start, array.delete_count, put)
        for item in cells.structure.did_open or ():
            _open(session, item)
        for closed in cells.structure.did_close or ():
            session.close(closed.uri)
    notebooks.update(uri, [_cell(cell) for cell in cells.data or ()])
    for content in cells.text_content or ():
        _change(session, content.document, content.changes)


def notebook_did_close(session: Session, params: types.DidCloseNotebookDocumentParams) -> None:
    """`notebookDocument/didClose`: the notebook and the documents of its cells."""
    session.notebooks.close(params.notebook_document.uri)
    for cell in params.cell_text_documents:
        session.close(cell.uri)


def _open(session: Session, item: types.TextDocumentItem) -> None:
    language = convert.language(item.language_id)
    session.open(item.uri, language, item.version, item.text)


def _change(
    session: Session,
    identifier: types.VersionedTextDocumentIdentifier,
    events: Sequence[types.TextDocumentContentChangeEvent],
) -> None:
    changes = [convert.change(event) for event in events]
    session.change(identifier.uri, identifier.version, changes)


def _cell(cell: types.NotebookCell) -> Cell:
    return Cell(cell.document, is_code=cell.kind == types.NotebookCellKind.Code)
