"""What stood after a left context: the longest match first, and never across a seam."""

import pytest

from fillwright.engine.memory.after import LEAST, MOST, stood_after
from fillwright.engine.memory.contexts import SortedContexts, Store

VOCABULARY = 100
BEFORE = list(range(10, 10 + LEAST + 4))


def store(*streams: list[int], left_out: int | None = None) -> Store:
    contexts = SortedContexts.of(streams, VOCABULARY)
    return Store(contexts, () if left_out is None else (contexts.spans[left_out],))


def test_the_longest_match_comes_first_and_each_text_once() -> None:
    short, long = [*BEFORE[3:], 1, 2, 3], [*BEFORE, 4, 5, 6, 7]
    assert stood_after([store(short, long, [9, *long])], BEFORE, 3) == [(4, 5, 6), (1, 2, 3)]
    assert stood_after([store(short), store(long)], BEFORE, 3) == [(4, 5, 6), (1, 2, 3)]


@pytest.mark.parametrize("matching", [LEAST - 1, LEAST])
def test_a_short_match_is_none(matching: int) -> None:
    stream = [0, *BEFORE[-matching:], 1, 2]
    assert stood_after([store(stream)], BEFORE, 2) == [(1, 2)] * (matching == LEAST)


def test_nothing_goes_on_into_the_next_stream_or_comes_from_one_that_is_left_out() -> None:
    streams = [*BEFORE, 1], [*BEFORE, 2, 3]
    assert set(stood_after([store(*streams)], BEFORE, 5)) == {(1,), (2, 3)}
    assert stood_after([store(*streams, left_out=0)], BEFORE, 5) == [(2, 3)]
    assert stood_after([], BEFORE, 5) == []


def test_there_are_not_too_many() -> None:
    streams = [[*BEFORE, token] for token in range(MOST + 2)]
    assert len(stood_after([store(*streams)], BEFORE, 1)) == MOST
