"""The ghost text that was shown: what is left of it after more typing, and the last of it again.

Knows nothing of LSP and keeps no documents. Unlike a fill, ghost text is the editor's own text.
What is left of it after its first lines were accepted is found, whatever is to be filled there.
"""

from collections import deque
from dataclasses import dataclass, field

from fillwright.lsp_server.fills.anchor import Anchor
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import PositionEncoding


@dataclass(frozen=True, slots=True)
class _Ghost:
    uri: str
    anchor: Anchor
    line: str
    text: str
    replaced: int
    units: int
    item: int = field(compare=False)


class Shown:
    """The last `capacity` suggestions, newest first, and those that are to be offered again."""

    def __init__(self, capacity: int = 32) -> None:
        self._ghosts: deque[_Ghost] = deque(maxlen=capacity)
        self._recalled: dict[str, TextChange] = {}
        self._items = 0

    def keep(self, document: Document, cursor: int, ghost: TextChange) -> int:
        """Remember that `ghost` was offered at the cursor of `document`; gives its number."""
        self._items += 1
        before = document.text[ghost.start : cursor]
        if not ghost.text.startswith(before):
            return self._items
        kept = _Ghost(
            document.uri,
            Anchor.at(document.text, cursor, cursor),
            _line_before(document, cursor),
            ghost.text[len(before) :],
            ghost.end - cursor,
            PositionEncoding.UTF16.units(ghost.text),
            self._items,
        )
        if kept in self._ghosts:
            self._ghosts.remove(kept)
        self._ghosts.appendleft(kept)
        return self._items

    def seen(self, item: object) -> None:
        """The editor says that it shows this one; it is the newest now."""
        ghost = self._of(item)
        if ghost is not None:
            self._ghosts.remove(ghost)
            self._ghosts.appendleft(ghost)

    def accepted(self, item: object, units: int | None = None) -> None:
        """The user took this one, or the first UTF-16 `units` of its text. What was taken whole is
        not offered again; of what was taken in part the rest is left."""
        ghost = self._of(item)
        if ghost is not None and (units is None or units >= ghost.units):
            self._ghosts.remove(ghost)

    def remaining(self, document: Document, cursor: int) -> TextChange | None:
        """What is left to show at the cursor of the newest suggestion that it stands in."""
        for ghost in self._ghosts:
            if ghost.uri != document.uri:
                continue
            text = ghost.anchor.remaining_of(ghost.text, document.text, cursor, cursor)
            if text and text.strip():
                return TextChange(cursor, cursor + ghost.replaced, text)
        return None

    def recall(self, document: Document, cursor: int) -> bool:
        """Offer the last suggestion for the cursor's place again, once; false when there is none.

        The place is its line up to where the suggestion stood, whatever was typed there since. What
        was typed as the suggestion has it is not offered a second time.
        """
        line = _line_before(document, cursor)
        for ghost in self._ghosts:
            if ghost.uri != document.uri or not line.startswith(ghost.line):
                continue
            typed = line[len(ghost.line) :]
            rest = ghost.text[len(typed) :] if ghost.text.startswith(typed) else ghost.text
            if rest:
                self._recalled[document.uri] = TextChange(cursor, cursor, rest)
                return True
        return False

    def take_recalled(self, document: Document, cursor: int) -> TextChange | None:
        """What `recall` promised for this cursor; the promise is kept once."""
        ghost = self._recalled.pop(document.uri, None)
        return ghost if ghost is not None and ghost.start == cursor else None

    def forget(self, uri: str) -> None:
        """The document is closed."""
        self._recalled.pop(uri, None)

    def _of(self, item: object) -> _Ghost | None:
        return next((ghost for ghost in self._ghosts if ghost.item == item), None)


def _line_before(document: Document, offset: int) -> str:
    lines = document.lines
    return document.text[lines.starts[lines.line_of(offset)] : offset]
