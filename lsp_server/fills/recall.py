"""Fills that were made lately, found again while the user types what they say.

Knows nothing of LSP and keeps no documents: a fill is recognised by the text close around its hole.
"""

from collections import deque
from dataclasses import dataclass

from fillwright.engine.request import Hole
from fillwright.lsp_server.fills.anchor import Anchor
from fillwright.lsp_server.fills.candidate import Candidate


@dataclass(frozen=True, slots=True)
class _Fill:
    uri: str
    shape: str
    anchor: Anchor
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is left of a fill's candidates, and whether it was made for this very place."""

    candidates: tuple[Candidate, ...]
    is_same_place: bool


class Recall:
    """The last `capacity` fills of one hole each, newest first."""

    def __init__(self, capacity: int = 32) -> None:
        self._fills: deque[_Fill] = deque(maxlen=capacity)

    def keep(
        self,
        uri: str,
        shape: str,
        document: str,
        hole: Hole,
        candidates: tuple[Candidate, ...],
    ) -> None:
        """Remember the `candidates` for `hole` of the LF text `document`."""
        anchor = Anchor.at(document, hole.start, hole.end)
        self._fills.appendleft(_Fill(uri, shape, anchor, candidates))

    def find(self, uri: str, shape: str, document: str, hole: Hole) -> Recalled | None:
        """What is left of the newest fill that fits `hole`, or None.

        The hole may be the one that was filled, begin later by characters that were typed and that
        the fill begins with, or begin earlier by characters that were deleted.
        """
        for fill in self._fills:
            if (fill.uri, fill.shape) != (uri, shape):
                continue
            same = fill.anchor.start == hole.start
            remaining = [
                candidate.remaining(text)
                for candidate in fill.candidates
                for text in [
                    fill.anchor.remaining_of(candidate.text, document, hole.start, hole.end)
                ]
                if text or (text is not None and same)
            ]
            if remaining:
                return Recalled(tuple(remaining), same)
        return None
