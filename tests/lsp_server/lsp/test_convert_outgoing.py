"""Whatever the model says, an editor gets ranges of its document and messages of the protocol."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import converters, types

from fillwright.lsp_server.lsp import convert
from fillwright.lsp_server.suggestions.ghost_text import carve_ghost, first_line, ghost_text
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import PositionEncoding

CONVERTER = converters.get_converter()
ABLE = types.ClientCapabilities(
    types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
    )
)
PIECES = [
    *("def f(a):", "return a", "x = ", "foo(", ")", "'", "é", "🙂", "e\u0301", "中"),
    *("\n", "\r\n", "\r", "\f", "\u2028", "    ", "\t", "  ", "# a", '"""'),
]
text = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


class Editor:
    """Counts lines and columns as an editor does, by itself."""

    def __init__(self, text: str, encoding: PositionEncoding) -> None:
        self.lines = re.split("\r\n|\r|\n", text)
        codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
        width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
        self.lengths = [len(line.encode(codec)) // width for line in self.lines]
        self.starts = [
            {len(line[:end].encode(codec)) // width for end in range(len(line) + 1)}
            for line in self.lines
        ]

    def check(self, span: types.Range, *, one_line: bool) -> None:
        """A range that begins and ends between characters of the text, in order."""
        for place in (span.start, span.end):
            assert 0 <= place.line < len(self.lines)
            assert place.character in self.starts[place.line]
        start, end = ((place.line, place.character) for place in (span.start, span.end))
        assert start <= end
        assert not one_line or span.start.line == span.end.line


@given(text, text, text, st.sampled_from(PositionEncoding), st.sampled_from(["python", "lua", "x"]))
def test_items_and_edits_have_ranges_of_the_document(
    before: str, after: str, fill: str, encoding: PositionEncoding, language: str
) -> None:
    document = Document.of(before + after, language, "untitled:a", 3)
    cursor, editor = len(before), Editor(document.text, encoding)
    if document.text[cursor - 1 : cursor + 1] == "\r\n":
        return
    carving = carve_ghost(document, cursor)
    ghost = ghost_text(document, cursor, carving, fill)
    if not isinstance(ghost, TextChange):
        return
    item = sent(convert.inline_item(document, ghost, 1, encoding), types.InlineCompletionItem)
    editor.check(item.range, one_line=True)
    here = convert.lsp_range(document, cursor, cursor, encoding).start
    assert (item.range.start.line, item.range.end.line) == (here.line, here.line)
    assert item.range.start.character <= here.character <= item.range.end.character
    assert item.insert_text.strip()
    line = first_line(ghost)
    entry = sent(convert.popup_item(document, cursor, line, encoding), types.CompletionItem)
    editor.check(entry.text_edit.range, one_line=True)
    assert not re.search("[\r\n]", entry.label)
    assert entry.filter_text == entry.text_edit.new_text
    edit = sent(convert.workspace_edit(document, [ghost], encoding, ABLE), types.WorkspaceEdit)
    (change,) = edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == ("untitled:a", 3)
    editor.check(change.edits[0].range, one_line=False)


def sent(message: Any, kind: type) -> Any:
    """The message after the wire, where it must have the protocol's shape."""
    return CONVERTER.structure(CONVERTER.unstructure(message), kind)
