"""notebookDocument/*: the cells are documents, and each is filled with its neighbours in view."""

from typing import Any

import pytest
from lsprotocol import types

pytestmark = pytest.mark.e2e

SHORT = {"engine": {"preload": False}, "fill": {"blockTokens": 8, "lineTokens": 8, "steps": 4}}
NOTEBOOK = "file:///projects/analysis.ipynb"


def uri_of(name: str) -> str:
    return f"vscode-notebook-cell:/projects/analysis.ipynb#{name}"


def item(name: str, text: str, language: str = "python") -> types.TextDocumentItem:
    return types.TextDocumentItem(uri_of(name), language, 1, text)


def cell(name: str, kind: int = 2) -> types.NotebookCell:
    return types.NotebookCell(types.NotebookCellKind(kind), uri_of(name))


def opened(editor: Any, texts: dict[str, str], language: str = "plaintext") -> None:
    notebook = types.NotebookDocument(
        NOTEBOOK, "jupyter-notebook", 1, [cell(name) for name in texts]
    )
    items = [item(name, text, language) for name, text in texts.items()]
    editor.lsp.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, items))


def changed(editor: Any, cells: types.NotebookDocumentCellChanges) -> None:
    identifier = types.VersionedNotebookDocumentIdentifier(2, NOTEBOOK)
    event = types.NotebookDocumentChangeEvent(cells=cells)
    params = types.DidChangeNotebookDocumentParams(identifier, event)
    editor.lsp.notebook_document_did_change(params)


async def end_of(editor: Any, name: str) -> tuple[int, int]:
    """Where the server thinks that a cell ends: the action "Rewrite selection" says it."""
    rewrite = (await editor.actions(uri_of(name), 0, 0, 1000, 0))[-1]
    end = rewrite.command.arguments[0]["range"]["end"]
    return end["line"], end["character"]


async def test_notebooks_are_advertised(start: Any) -> None:
    able = types.NotebookDocumentClientCapabilities(types.NotebookDocumentSyncClientCapabilities())
    editor = await start(types.ClientCapabilities(notebook_document=able))
    (selector,) = editor.capabilities.notebook_document_sync.notebook_selector
    assert selector.notebook == "*"


async def test_cells_are_documents_that_open_change_and_close(start: Any) -> None:
    editor = await start(options=SHORT)
    opened(editor, {"a": "one", "b": "two\n"})
    assert await end_of(editor, "b") == (1, 0)
    text = types.NotebookDocumentCellContentChanges(
        types.VersionedTextDocumentIdentifier(2, uri_of("b")),
        [types.TextDocumentContentChangePartial(_range(0, 3, 0, 3), " and a half")],
    )
    changed(editor, types.NotebookDocumentCellChanges(text_content=[text]))
    assert await end_of(editor, "b") == (1, 0)
    array = types.NotebookCellArrayChange(0, 1, [cell("c")])
    structure = types.NotebookDocumentCellChangeStructure(
        array, [item("c", "three", "plaintext")], [types.TextDocumentIdentifier(uri_of("a"))]
    )
    changed(editor, types.NotebookDocumentCellChanges(structure=structure))
    assert await end_of(editor, "c") == (0, 5)
    assert await editor.actions(uri_of("a"), 0, 0, 1000, 0) == []
    cells = [types.TextDocumentIdentifier(uri_of(name)) for name in "cb"]
    identifier = types.NotebookDocumentIdentifier(NOTEBOOK)
    editor.lsp.notebook_document_did_close(types.DidCloseNotebookDocumentParams(identifier, cells))
    assert await editor.actions(uri_of("b"), 0, 0, 1000, 0) == []


async def test_a_cell_is_filled_in_its_own_coordinates_with_its_neighbours_in_view(
    start: Any,
) -> None:
    editor = await start(options={**SHORT, "drafts": {"enabled": True}})
    opened(editor, {"a": "import os\nnames = os.listdir()\n", "b": "for name in ", "c": "print(1)"})
    items = (await editor.ghost(uri_of("b"), 0, 12)).items
    place = types.Position(0, 12)
    assert all(found.range.start == found.range.end == place for found in items)
    for draft in editor.drafts:
        (hole,) = draft["holes"]
        assert hole["range"]["start"] == {"line": 0, "character": 12}
    target = {"uri": uri_of("b"), "what": "selection"}
    answer = await editor.command(
        "fillwright.fill", {**target, "range": {"start": _plain(0, 4), "end": _plain(0, 8)}}
    )
    assert answer["applied"] or answer["reason"]


def _range(*place: int) -> types.Range:
    return types.Range(types.Position(*place[:2]), types.Position(*place[2:]))


def _plain(line: int, character: int) -> dict[str, int]:
    return {"line": line, "character": character}
