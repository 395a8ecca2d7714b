from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from fillwright.engine.diffusion.canvas import Canvas, CanvasRows
from fillwright.engine.diffusion.stopping import confident, unchanged_steps
from fillwright.kernels.entropy_bound import entropy_bound
from fillwright.kernels.gpu.denoise_step import (
    OTHERS,
    WARPS,
    DeviceCanvas,
    EndMarks,
    StepLimits,
    denoise_step,
)

MARK, OTHER_MARK, VOCABULARY = 3, 4, 12


def stacked(batch: int, marks: tuple[int, ...], length: int, device: str) -> CanvasRows:
    """Canvases with a head, text between two holes, and a pinned suffix."""
    first = (length - 6) // 2
    canvases = [
        Canvas.lay_out(
            [first - each, length - 6 - first + each], [[7, MARK, 9]], head=[5], suffix=[6, 2],
            length=length,
        )
        for each in range(batch)
    ]  # fmt: skip
    return CanvasRows.stack(canvases, marks, torch.Generator(device))


def limits(bound: float, threshold: float, stability: int, device: str) -> StepLimits:
    return StepLimits(
        torch.tensor([bound], device=device),
        torch.tensor([threshold], device=device),
        torch.tensor([stability], dtype=torch.int32, device=device),
    )


@pytest.mark.parametrize("marks", [(), (MARK,), (MARK, OTHER_MARK)])
@pytest.mark.parametrize(("batch", "length"), [(1, 16), (3, 45)])
@pytest.mark.parametrize("bound", [0.0, 0.1, 2.0])
def test_steps_are_those_of_the_loop(
    device: str, marks: tuple[int, ...], batch: int, length: int, bound: float
) -> None:
    rows = stacked(batch, marks, length, device)
    random = torch.Generator().manual_seed(length)

    def tokens() -> Tensor:
        return torch.randint(VOCABULARY, (batch, length), generator=random).to(device)

    end_marks = EndMarks.none(VOCABULARY, torch.device(device))
    end_marks.become([5, 7])
    end_marks.become(marks)
    state = DeviceCanvas.start(rows.ids, rows.pinned, rows.hole_start, end_marks, tokens())
    draft = torch.full_like(rows.ids, -1)
    unchanged = torch.zeros(batch, dtype=torch.int64, device=device)
    guess, finished = tokens(), False
    for step in range(6):
        entropy = torch.rand(batch, length, generator=random).to(device) / (1 + step**2)
        entropy[:, ::5] = 0.01  # some are equal
        sample, noise = tokens(), tokens()
        if step % 2 == 0 and step < 4:
            guess = tokens()
        denoise_step(state, limits(bound, 0.05, 1, device), entropy, guess, sample, noise)

        accepted = entropy_bound(entropy, rows.free, bound)
        canvas = rows.pin(torch.where(accepted, sample, noise))
        canvas, settled = rows.settle(canvas, accepted)
        previous = draft
        draft, ended = rows.settle(rows.pin(guess), rows.free)
        unchanged = unchanged_steps(draft, previous, unchanged)
        done = (unchanged >= 1) & confident(entropy, rows.free & ~ended, 0.05)
        assert torch.equal(state.argmax_canvas, draft)
        assert torch.equal(state.canvas, canvas)
        assert torch.equal(state.accepted_token_mask, accepted | settled)
        assert torch.equal(state.unchanged.long(), unchanged)
        assert torch.equal(state.done.bool(), done)
        if done.any():
            finished = True
            break
    assert finished


def test_a_canvas_that_is_done_stays(device: str) -> None:
    rows = stacked(2, (), 16, device)
    no_marks = EndMarks.none(VOCABULARY, torch.device(device))
    state = DeviceCanvas.start(rows.ids, rows.pinned, rows.hole_start, no_marks, rows.ids + 1)
    state.done[0] = 1
    before = state.canvas.clone()
    sure = torch.zeros(2, 16, device=device)
    tokens = torch.full_like(rows.ids, 8)
    denoise_step(state, limits(0.1, 0.05, 1, device), sure, tokens, tokens, tokens)
    assert torch.equal(state.canvas[0], before[0])
    assert not torch.equal(state.canvas[1], before[1])


def test_no_more_than_256_rows(device: str) -> None:
    rows = torch.zeros(1, 300, dtype=torch.int64, device=device)
    no_marks = EndMarks.none(VOCABULARY, torch.device(device))
    state = DeviceCanvas.start(rows, rows.bool(), rows, no_marks, rows)
    with pytest.raises(ValueError, match="256"):
        denoise_step(state, limits(0.1, 0.1, 1, device), rows.float(), rows, rows, rows)


@pytest.mark.parametrize("rows", [64, 256])
@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int, rows: int) -> None:
    tokens = [
        "guess",
        "sample",
        "noise",
        "ids",
        "hole_start",
        "first_mark",
        "canvas",
        "argmax_canvas",
    ]
    built = build(
        arch,
        kernel="fillwright.kernels.gpu.denoise_step:denoise_step_kernel",
        types={
            **dict.fromkeys(tokens, "*i64"),
            "entropy": "*fp32",
            **dict.fromkeys(["pinned", "is_mark", "accepted_token_mask"], "*i1"),
            "unchanged": "*i32",
            "done": "*i32",
            "bound": "*fp32",
            "threshold": "*fp32",
            "stability": "*i32",
            "rows": "i32",
        },
        constants={"N": rows, "OTHERS": OTHERS},
        aligned=[*tokens, "entropy", "rows"],
        num_warps=WARPS,
    )
    assert built.spills == 0
