import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.diffusion.canvas import BUCKETS
from fillwright.engine.infill.hole_length import (
    joint_canvas,
    rows_for_draft,
    single_canvas,
    single_canvas_length,
)


def test_a_single_hole_is_all_of_the_canvas_behind_what_is_known() -> None:
    canvas = single_canvas([7], [8, 9], 16)
    assert canvas.holes == (range(3, 16),)
    assert canvas.ids[:3].tolist() == [7, 8, 9]
    assert canvas.pinned.tolist() == [True] * 3 + [False] * 13


def test_holes_and_the_text_between_share_a_canvas() -> None:
    canvas = joint_canvas([7], [8], [4, 3], [[20, 21]])
    assert canvas is not None
    assert canvas.holes == (range(2, 6), range(8, 16))
    assert canvas.ids[canvas.pinned].tolist() == [7, 8, 20, 21]


@pytest.mark.parametrize(("between", "fits"), [(248, True), (249, False)])
def test_holes_too_far_apart_fit_on_no_canvas(between: int, fits: bool) -> None:
    canvas = joint_canvas([7], [], [4, 3], [[20] * between])
    assert (canvas is not None) == fits


@given(drafted=st.integers(0, 300), budget=st.integers(1, 300))
def test_a_draft_gets_room_for_its_end_mark_and_no_more_than_the_budget(
    drafted: int, budget: int
) -> None:
    rows = rows_for_draft(drafted, budget)
    assert drafted < rows <= max(drafted, budget) + 1
    assert rows >= min(drafted + 4, budget)


@given(limit=st.sampled_from([16, 32, 256]), budget=st.integers(1, 1000), known=st.integers(0, 2))
def test_a_single_canvas_holds_the_budget_and_an_end_mark_or_is_the_checkpoints(
    limit: int, budget: int, known: int
) -> None:
    length = single_canvas_length(limit, budget, known)
    assert length in BUCKETS
    assert length == limit or limit > length >= budget + known + 1
