"""Ghost text: where it may stand for a cursor, and what of a fill may be shown there.

Knows no LSP types and no engine. Ghost text replaces a range of one line that holds the cursor.
"""

from dataclasses import replace

from fillwright.engine.request import Hole
from fillwright.lsp_server.carving.carving import (
    Carving,
    carve_body,
    carve_braces,
    carve_line_end,
    is_between_braces,
)
from fillwright.lsp_server.fitting.stub import fit_written
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.positions import LINE_END
from fillwright.lsp_server.text.reasons import Reason


def carve_ghost(document: Document, cursor: int) -> Carving:
    """The hole for ghost text at an offset of the editor's text: the whole body where the cursor
    waits in a function that has none yet, else the rest of the cursor's line."""
    place = document.to_lf(cursor)
    return (
        _empty_body(document, place)
        or carve_braces(document, place)
        or carve_line_end(document, place)
    )


def _empty_body(document: Document, place: int) -> Carving | None:
    """The body to come at the end of a header's line, between braces that the editor has closed, or
    on a blank line of an empty body."""
    lines = document.lf_lines
    line = lines.line_of(place)
    start, end = lines.starts[line], lines.end_of(line)
    blank = not lines.content(line).strip()
    if not blank and place != end and not is_between_braces(document, place):
        return None
    body = carve_body(document, place)
    if body is None or not body.fresh:
        return None
    hole = body.holes[0]
    if document.lf[hole.start : max(hole.end, end if blank else place)].strip():
        return None
    if blank and hole.start < start:
        # what stands above stays; the newline before this line begins the fill
        return replace(body, holes=(Hole(start - 1, end),))
    return body if hole == Hole(place, place) else None


def ghost_text(
    document: Document,
    cursor: int,
    carving: Carving,
    text: str,
    formatting: Formatting | None = None,
) -> TextChange | Reason:
    """The fill as ghost text at the cursor, or why nothing of it can be shown there."""
    fit = fit_written(document, carving, text, formatting)
    if fit.dropped:
        return Reason(fit.dropped[0].code, fit.dropped[0].message)
    (change,) = fit.changes
    line = document.lines.line_of(cursor)
    first, last = document.lines.starts[line], document.lines.end_of(line)
    if not first <= change.start <= change.end <= last:
        return Reason.of("not-at-cursor")
    before = document.text[change.start : min(cursor, change.end)]
    # white space before the cursor is the user's, or the editor has put it there
    if not change.text.startswith(before) or not _keeps(
        document.text[change.start : change.end], change.text
    ):
        return Reason.of("overwrites")
    # an editor shows ghost text only when it stands at the cursor
    if cursor < change.start:
        change = TextChange(cursor, change.end, document.text[cursor : change.start] + change.text)
    if change.end < cursor:
        change = TextChange(change.start, cursor, change.text + document.text[change.end : cursor])
    return change if change.text.strip() else Reason.of("not-at-cursor")


def _keeps(written: str, text: str) -> bool:
    """Whether `text` has every character of the code that stands there, in order; ghost text that
    had not would hide code, and take it away unseen."""
    rest = iter(text)
    return all(character in rest for character in written if not character.isspace())


def first_line(change: TextChange) -> TextChange:
    """The part of ghost text that a popup's one line can show."""
    return TextChange(change.start, change.end, LINE_END.split(change.text, maxsplit=1)[0])
