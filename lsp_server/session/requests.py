"""What a session is asked while the user types, and what it offers.

Positions are the editor's, in the session's encoding. Knows no protocol.
"""

from dataclasses import dataclass

from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.positions import Position


@dataclass(frozen=True, slots=True)
class SelectedItem:
    """The popup's selected item: what accepting it would put into the document."""

    start: Position
    end: Position
    text: str


@dataclass(frozen=True, slots=True)
class GhostRequest:
    """Ghost text is wanted at a position. With a `version`, that version is meant and no other.
    `by_hand`: the user asked for it."""

    uri: str
    position: Position
    version: int | None = None
    by_hand: bool = False
    selected: SelectedItem | None = None


@dataclass(frozen=True, slots=True)
class Ghost:
    """Ghost text, and the number by which the editor says what became of it."""

    change: TextChange
    number: int


@dataclass(frozen=True, slots=True)
class GhostOffer:
    """Ghost text for the cursor, the best first."""

    document: Document
    cursor: int
    ghosts: tuple[Ghost, ...]


@dataclass(frozen=True, slots=True)
class PopupOffer:
    """Items for the popup, each of one line, for the cursor."""

    document: Document
    cursor: int
    lines: tuple[TextChange, ...]
