"""When suggestions nobody asked for are held back, and why. Knows no engine and no LSP types."""

from fillwright.lsp_server.suggestions.last_change import LastChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.fitness import unfit
from fillwright.lsp_server.text.reasons import Code


def reason_to_hold_back(document: Document, cursor: int, last: LastChange | None) -> Code | None:
    """Why nothing at all is suggested at an offset of the editor's text, or None."""
    if last is not None and last.several:
        return "several-places"
    if last is not None and last.back and not last.small:
        return "after-undo"
    if in_indentation(document, cursor):
        return "leading-white-space"
    return unfit(document, cursor)


def reason_not_to_ask(moved: bool, last: LastChange | None) -> Code | None:
    """Why the engine is not asked, though what is in memory may be shown, or None.

    `moved`: the last request was made in the same text, with the cursor elsewhere.
    """
    # one character taken back may be a slip of the finger: no reason to hide what was shown
    if last is not None and last.back:
        return "after-undo"
    return "cursor-moved" if moved else None


def in_indentation(document: Document, cursor: int) -> bool:
    """Whether the cursor is before its line's first character."""
    lines = document.lines
    line = lines.line_of(cursor)
    before = document.text[lines.starts[line] : cursor]
    after = document.text[cursor : lines.end_of(line)]
    return not before.strip() and bool(after.strip())
