"""Between LSP's types and ours: positions in three encodings, edits, items, capabilities."""

import pytest
from lsprotocol import types

from fillwright.lsp_server.lsp import convert
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import Position, PositionEncoding

SOURCE = "a = '🙂é'\r\nb = 2\f\u2028c\n"


def place(line: int, character: int, end_line: int, end_character: int) -> types.Range:
    return types.Range(types.Position(line, character), types.Position(end_line, end_character))


@pytest.mark.parametrize(
    ("encoding", "column"),
    [(PositionEncoding.UTF8, 11), (PositionEncoding.UTF16, 8), (PositionEncoding.UTF32, 7)],
)
def test_ranges_count_in_the_negotiated_encoding_both_ways(
    encoding: PositionEncoding, column: int
) -> None:
    document = Document.of(SOURCE, "python")
    span = place(0, column, 1, 1)
    assert convert.offsets(document, span, encoding) == (7, 11)
    assert convert.lsp_range(document, 7, 11, encoding) == span


def test_a_backward_range_is_put_in_order_and_a_far_one_clamped() -> None:
    document = Document.of("one\ntwo", "python")
    assert convert.offsets(document, place(1, 2, 0, 1), PositionEncoding.UTF16) == (1, 6)
    assert convert.offsets(document, place(0, 99, 99, 0), PositionEncoding.UTF16) == (3, 7)


def test_content_changes() -> None:
    partial = types.TextDocumentContentChangePartial(place(0, 1, 2, 3), "x")
    assert convert.change(partial) == Change("x", Position(0, 1), Position(2, 3))
    whole = types.TextDocumentContentChangeWholeDocument("all")
    assert convert.change(whole) == Change("all")


def test_an_edit_is_versioned_where_the_editor_can_and_plain_where_not() -> None:
    document = Document.of("x = 1\n", "python", "untitled:a", version=7)
    changes = [TextChange(4, 5, "2")]
    edit = types.TextEdit(place(0, 4, 0, 5), "2")
    workspace = types.WorkspaceEditClientCapabilities(document_changes=True)
    able = types.ClientCapabilities(types.WorkspaceClientCapabilities(workspace_edit=workspace))
    (versioned,) = (
        convert.workspace_edit(document, changes, PositionEncoding.UTF16, able).document_changes
        or ()
    )
    assert isinstance(versioned, types.TextDocumentEdit)
    assert (versioned.text_document.uri, versioned.text_document.version) == ("untitled:a", 7)
    assert list(versioned.edits) == [edit]
    plain = convert.workspace_edit(
        document, changes, PositionEncoding.UTF16, types.ClientCapabilities()
    )
    assert (plain.changes, plain.document_changes) == ({"untitled:a": [edit]}, None)


def test_a_popup_item_replaces_its_line_from_the_first_word() -> None:
    document = Document.of("    return a)\n", "python")
    item = convert.popup_item(document, 12, TextChange(12, 13, " + b)"), PositionEncoding.UTF16)
    assert item.text_edit == types.TextEdit(place(0, 4, 0, 13), "return a + b)")
    assert item.filter_text == "return a + b)"
    assert item.insert_text_format == types.InsertTextFormat.PlainText


def test_a_popup_item_on_an_empty_line_begins_with_the_fill() -> None:
    document = Document.of("    \n", "python")
    item = convert.popup_item(document, 2, TextChange(2, 2, "  pass"), PositionEncoding.UTF16)
    assert item.text_edit == types.TextEdit(place(0, 2, 0, 2), "  pass")


def test_capabilities_are_found_by_path() -> None:
    client = types.ClientCapabilities(types.WorkspaceClientCapabilities(apply_edit=True))
    assert convert.capability(client, "workspace.apply_edit") is True
    assert convert.capability(client, "workspace.workspace_edit.document_changes") is None
    assert convert.capability(client, "window.work_done_progress") is None
