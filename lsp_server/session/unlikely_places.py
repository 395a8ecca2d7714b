"""The unlikely places that an editor shows: found when it asks, kept while their text stands.

Knows no protocol and no engine.
"""

import uuid
from collections.abc import Callable, Sequence

from fillwright.lsp_server.fills.unlikely import UnlikelyPlace
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.subscribers import DocumentEdit


class UnlikelyPlaces:
    """Of each document. `show` gets all that are left of a document when some come or go."""

    def __init__(self, show: Callable[[Document, Sequence[UnlikelyPlace]], None]) -> None:
        self._show = show
        # other editors share the engine, and may have documents of the same name
        self.editor = uuid.uuid4().hex
        self._places: dict[str, list[UnlikelyPlace]] = {}

    def keep(self, document: Document, places: Sequence[UnlikelyPlace]) -> None:
        """These are a document's; those from before are gone."""
        if places or document.uri in self._places:
            self._tell(document, places)

    def within(self, uri: str, start: int, end: int) -> list[UnlikelyPlace]:
        """Those that a range of the editor's text touches."""
        return [
            place
            for place in self._places.get(uri, ())
            if place.change.start <= end and start <= place.change.end
        ]

    def opened(self, document: Document) -> None:
        """Nothing is known of it."""
        self.keep(document, ())

    def changed(self, edit: DocumentEdit) -> None:
        """Places move with their text; one whose text was touched is gone."""
        if places := self._places.get(edit.after.uri):
            self._tell(edit.after, _carried(places, edit.before.text, edit.after.text))

    def closed(self, document: Document) -> None:
        """Nothing is shown of it any more."""
        self.keep(document, ())

    def _tell(self, document: Document, places: Sequence[UnlikelyPlace]) -> None:
        if places:
            self._places[document.uri] = list(places)
        else:
            self._places.pop(document.uri, None)
        self._show(document, places)


def _carried(places: Sequence[UnlikelyPlace], before: str, after: str) -> list[UnlikelyPlace]:
    """The places of a text in the one that it became, where nothing in them changed."""
    shortest = min(len(before), len(after))
    start = _shared(before, after, shortest)
    tail = _shared(before[::-1], after[::-1], shortest - start)
    end, moved = len(before) - tail, len(after) - len(before)
    kept = []
    for place in places:
        # a word that goes on is another word
        if place.change.end < start:
            kept.append(place)
        elif place.change.start > end:
            kept.append(place.moved(moved))
    return kept


def _shared(one: str, other: str, most: int) -> int:
    """How many characters two texts begin with together, `most` at most; by halves, which a long
    file needs at every keystroke."""
    shared = 0
    while shared < most:
        middle = (shared + most + 1) // 2
        if one[shared:middle] == other[shared:middle]:
            shared = middle
        else:
            most = middle - 1
    return shared
