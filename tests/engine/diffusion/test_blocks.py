from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count

import pytest
import torch
from torch import Generator, Tensor

from fillwright.engine.diffusion import (
    BlockLoop,
    BlockStep,
    Canvas,
    DenoiseSettings,
    DraftNoise,
    RowConvention,
    UniformNoise,
    denoise,
)

VOCABULARY, END = 64, 1
SETTINGS = DenoiseSettings(noise=UniformNoise(VOCABULARY), steps=4)
TEXT = list(range(10, 60))
Sure = Callable[..., Tensor]


def writer(scripted: type, sure: Sure, text: list[int]) -> object:
    """A model that writes `text`, canvas by canvas, and knows from its commits where it is."""

    def says(step: int, canvas: Tensor) -> Tensor:
        at = sum(map(len, model.committed))
        return sure(text[at : at + 16], VOCABULARY)

    model = scripted(says)
    return model


def run(model: object, first: Canvas, blocks: int, **options: object) -> list[BlockStep]:
    settings = options.pop("settings", SETTINGS)
    generator = Generator().manual_seed(0)
    return list(
        BlockLoop(partial(denoise, model), model, [END]).denoise(
            None, first, blocks, settings, generator, **options
        )
    )


def test_each_finished_canvas_is_committed_but_the_last(scripted: type, sure: Sure) -> None:
    model = writer(scripted, sure, TEXT)
    steps = run(model, Canvas.lay_out([16]), 3)

    assert [step.block for step in steps] == [0, 0, 1, 1, 2, 2]
    assert model.committed == [TEXT[:16], TEXT[16:32]]
    assert steps[2].written == tuple(TEXT[:16])
    assert steps[-1].tokens == tuple(TEXT[:48])


def test_an_end_mark_ends_the_sequence(scripted: type, sure: Sure) -> None:
    text = [*TEXT[:20], END, *TEXT[20:]]
    model = writer(scripted, sure, text)
    steps = run(model, Canvas.lay_out([16]), 3)
    assert model.committed == [text[:16]]
    assert steps[-1].tokens == tuple(text[:32])


def test_an_end_mark_among_pinned_tokens_ends_nothing(scripted: type, sure: Sure) -> None:
    model = writer(scripted, sure, [END, *TEXT])
    steps = run(model, Canvas.lay_out([15], head=[END]), 2)
    assert steps[-1].block == 1
    assert steps[-1].tokens == tuple(TEXT[:31])


def test_shifted_blocks_overlap_by_the_last_token(scripted: type, sure: Sure) -> None:
    """The cache ends before the canvas's first row, which repeats the last token written."""
    model = writer(scripted, sure, TEXT)
    first = Canvas.lay_out([15], head=[9])
    settings = replace(SETTINGS, rows=RowConvention.SHIFTED)
    steps = run(model, first, 3, settings=settings)

    assert steps[-1].tokens == tuple(TEXT[:45])
    assert model.committed == [[9, *TEXT[:14]], TEXT[14:29]]
    assert [canvas[0, 0].item() for canvas in model.canvases] == [9, 9, 24, 24, 39, 39]


def test_cancel_between_blocks_commits_no_more(scripted: type, sure: Sure) -> None:
    model = writer(scripted, sure, TEXT)
    asked = count(1)
    steps = run(model, Canvas.lay_out([16]), 3, cancelled=lambda: next(asked) > 3)
    assert [(step.block, step.step.step) for step in steps] == [(0, 1), (0, 2), (1, 1)]
    assert len(model.committed) == 1


def test_drafts_start_the_canvases_in_turn(scripted: type, sure: Sure) -> None:
    model = writer(scripted, sure, TEXT)
    drafts = [torch.full((16,), token) for token in (5, 6)]
    starts = [DraftNoise(draft, 0.0, SETTINGS.noise) for draft in drafts]
    steps = run(model, Canvas.lay_out([16]), 3, starts=starts)
    firsts = [i for i, step in enumerate(steps) if step.step.step == 1]
    first, second, third = (model.canvases[i][0] for i in firsts)
    assert torch.equal(first, drafts[0])
    assert torch.equal(second, drafts[1])
    assert len(third.unique()) > 2


@pytest.mark.parametrize(
    "first",
    [Canvas.lay_out([15], suffix=[3]), Canvas.lay_out([8, 7], [[3]])],
)
def test_a_hole_with_text_behind_it_cannot_go_on(scripted: type, first: Canvas) -> None:
    with pytest.raises(ValueError, match="reaches the end of its canvas"):
        run(scripted(lambda step, canvas: canvas), first, 2)
