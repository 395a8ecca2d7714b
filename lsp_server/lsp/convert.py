"""Between lsprotocol's types and ours. Knows no handlers and no engine.

Offsets are characters of the editor's own text; LSP positions count in the negotiated encoding.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lsprotocol import types

from fillwright.lsp_server.lsp.announced import ACCEPTED_COMMAND
from fillwright.lsp_server.session.requests import SelectedItem
from fillwright.lsp_server.session.targets import EditorPosition, EditorRange
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import Position, PositionEncoding

REWRITE = "fillwright.rewrite"
"""The change annotation of an edit that replaces code."""


def change(event: types.TextDocumentContentChangeEvent) -> Change:
    """One content change of a `textDocument/didChange`."""
    if isinstance(event, types.TextDocumentContentChangeWholeDocument):
        return Change(event.text)
    return Change(event.text, to_position(event.range.start), to_position(event.range.end))


def language(language_id: object) -> str:
    """The language id of a document; pygls' converter lets everything through as one."""
    if isinstance(language_id, types.LanguageKind):
        return str(language_id.value)
    return language_id if isinstance(language_id, str) else ""


def to_position(position: types.Position) -> Position:
    """An LSP position as ours."""
    return Position(position.line, position.character)


def editor_range(span: types.Range) -> EditorRange:
    """An LSP range as a target has it."""
    start, end = span.start, span.end
    return EditorRange(
        EditorPosition(start.line, start.character), EditorPosition(end.line, end.character)
    )


def offset(document: Document, position: types.Position, encoding: PositionEncoding) -> int:
    """The character offset of an LSP position, clamped to the document."""
    return document.lines.offset(to_position(position), encoding)


def offsets(document: Document, span: types.Range, encoding: PositionEncoding) -> tuple[int, int]:
    """The half-open character range of an LSP range, in order."""
    start, end = sorted(offset(document, end, encoding) for end in (span.start, span.end))
    return start, end


def lsp_range(document: Document, start: int, end: int, encoding: PositionEncoding) -> types.Range:
    """The LSP range of a half-open character range."""
    return types.Range(
        start=types.Position(*document.lines.position(start, encoding)),
        end=types.Position(*document.lines.position(end, encoding)),
    )


def plain_range(
    document: Document, start: int, end: int, encoding: PositionEncoding
) -> dict[str, dict[str, int]]:
    """The LSP range of a half-open character range as plain JSON, for messages of our own."""
    span = lsp_range(document, start, end, encoding)
    return {
        "start": {"line": span.start.line, "character": span.start.character},
        "end": {"line": span.end.line, "character": span.end.character},
    }


def text_edit(
    document: Document, text_change: TextChange, encoding: PositionEncoding
) -> types.TextEdit:
    """One change as an LSP edit."""
    span = lsp_range(document, text_change.start, text_change.end, encoding)
    return types.TextEdit(range=span, new_text=text_change.text)


def selected_item(context: types.InlineCompletionContext) -> SelectedItem | None:
    """What the popup's selected item would put into the document, if there is one."""
    selected = context.selected_completion_info
    if selected is None:
        return None
    return SelectedItem(
        to_position(selected.range.start), to_position(selected.range.end), selected.text
    )


def workspace_edit(
    document: Document,
    changes: Sequence[TextChange],
    encoding: PositionEncoding,
    client: types.ClientCapabilities,
    *,
    confirm: bool = False,
) -> types.WorkspaceEdit:
    """All the changes of one accept, tied to the document's version where the client can.

    `confirm`: the client asks the user before it applies them, where it can.
    """
    edits = [text_edit(document, one, encoding) for one in changes]
    # annotated edits are only part of document changes: a client that takes the ones takes the
    # others, though Neovim 0.12 does not say so
    confirm &= bool(capability(client, "workspace.workspace_edit.change_annotation_support"))
    confirm &= not shows_rewrites(client)
    if not confirm and not capability(client, "workspace.workspace_edit.document_changes"):
        return types.WorkspaceEdit(changes={document.uri: edits})
    identifier = types.OptionalVersionedTextDocumentIdentifier(
        uri=document.uri, version=document.version
    )
    if not confirm:
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, edits)])
    annotated = [types.AnnotatedTextEdit(REWRITE, one.range, one.new_text) for one in edits]
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(identifier, annotated)],
        change_annotations={
            REWRITE: types.ChangeAnnotation(
                "Rewrite by Fillwright", needs_confirmation=True, description="replaces code"
            )
        },
    )


def inline_item(
    document: Document, ghost: TextChange, number: int, encoding: PositionEncoding
) -> types.InlineCompletionItem:
    """Ghost text as an item; `ghost` replaces a range of one line. The item's command tells that it
    was accepted."""
    return types.InlineCompletionItem(
        insert_text=ghost.text,
        range=lsp_range(document, ghost.start, ghost.end, encoding),
        command=types.Command("Accepted", ACCEPTED_COMMAND, arguments=[number]),
    )


def popup_item(
    document: Document, cursor: int, ghost: TextChange, encoding: PositionEncoding
) -> types.CompletionItem:
    """Single-line ghost text as a popup item that replaces the line from its first word.

    The range starts there, and not at the cursor, so that an editor which filters by the text in
    the range still finds the item, and still replaces the right text, after more typing.
    """
    line = document.lines.line_of(cursor)
    content = document.lines.content(line)
    start = document.lines.starts[line] + len(content) - len(content.lstrip())
    start = min(start, ghost.start)
    text = document.text[start : ghost.start] + ghost.text
    return types.CompletionItem(
        label=text,
        kind=types.CompletionItemKind.Text,
        detail="Fillwright",
        filter_text=text,
        sort_text="~fillwright",
        insert_text_format=types.InsertTextFormat.PlainText,
        # laid out already: the editor must not indent it once more
        insert_text_mode=types.InsertTextMode.AsIs,
        text_edit=text_edit(document, TextChange(start, ghost.end, text), encoding),
    )


def shows_rewrites(client: types.ClientCapabilities) -> bool:
    """Whether an editor's plugin shows what would replace code in its own way, as it says in
    `experimental.fillwright.showsRewrites`; asking once more would only get in the way."""
    return capability(client, "experimental.fillwright.showsRewrites") is True


def capability(client: types.ClientCapabilities, path: str) -> Any:
    """A client capability by its dotted path, or None where any part of the path is missing."""
    found: Any = client
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
        if found is None:
            return None
    return found
