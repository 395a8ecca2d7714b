"""Whether a document is one that people write: its size, its lines, its bytes."""

from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.reasons import Code

MAX_CHARACTERS = 1_000_000


MAX_LINE = 5_000


LINES_AROUND = 20


def unfit(document: Document, cursor: int) -> Code | None:
    """Why a document is not one that people write: its size, the lines here, or its bytes."""
    if len(document.text) > MAX_CHARACTERS:
        return "too-large"
    lines = document.lines
    line = lines.line_of(cursor)
    first, last = max(0, line - LINES_AROUND), min(len(lines) - 1, line + LINES_AROUND)
    # most of the time they are not so long together
    if lines.next_start(last) - lines.starts[first] > MAX_LINE and any(
        lines.next_start(number) - lines.starts[number] > MAX_LINE
        for number in range(first, last + 1)
    ):
        return "long-lines"
    return "binary" if "\0" in document.text else None
