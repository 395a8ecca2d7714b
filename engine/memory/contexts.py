"""What followed a context before: streams of tokens, their positions sorted by the tokens before
them, so that the matches of a context's last 1, 2, 3 ... tokens are nested ranges of one array.

Knows token ids; knows no text, no files and no model.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Self

import numpy as np
from numpy.typing import NDArray

LONGEST = 24
"""Tokens of a context that are looked at; at 12 a match is nearly always right already."""
SORTED_BY = 32
LOOKED_AT = 300
"""Positions of one range that are counted; of more, so many evenly spaced ones."""
GATHERED = 1_000
"""A range of more positions is narrowed by bisection, without gathering a column of it."""
AT_ONCE = 64
"""All the ranges in one of so few positions are found together."""

Integers = NDArray[np.int64]
Span = tuple[int, int]
Range = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Following:
    """What followed the last `length` tokens of a context: different tokens, and how often each
    did, estimated where not every place was looked at."""

    length: int
    tokens: Integers
    counts: NDArray[np.float64]

    def only(self, kept: NDArray[np.bool_]) -> "Following | None":
        """The part of it that is kept, None when that is nothing."""
        if not kept.any():
            return None
        return Following(self.length, self.tokens[kept], self.counts[kept])


@dataclass(frozen=True, eq=False)
class SortedContexts:
    """`tokens` has `separator`, which is no token, before and after every stream, and before the
    first as often as a context is long; `spans` are the streams' positions, in their order. `order`
    are all positions, sorted by the tokens before each, the nearest first; those after token i
    begin at `starts[i]`."""

    tokens: NDArray[np.unsignedinteger]
    order: NDArray[np.int32]
    starts: NDArray[np.int32]
    separator: int
    spans: tuple[Span, ...]

    @classmethod
    def of(
        cls, streams: Iterable[Sequence[int] | NDArray[np.unsignedinteger]], vocabulary: int
    ) -> Self:
        """Sort streams of ids below `vocabulary`. Takes up to 28 bytes a token while it sorts, and
        4 bytes and a token's own thereafter."""
        kind = np.min_scalar_type(vocabulary)
        separator = np.array([vocabulary], dtype=kind)
        pieces, spans, end = [np.repeat(separator, LONGEST)], [], LONGEST
        for stream in streams:
            pieces += [np.asarray(stream, dtype=kind), separator]
            spans.append((end, end + len(stream)))
            end += len(stream) + 1
        tokens = np.concatenate(pieces)
        after = np.bincount(tokens[:-1], minlength=vocabulary + 1)
        # the first position has no token before it, and is sorted as if that were a separator:
        # nobody looks there
        after[vocabulary] += 1
        starts = np.concatenate([[0], np.cumsum(after)]).astype(np.int32)
        return cls(tokens, _sorted_by_context(tokens), starts, vocabulary, tuple(spans))

    def ranges(self, context: Sequence[int]) -> list[Range]:
        """Where in `order` the positions after the last 1, 2, 3 ... tokens of the context are,
        as far as there are any; each range lies in the one before."""
        back = list(context[: -LONGEST - 1 : -1])
        back = back[: back.index(self.separator)] if self.separator in back else back
        found = list[Range]()
        for length, token in enumerate(back, 1):
            if not found:
                low, high = int(self.starts[token]), int(self.starts[token + 1])
            elif high - low <= AT_ONCE:
                return found + self._nested(low, high, length, back[length - 1 :])
            else:
                low, high = self._narrowed(low, high, length, token)
            if low == high:
                break
            found.append((low, high))
        return found

    def _nested(self, low: int, high: int, length: int, back: Sequence[int]) -> list[Range]:
        """The ranges, each in the one before, within one of equal contexts of `length` - 1 tokens,
        whose next ones are `back`."""
        # no token is like the last one that is wanted, so each place is somewhere unlike
        wanted = np.array([*back, -1])
        places = self.order[low:high, None] - np.arange(length, length + len(wanted))
        matching = (self.tokens[places] != wanted).argmax(axis=1).tolist()
        found, first, last = list[Range](), 0, len(matching) - 1
        for further in range(1, max(matching) + 1):
            # they are sorted: those that match further stand together
            while matching[first] < further:
                first += 1
            while matching[last] < further:
                last -= 1
            found.append((low + first, low + last + 1))
        return found

    def positions(self, range_: Range, left_out: Sequence[Span]) -> Integers:
        """The positions of a range, evenly spaced where they are many, without those in spans that
        are left out."""
        low, high = range_
        size = high - low
        if size <= LOOKED_AT:
            found = self.order[low:high].astype(np.int64)
        else:
            found = self.order[low + np.arange(LOOKED_AT) * size // LOOKED_AT].astype(np.int64)
        for start, stop in left_out:
            found = found[(found < start) | (found >= stop)]
        return found

    def _narrowed(self, low: int, high: int, length: int, token: int) -> Range:
        """The part of a range of equal contexts of `length` - 1 tokens that has `token` before
        them."""
        if high - low <= GATHERED:
            column = self.tokens[self.order[low:high] - length]
            left, right = (int(np.searchsorted(column, token, side)) for side in ("left", "right"))
            return low + left, low + right
        return self._bisected(low, high, length, token), self._bisected(
            low, high, length, token + 1
        )

    def _bisected(self, low: int, high: int, length: int, token: int) -> int:
        """The first place in a range at which the `length`-th token back is at least `token`."""
        while low < high:
            middle = (low + high) // 2
            if self.tokens[self.order[middle] - length] < token:
                low = middle + 1
            else:
                high = middle
        return low


@dataclass(frozen=True, slots=True)
class Store:
    """Sorted contexts, the spans of them that are left out, and the `names` of their streams where
    they have any."""

    contexts: SortedContexts
    left_out: tuple[Span, ...] = ()
    names: tuple[str, ...] = ()


def what_followed(stores: Sequence[Store], context: Sequence[int]) -> Iterator[Following]:
    """What followed the context in all the stores together, for its last tokens, the longest match
    first. A length that matches nowhere but where the next longer one does says nothing new and is
    not listed."""
    every = [store.contexts.ranges(context) for store in stores]
    sizes = [[high - low for low, high in ranges] for ranges in every]
    together = [*map(sum, zip_longest(*sizes, fillvalue=0)), 0]
    for length in range(len(together) - 1, 0, -1):
        if together[length - 1] == together[length]:
            continue
        matching = [
            (store, ranges[length - 1])
            for store, ranges in zip(stores, every, strict=True)
            if len(ranges) >= length
        ]
        following = _counted(matching, length)
        if following is not None:
            yield following


def _counted(matching: Sequence[tuple[Store, Range]], length: int) -> Following | None:
    found = [pair for each in matching if len((pair := _counted_in(*each))[0])]
    if len(found) < 2:
        return Following(length, *found[0]) if found else None
    every, counts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(every)
    every = every[order]
    starts = _bounds(every)[:-1]
    return Following(length, every[starts], np.add.reduceat(counts[order], starts))


def _counted_in(store: Store, range_: Range) -> tuple[Integers, NDArray[np.float64]]:
    """The tokens at a range's positions, each once and in order, and how often each is there."""
    contexts, (low, high) = store.contexts, range_
    every = contexts.tokens[contexts.positions(range_, store.left_out)].astype(np.int64)
    every.sort()
    # a separator is more than any token
    every = every[: every.searchsorted(contexts.separator)]
    bounds = _bounds(every)
    counts = (bounds[1:] - bounds[:-1]).astype(np.float64)
    counts *= max(1.0, (high - low) / LOOKED_AT)
    return every[bounds[:-1]], counts


def _bounds(every: Integers) -> Integers:
    """Where in sorted tokens another one begins, and their end."""
    begins = np.ones(len(every) + 1, dtype=np.bool_)
    np.not_equal(every[1:], every[:-1], out=begins[1:-1])
    return begins.nonzero()[0]


def first_true(found: NDArray[np.bool_]) -> Integers:
    """How many of each row's first are true; bool [rows, columns]."""
    first: Integers = np.cumprod(found, axis=1, dtype=np.int64).sum(axis=1)
    return first


def _sorted_by_context(tokens: NDArray[np.unsignedinteger]) -> NDArray[np.int32]:
    """All positions sorted by the tokens before each, by prefix doubling (Manber and Myers 1993,
    "Suffix arrays"): ranks by k tokens, taken twice, are ranks by 2k."""
    rank = np.zeros(len(tokens), dtype=np.int32)
    rank[1:] = tokens[:-1]
    rank[0] = tokens[0]
    order, width = np.argsort(rank, kind="stable").astype(np.int32), 1
    while width < SORTED_BY:
        key = rank.astype(np.int64) << 32
        key[width:] |= rank[:-width]
        order = np.argsort(key, kind="stable").astype(np.int32)
        key = key[order]
        rank[order[1:]] = np.cumsum(key[1:] != key[:-1], dtype=np.int32)
        rank[order[0]] = 0
        width *= 2
    return order
