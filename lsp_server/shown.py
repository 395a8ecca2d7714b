"""What ghost text was shown where, so that the last of it can be offered again.

Knows nothing of LSP and keeps no documents: a place is recognised by its line up to the cursor.
"""

from collections import deque
from dataclasses import dataclass

from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.edits import TextChange


@dataclass(frozen=True, slots=True)
class _Ghost:
    uri: str
    before: str
    text: str


class Shown:
    """The last `capacity` suggestions, newest first, and those that are to be offered again."""

    def __init__(self, capacity: int = 32) -> None:
        self._ghosts: deque[_Ghost] = deque(maxlen=capacity)
        self._again: dict[str, TextChange] = {}

    def keep(self, document: Document, ghost: TextChange) -> None:
        """Remember that `ghost` was shown in `document`."""
        kept = _Ghost(document.uri, _line_before(document, ghost.start), ghost.text)
        if kept in self._ghosts:
            self._ghosts.remove(kept)
        self._ghosts.appendleft(kept)

    def recall(self, document: Document, cursor: int) -> bool:
        """Offer the last suggestion for the cursor's place again, once; false when there is none.

        The place is its line up to where the suggestion stood, whatever was typed there since. What
        was typed as the suggestion has it is not offered a second time.
        """
        before = _line_before(document, cursor)
        for ghost in self._ghosts:
            if ghost.uri != document.uri or not before.startswith(ghost.before):
                continue
            typed = before[len(ghost.before) :]
            left = ghost.text[len(typed) :] if ghost.text.startswith(typed) else ghost.text
            if left:
                self._again[document.uri] = TextChange(cursor, cursor, left)
                return True
        return False

    def again(self, document: Document, cursor: int) -> TextChange | None:
        """What `recall` promised for this cursor; the promise is kept once."""
        ghost = self._again.pop(document.uri, None)
        return ghost if ghost is not None and ghost.start == cursor else None

    def forget(self, uri: str) -> None:
        """The document is closed."""
        self._again.pop(uri, None)


def _line_before(document: Document, offset: int) -> str:
    lines = document.lines
    return document.text[lines.starts[lines.line_of(offset)] : offset]
