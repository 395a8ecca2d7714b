"""Fills that were made lately, found again while the user types what they say.

Knows nothing of LSP and keeps no documents: a fill is recognised by the text close around its hole.
"""

from collections import deque
from dataclasses import dataclass

from fillwright.engine.request import Hole

WINDOW = 2048
"""Characters on each side of a hole that must be the same; more than a model of this size sees."""


@dataclass(frozen=True, slots=True)
class _Fill:
    uri: str
    shape: str
    start: int
    before: str
    after: str
    texts: tuple[str, ...]


class Recall:
    """The last `capacity` fills of one hole each, newest first."""

    def __init__(self, capacity: int = 32) -> None:
        self._fills: deque[_Fill] = deque(maxlen=capacity)

    def keep(self, uri: str, shape: str, document: str, hole: Hole, texts: tuple[str, ...]) -> None:
        """Remember the candidate `texts` for `hole` of the LF text `document`."""
        before = document[max(0, hole.start - WINDOW) : hole.start]
        after = document[hole.end : hole.end + WINDOW]
        self._fills.appendleft(_Fill(uri, shape, hole.start, before, after, texts))

    def find(self, uri: str, shape: str, document: str, hole: Hole) -> tuple[str, ...] | None:
        """What is left of the newest fill that fits `hole`, or None.

        The hole may be the one that was filled, or begin later by characters that were typed and
        that the fill begins with.
        """
        for fill in self._fills:
            if (fill.uri, fill.shape) != (uri, shape) or hole.start < fill.start:
                continue
            typed = document[fill.start : hole.start]
            left = tuple(text[len(typed) :] for text in fill.texts if text.startswith(typed))
            if (
                any(left)
                and document[max(0, fill.start - WINDOW) : fill.start] == fill.before
                and document[hole.end : hole.end + WINDOW] == fill.after
            ):
                return left
        return None
