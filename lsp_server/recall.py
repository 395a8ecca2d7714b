"""Fills that were made lately, found again while the user types what they say.

Knows nothing of LSP and keeps no documents: a fill is recognised by the text close around its hole.
"""

from collections import deque
from dataclasses import dataclass

from fillwright.engine.request import Hole
from fillwright.lsp_server.anchor import Anchor


@dataclass(frozen=True, slots=True)
class _Fill:
    uri: str
    shape: str
    place: Anchor
    texts: tuple[str, ...]


class Recall:
    """The last `capacity` fills of one hole each, newest first."""

    def __init__(self, capacity: int = 32) -> None:
        self._fills: deque[_Fill] = deque(maxlen=capacity)

    def keep(self, uri: str, shape: str, document: str, hole: Hole, texts: tuple[str, ...]) -> None:
        """Remember the candidate `texts` for `hole` of the LF text `document`."""
        place = Anchor.at(document, hole.start, hole.end)
        self._fills.appendleft(_Fill(uri, shape, place, texts))

    def find(self, uri: str, shape: str, document: str, hole: Hole) -> tuple[str, ...] | None:
        """What is left of the newest fill that fits `hole`, or None.

        The hole may be the one that was filled, begin later by characters that were typed and that
        the fill begins with, or begin earlier by characters that were deleted.
        """
        for fill in self._fills:
            if (fill.uri, fill.shape) != (uri, shape):
                continue
            left = (fill.place.left_of(text, document, hole.start, hole.end) for text in fill.texts)
            if texts := tuple(text for text in left if text):
                return texts
        return None
