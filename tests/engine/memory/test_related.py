"""Code is related where much of what stands before the place stands in it."""

import pytest

from fillwright.engine.memory.contexts import SortedContexts, Store
from fillwright.engine.memory.related import FEWEST, are_related

VOCABULARY = 200
BEFORE = list(range(100))


def store(*streams: list[int], left_out: tuple[int, ...] = ()) -> Store:
    contexts = SortedContexts.of(streams, VOCABULARY)
    return Store(contexts, tuple(contexts.spans[stream] for stream in left_out))


def pieces(length: int) -> list[list[int]]:
    """What stands before, cut in pieces of so many tokens that something else stands between."""
    return [[*BEFORE[start : start + length], 150] for start in range(0, len(BEFORE), length)]


def test_what_has_the_same_code_is_related() -> None:
    assert are_related([store(BEFORE)], BEFORE)
    assert are_related([store([150, 151]), store(BEFORE)], BEFORE)


@pytest.mark.parametrize(("length", "related"), [(1, False), (2, False), (8, True)])
def test_what_has_its_words_alone_is_not(length: int, related: bool) -> None:
    assert are_related([store(*pieces(length))], BEFORE) == related


def test_what_is_left_out_makes_nothing_related() -> None:
    assert not are_related([store(BEFORE, [150, 151], left_out=(0,))], BEFORE)
    assert are_related([store(BEFORE, BEFORE, left_out=(0,))], BEFORE)
    assert not are_related([], BEFORE)


def test_with_little_before_the_place_nobody_can_tell() -> None:
    assert are_related([store([150, 151])], BEFORE[:FEWEST])
    assert not are_related([store([150, 151])], BEFORE[: FEWEST + 1])
