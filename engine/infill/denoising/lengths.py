"""How many rows each hole gets on a canvas, for each way of finding a hole's length.

End marks: a hole has rows to spare, and its end mark says where it ends. Search and contraction:
the text after the hole is pinned right after its rows, so that a wrong number of rows shows.
Knows token counts and canvases; knows nothing of text or models.
"""

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from fillwright.engine.diffusion.canvas import BUCKETS, Canvas, bucket

SPARE_ROWS = 4
SPARE_SHARE = 0.25
"""What a canvas has beyond the length that is expected: so many rows, and that share of it."""
SEARCHED = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192)
NEIGHBOURS = (-2, -1, 1, 2)
"""Lengths that are tried, and then those beside the best; close together where code is frequent.
Set by hand: docs/measurements-log.md, "Ways to find a hole's length"."""
LEAST_SUFFIX = 8
"""Rows that a canvas keeps for the text after its hole."""
REPEATED = 4
"""So many tokens of the text after the hole, inside it, are no chance."""
SURE = 0.5
"""An end mark with this probability ends the hole, and so does a repeat with it per token."""


@dataclass(frozen=True, slots=True)
class LengthBias:
    """log B(L), which a search takes off the score of a hole of L rows: what the score would be if
    L were wrong. Short holes are the surer ones, whatever is in them (CAL, arXiv 2602.00476).

    `points` are measured (rows, bias), ascending; between them it is linear in log L, outside as
    at the nearest. Without points there is none.
    """

    points: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        rows = [each for each, _ in self.points]
        if rows != sorted(set(rows)) or (rows and rows[0] < 1):
            raise ValueError(f"the rows of a length bias must ascend from 1, not {rows}")

    def __call__(self, rows: int) -> float:
        before = next((p for p in reversed(self.points) if p[0] <= rows), None)
        after = next((p for p in self.points if p[0] >= rows), None)
        if before is None or after is None or before == after:
            nearest = before or after
            return nearest[1] if nearest else 0.0
        share = math.log(rows / before[0]) / math.log(after[0] / before[0])
        return before[1] + share * (after[1] - before[1])


def single_canvas(known: Sequence[int], length: int) -> Canvas:
    """One hole that reaches the end of a canvas of `length` rows and may go on in the next.

    `known` are the tokens before it: the prompt's last, and known first tokens of the fill.
    """
    return Canvas.lay_out([length - len(known)], head=known, length=length)


def joint_canvas(
    known: Sequence[int], holes: Sequence[int], between: Sequence[Sequence[int]]
) -> Canvas | None:
    """Every hole with its rows and the known text between on one canvas; None if none is as
    long."""
    if len(known) + sum(holes) + sum(map(len, between)) > BUCKETS[-1]:
        return None
    return Canvas.lay_out(holes, between, head=known)


def pinned_canvas(known: Sequence[int], rows: int, suffix: Sequence[int], length: int) -> Canvas:
    """One hole of exactly `rows`, and as much of what is after it as a canvas of `length` holds;
    `suffix` is at least as long."""
    room = length - len(known) - rows
    return Canvas.lay_out([rows], head=known, suffix=suffix[:room], length=length)


def rows_for_draft(drafted: int, budget: int) -> int:
    """Rows for a hole whose draft has `drafted` tokens: room for its end mark and some growth."""
    return min(
        max(drafted, 1) + max(SPARE_ROWS, int(drafted * SPARE_SHARE)), max(drafted, budget) + 1
    )


def canvas_length(limit: int, rows: int) -> int:
    """The smallest bucket that holds `rows`, or the checkpoint's canvas if that is smaller."""
    return min(limit, bucket(min(rows, BUCKETS[-1])))


def longest_pinned(limit: int, known: int, budget: int) -> int:
    """The most rows of a hole that shares a canvas of `limit` with what is after it."""
    return max(1, min(budget, limit - known - LEAST_SUFFIX))


def searched_lengths(longest: int) -> list[int]:
    """What a search looks at first: close together where holes are short, and the longest."""
    return [*(rows for rows in SEARCHED if rows < longest), longest]


def neighbours(of: Iterable[int], longest: int) -> list[int]:
    """The lengths around some, for a second look."""
    near = {rows + step for rows in of for step in NEIGHBOURS}
    return sorted(rows for rows in near if 1 <= rows <= longest)


def contracted(
    hole: Sequence[int],
    confidence: Sequence[float],
    suffix: Sequence[int],
    end_marks: Container[int],
) -> int:
    """How many rows of a hole are its own: those before an end mark, or before it begins to repeat
    what is after it. `hole` are the most likely tokens, `confidence` their probabilities."""
    head = list(suffix[:REPEATED])
    for row, token in enumerate(hole):
        if token in end_marks and confidence[row] >= SURE:
            return row
        run = confidence[row : row + REPEATED]
        if list(hole[row : row + REPEATED]) == head and math.prod(run) >= SURE ** len(run):
            return row
    return len(hole)
