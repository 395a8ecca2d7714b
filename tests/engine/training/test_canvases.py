from random import Random

import pytest

from fillwright.engine.training import canvases
from fillwright.engine.training.canvases import TrainingCanvas, lay_out
from fillwright.engine.training.samples import Piece

END = 1
MIDDLE, AFTER = [10, 11, 12], list(range(50, 80))


def drawn(pieces: list[Piece], size: int, count: int = 200) -> list[TrainingCanvas]:
    made = [lay_out(pieces, size, (END,), Random(seed)) for seed in range(count)]
    return [canvas for canvas in made if canvas is not None]


def test_every_row_has_its_mark_and_its_weight() -> None:
    for canvas in drawn([Piece(MIDDLE, AFTER)], 16):
        assert len(canvas.ids) == len(canvas.pinned) == len(canvas.weights) == 16
        assert canvas.ids[:3] == MIDDLE
        assert [weight == 0 for weight in canvas.weights] == canvas.pinned


def test_the_suffix_head_stands_last_and_may_follow_the_middle_at_once() -> None:
    heads = [
        [token for token, pinned in zip(canvas.ids, canvas.pinned, strict=True) if pinned]
        for canvas in drawn([Piece(MIDDLE, AFTER)], 16)
    ]
    assert all(head == AFTER[: len(head)] for head in heads)
    assert {0, 12, 13} <= set(map(len, heads))
    assert 90 < sum(not head for head in heads) < 190


def test_end_marks_behind_the_first_count_as_one() -> None:
    (canvas,) = drawn([Piece(MIDDLE, [])], 8, count=1)
    assert canvas.ids == [*MIDDLE, END, END, END, END, END]
    assert canvas.weights == [1.0] * 4 + [0.25] * 4
    assert canvas.led == 4


def test_a_long_middle_goes_on_in_the_next_canvas() -> None:
    for canvas in drawn([Piece(list(range(100, 140)), AFTER)], 16):
        assert canvas.ids == list(range(100, 116))
        assert canvas.led == 16
        assert not any(canvas.pinned)


def test_several_holes_keep_the_text_between() -> None:
    pieces = [Piece(MIDDLE, [40, 41]), Piece([20], AFTER)]
    for canvas in drawn(pieces, 32):
        at = canvas.ids.index(40)
        assert canvas.pinned[at : at + 2] == [True, True]
        assert set(canvas.ids[3:at]) <= {END}
        assert canvas.ids[at + 2] == 20
        assert canvas.led == min(4, at)


def test_a_hole_is_never_without_rows() -> None:
    for pieces in ([Piece([], AFTER)], [Piece([], [40]), Piece([], AFTER)]):
        for canvas in drawn(pieces, 16):
            assert not canvas.pinned[0]
            assert canvas.weights.count(0.0) < 16


def test_several_holes_that_do_not_fit_are_left_out() -> None:
    assert drawn([Piece(MIDDLE, AFTER), Piece(MIDDLE, AFTER)], 16) == []


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_share_of_heads_is_kept(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvases, "HEAD_SHARE", share)
    assert {any(canvas.pinned) for canvas in drawn([Piece(MIDDLE, AFTER)], 16)} == {share > 0}
