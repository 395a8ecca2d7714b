import numpy as np
import pytest
import torch

from fillwright.engine.diffusion.canvas import Canvas, CanvasRows, bucket
from fillwright.kernels.arrays import Array, RandomNumbers, on_host, placed

END = 9


@pytest.fixture(params=["numpy", "torch"])
def kind(request: pytest.FixtureRequest) -> RandomNumbers:
    """A generator: what kind of arrays the canvases become."""
    return np.random.default_rng(1) if request.param == "numpy" else torch.Generator()


def of(kind: RandomNumbers, rows: list[list[int]]) -> Array:
    return placed(np.array(rows), kind)


def test_layout_puts_holes_between_pinned_text_and_pads_the_last_hole() -> None:
    canvas = Canvas.lay_out([3, 2], [[11, 12]], head=[10], suffix=[13, 14, 15])

    assert canvas.length == 16
    assert canvas.holes == (range(1, 4), range(6, 13))
    pinned = {0: 10, 4: 11, 5: 12, 13: 13, 14: 14, 15: 15}
    assert np.flatnonzero(canvas.pinned).tolist() == sorted(pinned)
    assert {row: int(canvas.ids[row]) for row in pinned} == pinned


def test_an_exact_length_leaves_no_padding() -> None:
    canvas = Canvas.lay_out([3], suffix=[13], length=4)
    assert canvas.holes == (range(3),)


@pytest.mark.parametrize(
    ("tokens", "length"),
    [(1, 16), (16, 16), (17, 32), (65, 96), (97, 128), (129, 192), (193, 256), (256, 256)],
)
def test_bucket_is_the_smallest_that_holds(tokens: int, length: int) -> None:
    assert bucket(tokens) == length


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="257 tokens do not fit"):
        Canvas.lay_out([250], suffix=[0] * 7)
    with pytest.raises(ValueError, match="5 tokens do not fit on a canvas of 4"):
        Canvas.lay_out([5], length=4)
    with pytest.raises(ValueError, match="2 holes need 1 texts"):
        Canvas.lay_out([1, 1])


@pytest.mark.parametrize("holes", [(), (range(2),), (range(3), range(3, 3)), (range(1, 4),)])
def test_holes_must_be_the_free_rows(holes: tuple[range, ...]) -> None:
    pinned = np.array([False, False, False, True])
    with pytest.raises(ValueError, match="free rows"):
        Canvas(np.zeros(4, dtype=np.int64), pinned, holes)


def test_written_stops_at_the_first_end_mark_of_each_hole() -> None:
    canvas = Canvas.lay_out([3, 3], [[END]], length=7)
    ids = np.array([1, END, 2, END, 3, 4, 5])
    assert canvas.written(ids, [END, 8]) == (range(1), range(4, 7))


def test_settle_fills_the_rest_of_the_hole_and_no_other(kind: RandomNumbers) -> None:
    canvas = Canvas.lay_out([4, 3], [[7]], suffix=[END], length=9)
    rows = CanvasRows.stack([canvas, canvas], [END], kind)
    ids = of(kind, [[1, END, 2, 3, 7, 4, 5, 6, END], [1, 2, 3, END, 7, END, 4, 4, END]])
    settled, after = rows.settle(ids, rows.free)

    assert settled.tolist() == [
        [1, END, END, END, 7, 4, 5, 6, END],
        [1, 2, 3, END, 7, END, END, END, END],
    ]
    assert np.argwhere(on_host(after)).tolist() == [[0, 2], [0, 3], [1, 6], [1, 7]]


def test_settle_waits_for_an_end_mark_that_is_sure(kind: RandomNumbers) -> None:
    canvas = Canvas.lay_out([4], length=4)
    rows = CanvasRows.stack([canvas], [END], kind)
    ids = of(kind, [[1, END, 2, 3]])
    sure = placed(np.array([[True, False, True, True]]), kind)
    assert rows.settle(ids, sure)[0].tolist() == ids.tolist()


def test_holes_that_touch_are_settled_apart(kind: RandomNumbers) -> None:
    rows = CanvasRows.stack([Canvas.lay_out([2, 2], [[]], length=4)], [END], kind)
    settled, _ = rows.settle(of(kind, [[END, 1, 2, 3]]), rows.free)
    assert settled.tolist() == [[END, END, 2, 3]]


def test_canvases_of_two_lengths_cannot_be_stacked() -> None:
    with pytest.raises(ValueError, match="one length"):
        CanvasRows.stack([Canvas.lay_out([4]), Canvas.lay_out([20])], (), np.random.default_rng(1))
