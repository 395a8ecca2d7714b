"""The pieces of the user's own code that are most like what stands around a place.

All pieces are of one length, so what one has in common with the place needs no norm: each token
that both have counts once, by how rare it is (Spärck Jones 1972, "A statistical interpretation of
term specificity"). The sorted contexts are the index. Knows token ids; knows no text.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.memory.contexts import Integers, SortedContexts, Store

STEP = 32
"""Tokens of half a piece, about four lines; pieces begin so far from each other. Longer ones hold
the wanted line less often: docs/measurements-log.md, "Pieces of the project"."""
COMMON = 2_000
"""A token that stands at more places is not looked up: it takes long, and says little."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The tokens `start..stop` of the `stream`-th stream of a store."""

    store: Store
    stream: int
    start: int
    stop: int

    @property
    def tokens(self) -> list[int]:
        ids: list[int] = self.store.contexts.tokens[self.start : self.stop].tolist()
        return ids

    def tokens_before(self, count: int) -> list[int]:
        """Those of its stream that stand before it, the last ones."""
        first = max(self.store.contexts.spans[self.stream][0], self.start - count)
        ids: list[int] = self.store.contexts.tokens[first : self.start].tolist()
        return ids

    @property
    def is_last(self) -> bool:
        """Whether its stream ends with it."""
        return self.stop == self.store.contexts.spans[self.stream][1]


def most_similar(stores: Sequence[Store], around: Sequence[int]) -> Iterator[Piece]:
    """Pieces that share tokens with those `around` a place, the most similar first; none of them
    overlap."""
    rarities = _rarities([store.contexts for store in stores], around)
    every = [_Steps.of(store) for store in stores]
    found = [
        (score, number, step)
        for number, steps in enumerate(every)
        for step, score in enumerate(steps.scores(rarities).tolist())
        if score > 0
    ]
    taken = set[tuple[int, int]]()
    for _, number, step in sorted(found, reverse=True):
        if taken.isdisjoint((number, near) for near in (step - 1, step, step + 1)):
            taken.add((number, step))
            yield every[number].piece(step)


def _rarities(contexts: Sequence[SortedContexts], around: Sequence[int]) -> dict[int, float]:
    """How rare each token is in all the code together, nats; without those that are nowhere, or at
    too many places."""
    size = sum(len(each.tokens) for each in contexts)
    counts = {
        token: sum(int(each.starts[token + 1] - each.starts[token]) for each in contexts)
        for token in set(around)
    }
    return {token: math.log(size / count) for token, count in counts.items() if 0 < count <= COMMON}


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """The streams of a store, cut in steps: `firsts[i]` is the number of the first step of stream
    i; there is one before it that is empty, so that no piece has steps of two streams."""

    store: Store
    starts: Integers
    firsts: Integers
    count: int

    @classmethod
    def of(cls, store: Store) -> Self:
        spans = np.array(store.contexts.spans, dtype=np.int64).reshape(-1, 2)
        steps = -(-(spans[:, 1] - spans[:, 0]) // STEP)
        ends = np.cumsum(1 + steps)
        return cls(store, spans[:, 0], ends - steps, int(ends[-1]) if len(ends) else 0)

    def scores(self, rarities: Mapping[int, float]) -> NDArray[np.float64]:
        """Of the piece that begins with each step, what the tokens that it has weigh together."""
        contexts = self.store.contexts
        scores = np.zeros(1 + self.count)
        for token, rarity in rarities.items():
            # the positions after a token stand together, and the token before each
            after = contexts.order[contexts.starts[token] : contexts.starts[token + 1]]
            places = after.astype(np.int64) - 1
            for start, stop in self.store.left_out:
                places = places[(places < start) | (places >= stop)]
            stream = np.searchsorted(self.starts, places, side="right") - 1
            inside = stream >= 0
            stream, places = stream[inside], places[inside]
            steps = self.firsts[stream] + (places - self.starts[stream]) // STEP
            scores[np.unique(np.concatenate([steps, steps - 1]))] += rarity
        scores[self.firsts - 1] = 0
        return scores[: self.count]

    def piece(self, step: int) -> Piece:
        stream = int(np.searchsorted(self.firsts, step, side="right")) - 1
        start, stop = self.store.contexts.spans[stream]
        start += (step - int(self.firsts[stream])) * STEP
        return Piece(self.store, stream, start, min(stop, start + 2 * STEP))
