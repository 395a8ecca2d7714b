import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.diffusion.canvas import BUCKETS
from fillwright.engine.infill.denoising.lengths import (
    LEAST_SUFFIX,
    LengthBias,
    canvas_length,
    contracted,
    joint_canvas,
    longest_pinned,
    neighbours,
    pinned_canvas,
    rows_for_draft,
    searched_lengths,
    single_canvas,
)

MARK = 1
SUFFIX = [40, 41, 42, 43, 44, 45, 46, 47, 48]


def test_a_single_hole_is_all_of_the_canvas_behind_what_is_known() -> None:
    canvas = single_canvas([7, 8, 9], 16)
    assert canvas.holes == (range(3, 16),)
    assert canvas.ids[:3].tolist() == [7, 8, 9]
    assert canvas.pinned.tolist() == [True] * 3 + [False] * 13


def test_holes_and_the_text_between_share_a_canvas() -> None:
    canvas = joint_canvas([7, 8], [4, 3], [[20, 21]])
    assert canvas is not None
    assert canvas.holes == (range(2, 6), range(8, 16))
    assert canvas.ids[canvas.pinned].tolist() == [7, 8, 20, 21]


@pytest.mark.parametrize(("between", "fits"), [(248, True), (249, False)])
def test_holes_too_far_apart_fit_on_no_canvas(between: int, fits: bool) -> None:
    canvas = joint_canvas([7], [4, 3], [[20] * between])
    assert (canvas is not None) == fits


@given(drafted=st.integers(0, 300), budget=st.integers(1, 300))
def test_a_draft_gets_room_for_its_end_mark_and_no_more_than_the_budget(
    drafted: int, budget: int
) -> None:
    rows = rows_for_draft(drafted, budget)
    assert drafted < rows <= max(drafted, budget) + 1
    assert rows >= min(drafted + 4, budget)


@given(limit=st.sampled_from([16, 32, 256]), rows=st.integers(1, 1000))
def test_a_canvas_holds_the_rows_or_is_the_checkpoints(limit: int, rows: int) -> None:
    length = canvas_length(limit, rows)
    assert length in BUCKETS
    assert length == limit or limit > length >= rows


@given(limit=st.sampled_from(BUCKETS), known=st.integers(0, 2), budget=st.integers(1, 300))
def test_every_searched_length_leaves_room_for_the_text_behind(
    limit: int, known: int, budget: int
) -> None:
    longest = longest_pinned(limit, known, budget)
    assert 1 <= longest <= budget
    assert longest == budget or longest + known + LEAST_SUFFIX == limit
    lengths = searched_lengths(longest)
    assert lengths == sorted(set(lengths))
    assert lengths[-1] == longest
    for rows in lengths:
        canvas = pinned_canvas([7] * known, rows, [9] * 256, limit)
        assert canvas.holes == (range(known, known + rows),)
        assert canvas.ids[known + rows :].tolist() == [9] * (limit - known - rows)
        assert set(neighbours([rows], longest)) <= set(range(1, longest + 1)) - {rows}


def test_a_search_looks_closest_where_holes_are_short() -> None:
    assert searched_lengths(20) == [1, 2, 3, 4, 6, 8, 12, 16, 20]
    assert neighbours([1, 12], 13) == [2, 3, 10, 11, 13]


@pytest.mark.parametrize(
    ("hole", "kept"),
    [
        ([10, 11, 12, 13], 4),
        ([10, 11, MARK, 13], 2),
        ([MARK, 10, 11, 12], 0),
        ([10, 40, 41, 42, 43, 44], 1),
        ([10, 11, 40, 41, 42, 43], 2),
        ([10, 11, 12, 40, 41, 42], 6),  # three tokens may be chance
        ([10, 40, 41, 42, 12, 13, 14], 7),
        ([40, 41, 42, 43, MARK], 0),
        ([10, MARK, 40, 41, 42, 43], 1),
    ],
)
def test_a_hole_ends_where_a_mark_or_the_text_behind_begins(hole: list[int], kept: int) -> None:
    assert contracted(hole, [0.9] * len(hole), SUFFIX, (MARK, 2)) == kept


@pytest.mark.parametrize("hole", [[10, MARK, 12, 13, 14, 15], [10, 40, 41, 42, 43, 44]])
def test_what_is_doubtful_ends_no_hole(hole: list[int]) -> None:
    assert contracted(hole, [0.9, *[0.4] * 5], SUFFIX, (MARK,)) == 6
    assert contracted(hole, [0.1, *[0.6] * 5], SUFFIX, (MARK,)) == 1


def test_a_bias_lies_between_its_points() -> None:
    bias = LengthBias(((2, -3.0), (8, -1.0), (32, -0.5)))
    assert [bias(rows) for rows in (2, 8, 32)] == [-3.0, -1.0, -0.5]
    assert bias(4) == pytest.approx(-2.0)
    assert (bias(1), bias(100)) == (-3.0, -0.5)
    assert -1.0 < bias(9) < bias(31) < -0.5
    assert LengthBias()(7) == 0.0
    assert LengthBias(((4, 1.5),))(3) == LengthBias(((4, 1.5),))(5) == 1.5
    assert not math.isnan(bias(3))


@pytest.mark.parametrize("rows", [(0, 1), (2, 2), (4, 3)])
def test_points_of_a_bias_ascend(rows: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="ascend from 1"):
        LengthBias(tuple((each, 0.0) for each in rows))
