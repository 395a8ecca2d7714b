"""What stood between two contexts is what a search through every stream finds."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.memory.between import LONGEST_HOLE, Between, stood_between
from fillwright.engine.memory.contexts import LONGEST, SortedContexts, Store
from fillwright.engine.memory.limits import LEAST_SIDE

VOCABULARY = 4
BREAK = 3
STREAM = st.lists(st.integers(0, VOCABULARY - 1), max_size=40)
SIDE = st.lists(st.integers(0, VOCABULARY - 1), min_size=LEAST_SIDE, max_size=6)


def stores(*streams: Sequence[int], out: int = 0) -> list[Store]:
    contexts = SortedContexts.of(streams, VOCABULARY)
    return [Store(contexts, contexts.spans[:out])]


def same(one: Sequence[int], other: Sequence[int]) -> int:
    """How many first tokens are the same."""
    pairs = list(zip(one[:LONGEST], other[:LONGEST], strict=False))
    return next((place for place, (a, b) in enumerate(pairs) if a != b), len(pairs))


def naive(
    streams: Sequence[Sequence[int]], before: Sequence[int], after: Sequence[int]
) -> dict[tuple[int, ...], tuple[int, int]]:
    """Each text, how far its nearest place matches on both sides together, and its places."""
    found: dict[tuple[int, ...], tuple[int, int]] = {}
    for stream in streams:
        for start in range(len(stream) + 1):
            left = same(stream[:start][::-1], before[::-1])
            ends = []
            for end in range(start, min(start + LONGEST_HOLE, len(stream))):
                ends.append((same(stream[end:], after), -end))
                if stream[end] == BREAK:
                    break
            right, end = max(ends, default=(0, 0))
            if left >= LEAST_SIDE and right >= LEAST_SIDE:
                text = tuple(stream[start:-end])
                nearest, places = found.get(text, (0, 0))
                found[text] = max(nearest, left + right), places + 1
    return found


@given(st.lists(STREAM, max_size=4), SIDE, SIDE, STREAM)
def test_every_text_is_found_that_stood_there(
    streams: list[list[int]], before: list[int], after: list[int], hole: list[int]
) -> None:
    # chance alone seldom makes a match on both sides
    streams.append([*before, *hole, *after])
    found = stood_between(stores(*streams), before, after, (BREAK,))
    assert {one.tokens: (one.left + one.right, one.places) for one in found} == naive(
        streams, before, after
    )
    nearest = [one.left + one.right for one in found]
    assert nearest == sorted(nearest, reverse=True)


LEFT, RIGHT = [0, 1, 2, 0, 1], [2, 2, 1, 0, 0]


def test_a_stream_that_is_left_out_says_nothing_and_neither_does_a_seam() -> None:
    assert stood_between(stores([*LEFT, 1, *RIGHT]), LEFT, RIGHT) == [Between((1,), 5, 5, 1)]
    assert stood_between(stores([*LEFT, 1, *RIGHT], out=1), LEFT, RIGHT) == []
    assert stood_between(stores(LEFT, [1, *RIGHT]), LEFT, RIGHT) == []


def test_texts_of_several_stores_are_counted_together() -> None:
    both = [*stores([*LEFT, 1, *RIGHT]), *stores([*LEFT[1:], 1, *RIGHT], [*LEFT[1:], *RIGHT])]
    assert stood_between(both, LEFT, RIGHT) == [Between((1,), 5, 5, 2), Between((), 4, 5, 1)]


def test_a_lead_may_have_what_ends_the_hole_elsewhere() -> None:
    held = stores([*LEFT, BREAK, 1, *RIGHT])
    assert stood_between(held, LEFT, RIGHT, (BREAK,)) == []
    assert stood_between(held, LEFT, RIGHT, (BREAK,), lead=1) == [Between((BREAK, 1), 5, 5, 1)]


def test_too_little_on_a_side_is_no_place() -> None:
    held = stores([*LEFT, 1, *RIGHT])
    assert stood_between(held, LEFT[-3:], RIGHT) == stood_between(held, LEFT, RIGHT[:3]) == []
    assert stood_between([], LEFT, RIGHT) == []
