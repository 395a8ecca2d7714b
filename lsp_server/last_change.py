"""What a document's last change was: typing, an undo, or edits in several places.

Editors do not say. An undo is known by its outcome, a text that the document had before; the texts
are kept as hashes only.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from fillwright.lsp_server.documents import Change, Document

TEXTS = 100
"""So many texts of a document are known again."""


@dataclass(frozen=True, slots=True)
class LastChange:
    """How `version` of a document came about.

    `back`: it is a text that the document had before. `small`: a single character was typed or
    deleted. `several`: text was put on more than one line at once, as several cursors do.
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

    def note(self, before: Document, after: Document, changes: Sequence[Change]) -> None:
        """`changes` made `after` of `before`."""
        history = self._histories.setdefault(before.uri, _History())
        history.texts.append(hash(before.text))
        shorter, longer = sorted((len(before.text), len(after.text)))
        history.last = LastChange(
            after.version,
            back=before.text != after.text and hash(after.text) in history.texts,
            small=len(changes) == 1 and changes[0].start is not None and longer - shorter == 1,
            several=_in_several_places(changes),
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


def _in_several_places(changes: Sequence[Change]) -> bool:
    # an editor that trims the line which is left deletes in a second place
    places = (change.start for change in changes if change.text)
    return len({place.line for place in places if place is not None}) > 1
