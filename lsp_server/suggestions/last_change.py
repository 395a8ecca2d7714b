"""What a document's last change was: typing, an undo, or edits in several places.

Editors do not say. An undo is known by its outcome, a text that the document had before; the texts
are kept as hashes only.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from fillwright.lsp_server.text.documents import Change, Document
from fillwright.lsp_server.text.positions import LineIndex, Position, PositionEncoding
from fillwright.lsp_server.text.subscribers import DocumentEdit

TEXTS = 100
"""So many texts of a document are known again."""


@dataclass(frozen=True, slots=True)
class LastChange:
    """How `version` of a document came about.

    `back`: it is a text that the document had before. `small`: no more characters were typed or
    deleted than keys pressed. `several`: text was put in more than one place at once, as several
    cursors do.
    """

    version: int
    back: bool = False
    small: bool = False
    several: bool = False


@dataclass(slots=True)
class _History:
    texts: deque[int] = field(default_factory=lambda: deque(maxlen=TEXTS))
    last: LastChange | None = None


class LastChanges:
    """The last change of every open document, by uri."""

    def __init__(self) -> None:
        self._histories: dict[str, _History] = {}

    def record(self, edit: DocumentEdit) -> None:
        """The user made this edit."""
        before, after, changes = edit.before, edit.after, edit.changes
        history = self._histories.setdefault(before.uri, _History())
        history.texts.append(hash(before.text))
        shorter, longer = sorted((len(before.text), len(after.text)))
        history.last = LastChange(
            after.version,
            back=before.text != after.text and hash(after.text) in history.texts,
            small=_on_one_line(changes) and len(changes) >= longer - shorter > 0,
            several=_in_several_places(changes, edit.encoding),
        )

    def of(self, document: Document) -> LastChange | None:
        """What made this version; None for a document as it was opened."""
        history = self._histories.get(document.uri)
        if history is None or history.last is None or history.last.version != document.version:
            return None
        return history.last

    def forget(self, uri: str) -> None:
        """The document is closed, or opened afresh."""
        self._histories.pop(uri, None)


def _on_one_line(changes: Sequence[Change]) -> bool:
    lines = {change.start.line if change.start is not None else None for change in changes}
    return len(lines) == 1 and None not in lines


def _in_several_places(changes: Sequence[Change], encoding: PositionEncoding) -> bool:
    """Whether text was put on several lines that no typing leads along. A change belongs to the
    place so far when it touches it: keys that an editor sends together begin where the last one
    ended, also after a line end, between brackets that it closed, and when they delete."""
    place: _Typed | None = None
    for change in changes:
        if change.start is None or change.end is None:
            place = None
            continue
        end = _end_of(change.start, change.text, encoding)
        if place is None:
            # an editor that trims the line which is left deletes in a second place
            place = _Typed(change.start, end) if change.text else None
        elif place.touches(change.start, change.end) or place.is_on(change.start.line):
            place = place.after(change.start, change.end, end).with_(change.start, end)
        elif change.text:
            return True
        else:
            place = place.after(change.start, change.end, end)
    return False


@dataclass(frozen=True, slots=True)
class _Typed:
    """A stretch of text that was typed in, in the document as it is after each change."""

    start: Position
    end: Position

    def touches(self, start: Position, end: Position) -> bool:
        return start <= self.end and self.start <= end

    def is_on(self, line: int) -> bool:
        return self.start.line == line == self.end.line

    def with_(self, start: Position, end: Position) -> "_Typed":
        return _Typed(min(self.start, start), max(self.end, end))

    def after(self, start: Position, end: Position, new_end: Position) -> "_Typed":
        """Where it is when what ends at `new_end` stands for `start..end`."""

        def moved(place: Position) -> Position:
            if place <= start:
                return place
            if place < end:
                return new_end
            line = place.line + new_end.line - end.line
            if place.line > end.line:
                return Position(line, place.column)
            return Position(line, place.column + new_end.column - end.column)

        return _Typed(moved(self.start), moved(self.end))


def _end_of(start: Position, text: str, encoding: PositionEncoding) -> Position:
    lines = LineIndex(text)
    last = lines.starts[-1]
    column = encoding.units(text[last:])
    return Position(start.line + len(lines) - 1, column + (0 if last else start.column))
