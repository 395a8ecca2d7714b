"""Precedents: what fits where the hole is, and how its ends count."""

from collections.abc import Sequence

from fillwright.engine.memory.contexts import SortedContexts, Store
from fillwright.engine.memory.evidence import Part, Precedents

VOCABULARY = 10
END, LINE_END = 0, 9


def precedents(
    streams: list[list[int]],
    context: list[int],
    allowed: Sequence[int] = (),
    far: list[list[int]] | None = None,
) -> Precedents:
    stores = [[Store(SortedContexts.of(each, VOCABULARY))] for each in (far or [], streams)]
    following = {(): list(allowed)}
    return Precedents(*stores, context, lambda ids: following.get(tuple(ids), []), (END, LINE_END))


def counts(part: Part) -> tuple[int, dict[int, float]] | None:
    if part is None:
        return None
    return part.length, dict(zip(part.tokens.tolist(), part.counts.tolist(), strict=True))


def test_the_longest_match_and_the_next_that_says_more_are_the_parts() -> None:
    found = precedents([[1, 2, 3, 4], [5, 3, 6], [1, 2, 3, 4]], [1, 2, 3]).parts([])
    assert list(map(counts, found)) == [None, None, (3, {4: 2}), (1, {4: 2, 6: 1})]


def test_the_far_part_of_the_file_is_told_from_the_project() -> None:
    found = precedents([[3, 4]], [3], far=[[3, 5]]).parts([])
    assert list(map(counts, found)) == [(1, {5: 1}), None, (1, {4: 1}), None]


def test_what_is_written_is_part_of_the_context() -> None:
    assert counts(precedents([[1, 2, 3, 4]], [1]).parts([2, 3])[2]) == (3, {4: 1})


def test_where_a_lead_must_be_written_only_what_may_begin_it_counts_at_any_length() -> None:
    found = precedents([[1, 2, 3], [5, 2, 4]], [1, 2], allowed=[4]).parts([])
    assert list(map(counts, found))[2:] == [(1, {4: 1}), None]


def test_every_end_counts_as_the_mark_and_as_none_where_the_hole_would_be_empty() -> None:
    seen = precedents([[1, LINE_END], [1, 2], [2, 1, LINE_END]], [1])
    assert counts(seen.parts([])[2]) == (1, {2: 1})
    assert counts(precedents([[2, 1, LINE_END]], [2]).parts([1])[2]) == (2, {END: 1})


def test_a_level_of_nothing_but_ends_gives_way_to_a_shorter_one_at_the_start() -> None:
    seen = precedents([[2, 1, LINE_END], [3, 1, 4]], [2, 1])
    assert counts(seen.parts([])[2]) == (1, {4: 1})
