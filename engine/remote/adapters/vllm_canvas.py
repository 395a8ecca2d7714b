"""A canvas that vLLM is asked for, and what it says of one: holes, pinned text, ids and scores.

Knows ids; knows no request.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Canvas:
    """Holes of so many `rows`, the ids `between` each two, and those `after` the last."""

    rows: tuple[int, ...]
    between: Sequence[Sequence[int]] = ()
    after: Sequence[int] = ()

    @property
    def length(self) -> int:
        return sum(self.rows) + sum(map(len, self.between)) + len(self.after)

    @property
    def holes(self) -> list[range]:
        """The rows of each hole."""
        holes, start = [], 0
        for rows, known in zip(self.rows, (*self.between, self.after), strict=True):
            holes.append(range(start, start + rows))
            start += rows + len(known)
        return holes

    @property
    def pins(self) -> dict[int, int]:
        """The id that is known of a row."""
        pins: dict[int, int] = {}
        for hole, known in zip(self.holes, (*self.between, self.after), strict=True):
            pins |= {hole.stop + place: token for place, token in enumerate(known)}
        return pins

    def agreed(self, ids: Sequence[int]) -> float:
        """The share of pins that the model would have written itself; 1 where there are none. What
        a pin holds is the model's input, not what it says."""
        pins = self.pins
        said = dict(enumerate(ids))
        same = sum(said.get(row) == token for row, token in pins.items())
        return same / len(pins) if pins else 1.0


@dataclass(frozen=True)
class Answer:
    """The ids of a canvas, and the log probability and text of each where the server says them."""

    ids: list[int]
    log_probabilities: list[float]
    words: list[str]

    def between(self, start: int, stop: int) -> "Answer":
        """Some rows of it."""
        return Answer(
            self.ids[start:stop], self.log_probabilities[start:stop], self.words[start:stop]
        )

    def without(self, start: int, stop: int) -> "Answer":
        """All but some rows of it."""
        return Answer(
            self.ids[:start] + self.ids[stop:],
            self.log_probabilities[:start] + self.log_probabilities[stop:],
            self.words[:start] + self.words[stop:],
        )
