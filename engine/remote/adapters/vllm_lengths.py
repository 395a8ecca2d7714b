"""Finds how long a hole is, by canvases of several lengths with the text after the hole pinned to
their end: where the length is wrong, the model would have written another text there.

The same as `engine/infill/denoising` does with a model of our own, as far as a server says enough:
what a canvas holds and how sure its model is of that, but not which rows it has accepted. Knows
ids; knows no request.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fillwright.engine.infill.denoising.length_search import (
    FINISHED,
    LEAST_PROBABILITY,
    PROBE_STEPS,
)
from fillwright.engine.infill.denoising.lengths import (
    SURE,
    contracted,
    neighbours,
    searched_lengths,
)
from fillwright.engine.remote.adapters.vllm_canvas import Answer, Canvas

Write = Callable[[Canvas, int | None, Mapping[int, int]], Awaitable[Answer]]
"""Asks for a canvas: in so many steps (None: as many as there are), begun with ids in some rows."""


@dataclass(frozen=True)
class Tried:
    """A canvas of one hole and what the model made of it; `own` are the hole's rows before an end
    mark, or before it begins to repeat the text after it."""

    canvas: Canvas
    answer: Answer
    own: int

    @property
    def rows(self) -> int:
        return self.canvas.rows[0]

    @cached_property
    def score(self) -> float:
        """How well the hole and the text after it go together: the mean log probability of its own
        rows, and that of the pinned ones. A pin that the model would have written otherwise has at
        most what its own choice leaves over. Without probabilities: the share of pins that
        agree."""
        if len(self.answer.log_probabilities) < len(self.answer.ids):
            return self.canvas.agreed(self.answer.ids)
        logs = [max(score, math.log(LEAST_PROBABILITY)) for score in self.answer.log_probabilities]
        pins = [
            logs[row]
            if self.answer.ids[row] == token
            else math.log(max(LEAST_PROBABILITY, 1 - math.exp(logs[row])))
            for row, token in self.canvas.pins.items()
        ]
        return _mean(logs[: max(1, self.own)]) + _mean(pins)

    @property
    def kept(self) -> dict[int, int]:
        """What the model was sure of in the hole's own rows."""
        rows = range(min(self.own, len(self.answer.log_probabilities)))
        sure = [row for row in rows if self.answer.log_probabilities[row] > math.log(SURE)]
        return {row: self.answer.ids[row] for row in sure}


@dataclass(frozen=True)
class LengthFinder:
    """For a hole of at most `longest` tokens before the ids `after` it; `ends` are end marks."""

    write: Write
    after: Sequence[int]
    ends: frozenset[int]
    longest: int

    async def search(self) -> Tried:
        """Canvases of many lengths at once, for a few steps; then those beside the best, and those
        at which holes ended; the best few to the end, each going on from what was sure."""
        tried = await self._all(searched_lengths(self.longest), PROBE_STEPS)
        near = neighbours([_best(tried)[0].rows], self.longest)
        ended = {each.own for each in _best(tried) if each.own}
        tried += await self._all(
            sorted({*near, *ended} - {each.rows for each in tried}), PROBE_STEPS
        )
        return _best(
            await asyncio.gather(*(self._one(each.rows, None, each.kept) for each in _best(tried)))
        )[0]

    async def contract(self) -> Tried:
        """A canvas whose hole is as long as may be; as long as the model ends it earlier, one that
        is so short."""
        tried = await self._one(self.longest, None, {})
        while 0 < tried.own < tried.rows:
            tried = await self._one(tried.own, None, tried.kept)
        return tried

    async def _all(self, lengths: Sequence[int], steps: int) -> list[Tried]:
        return await asyncio.gather(*(self._one(rows, steps, {}) for rows in lengths))

    async def _one(self, rows: int, steps: int | None, kept: Mapping[int, int]) -> Tried:
        canvas = Canvas((rows,), (), self.after)
        answer = await self.write(canvas, steps, kept)
        sure = [math.exp(min(0.0, score)) for score in answer.log_probabilities[:rows]]
        return Tried(canvas, answer, contracted(answer.ids[:rows], sure, self.after, self.ends))


def _best(tried: Sequence[Tried]) -> list[Tried]:
    """The best few, the best first; of equals the longer, which an end mark may still shorten."""
    return sorted(tried, key=lambda each: (-each.score, -each.rows))[:FINISHED]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
