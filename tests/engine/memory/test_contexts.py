"""Sorted contexts say what a naive count says."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fillwright.engine.memory import contexts
from fillwright.engine.memory.contexts import SortedContexts, Store, what_followed

VOCABULARY = 3
STREAMS = st.lists(st.lists(st.integers(0, VOCABULARY - 1), max_size=60), max_size=5)
CONTEXT = st.lists(st.integers(0, VOCABULARY - 1), max_size=30)


def naive(streams: list[list[int]], context: list[int], length: int) -> Counter[int]:
    """What followed the last `length` tokens inside each stream."""
    last = context[len(context) - length :]
    return Counter(
        stream[place]
        for stream in streams
        for place in range(length, len(stream))
        if stream[place - length : place] == last
    )


def found(stores: list[Store], context: list[int]) -> dict[int, Counter[int]]:
    return {
        level.length: Counter(dict(zip(level.tokens.tolist(), level.counts.tolist(), strict=True)))
        for level in what_followed(stores, context)
    }


@given(STREAMS, CONTEXT)
@example([[1, 0, 0, 1]], [1, 0])
def test_every_level_counts_what_a_naive_count_does(
    streams: list[list[int]], context: list[int]
) -> None:
    levels = found([Store(SortedContexts.of(streams, VOCABULARY))], context)
    longest = min(len(context), contexts.LONGEST)
    counts = {n: c for n in range(1, longest + 1) if (c := naive(streams, context, n))}
    assert max(levels, default=0) == max(counts, default=0)
    for length, counted in levels.items():
        assert counted == counts[length]
    # a length that is not listed says what a longer one says
    for length in counts.keys() - levels.keys():
        assert counts[length] == counts[min(n for n in levels if n > length)]


@given(STREAMS, CONTEXT)
def test_ranges_are_nested(streams: list[list[int]], context: list[int]) -> None:
    ranges = SortedContexts.of(streams, VOCABULARY).ranges(context)
    for (low, high), (inner_low, inner_high) in pairwise(ranges):
        assert low <= inner_low < inner_high <= high


@given(STREAMS, CONTEXT, st.data())
def test_streams_that_are_left_out_or_in_another_store_count_as_if_so(
    streams: list[list[int]], context: list[int], data: st.DataObject
) -> None:
    out = data.draw(st.sets(st.integers(0, max(0, len(streams) - 1))))
    cut = data.draw(st.integers(0, len(streams)))
    stores = []
    for first, part in ((0, streams[:cut]), (cut, streams[cut:])):
        sorted_ = SortedContexts.of(part, VOCABULARY)
        left = tuple(span for i, span in enumerate(sorted_.spans) if i + first in out)
        stores.append(Store(sorted_, left))
    kept = [stream for i, stream in enumerate(streams) if i not in out]
    for length, counted in found(stores, context).items():
        assert counted == naive(kept, context, length)


def test_a_range_of_many_positions_is_bisected_to_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = [[0, 1, 2, 0, 1, 1, 0, 2, 1] * 30, [2, 1, 0, 0, 1, 2]]
    sorted_ = SortedContexts.of(streams, VOCABULARY)
    gathered = sorted_.ranges([2, 0, 1, 1])
    assert len(gathered) == 4
    for at_once, at_most in ((0, 0), (0, 1000), (1000, 1000)):
        monkeypatch.setattr(contexts, "AT_ONCE", at_once)
        monkeypatch.setattr(contexts, "GATHERED", at_most)
        assert sorted_.ranges([2, 0, 1, 1]) == gathered


def test_many_places_are_estimated_from_evenly_spaced_ones() -> None:
    sorted_ = SortedContexts.of([[0, 1] * 3000], VOCABULARY)
    (*_, shortest) = what_followed([Store(sorted_)], [0])
    assert shortest.tokens.tolist() == [1]
    assert shortest.counts.sum() == pytest.approx(3000, rel=0.01)


def test_places_of_a_large_store_count_for_more_than_those_of_a_small_one() -> None:
    large, small = SortedContexts.of([[0, 1] * 3000], 3), SortedContexts.of([[0, 1, 0, 2]], 3)
    (*_, shortest) = what_followed([Store(large), Store(small)], [0])
    assert shortest.tokens.tolist() == [1, 2]
    assert shortest.counts.tolist() == pytest.approx([3001, 1], rel=0.01)


def test_nothing_follows_across_a_separator() -> None:
    sorted_ = SortedContexts.of([[0, 1], [2, 2]], VOCABULARY)
    assert list(what_followed([Store(sorted_)], [0, 1])) == []
