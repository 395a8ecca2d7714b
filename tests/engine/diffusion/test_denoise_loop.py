from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
import torch
from torch import Generator, Tensor

from fillwright.engine.diffusion import (
    Canvas,
    DenoiseSettings,
    DraftNoise,
    HybridNoise,
    RowConvention,
    UniformNoise,
    denoise,
)
from fillwright.engine.diffusion.draw import Draw, exponential_race, inverse_transform, most_likely

VOCABULARY, END, MASK = 40, 1, 39
SETTINGS = DenoiseSettings(noise=UniformNoise(VOCABULARY), steps=8)
CANVAS = Canvas.lay_out([16])
TEXT = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]
Sure = Callable[..., Tensor]


def opinions(step: int, canvas: Tensor) -> Tensor:
    """Random logits that change at every step."""
    shape = (*canvas.shape, VOCABULARY)
    return 6 * torch.randn(shape, generator=Generator().manual_seed(step))


def test_a_sure_model_is_done_after_two_steps(
    scripted: type, sure: Sure, generator: Generator
) -> None:
    model = scripted(lambda step, _: sure(TEXT, VOCABULARY))
    steps = list(denoise(model, None, [CANVAS], SETTINGS, generator))

    assert [(step.step, step.steps_left) for step in steps] == [(1, 7), (2, 6)]
    assert [bool(step.done) for step in steps] == [False, True]
    assert steps[-1].last
    assert steps[-1].argmax_canvas.tolist() == [TEXT]
    assert steps[0].accepted_token_mask.all()
    assert model.canvases[1].tolist() == [TEXT]


def test_an_unsure_model_uses_every_step(scripted: type, generator: Generator) -> None:
    steps = list(denoise(scripted(opinions), None, [CANVAS], SETTINGS, generator))
    assert [step.steps_left for step in steps] == [7, 6, 5, 4, 3, 2, 1, 0]
    assert [step.last for step in steps] == [False] * 7 + [True]


def test_rows_that_are_not_accepted_are_renoised(scripted: type, generator: Generator) -> None:
    settings = replace(SETTINGS, noise=HybridNoise(VOCABULARY, MASK, 0.0))
    model = scripted(opinions)
    steps = list(denoise(model, None, [CANVAS], settings, generator))

    assert (model.canvases[0] == MASK).all()
    for step, next_input in zip(steps, model.canvases[1:], strict=False):
        assert torch.equal(step.renoised_canvas, next_input)
        assert (next_input[~step.accepted_token_mask] == MASK).all()
        assert 1 <= int(step.accepted_token_mask.sum()) < 16


@pytest.mark.parametrize("draw", [inverse_transform, exponential_race, most_likely])
def test_the_seed_decides(scripted: type, draw: Draw) -> None:
    settings = replace(SETTINGS, draw=draw)

    def canvases(seed: int) -> list[list[list[int]]]:
        steps = denoise(scripted(opinions), None, [CANVAS], settings, Generator().manual_seed(seed))
        return [step.renoised_canvas.tolist() for step in steps]

    assert canvases(3) == canvases(3)
    assert canvases(3) != canvases(4)


def test_drawing_the_most_likely_token(scripted: type, generator: Generator) -> None:
    settings = replace(SETTINGS, draw=most_likely, entropy_bound=1e9)
    for step in denoise(scripted(opinions), None, [CANVAS], settings, generator):
        assert torch.equal(step.renoised_canvas, step.argmax_canvas)


def test_cancel_is_looked_at_before_every_step(scripted: type, generator: Generator) -> None:
    model = scripted(opinions)
    asked = count(1)
    steps = denoise(model, None, [CANVAS], SETTINGS, generator, cancelled=lambda: next(asked) > 3)
    assert [step.step for step in steps] == [1, 2, 3]
    assert len(model.canvases) == 3


def test_a_cancelled_fill_makes_no_step(scripted: type, generator: Generator) -> None:
    model = scripted(opinions)
    steps = denoise(model, None, [CANVAS], SETTINGS, generator, cancelled=lambda: True)
    assert list(steps) == []
    assert model.canvases == []


def test_an_end_mark_settles_the_rest_of_its_hole(
    scripted: type, sure: Sure, generator: Generator
) -> None:
    """The model is sure of `7 8 END`, has no idea of what stands after, and is done anyway."""
    canvas = Canvas.lay_out([8, 4], [[30]], suffix=[31, 31, 31], length=16)

    def says(step: int, ids: Tensor) -> Tensor:
        logits = opinions(step, ids)
        logits[:, :3] = sure([7, 8, END], VOCABULARY)
        logits[:, 9:13] = sure([9, 10, 11, 12], VOCABULARY)
        return logits

    settled = [7, 8, *[END] * 6, 30, 9, 10, 11, 12, 31, 31, 31]
    model = scripted(says)
    settings = replace(SETTINGS, end_marks=(END, 2))
    steps = list(denoise(model, None, [canvas], settings, generator))
    assert [step.argmax_canvas.tolist() for step in steps] == [[settled]] * 2
    assert model.canvases[1].tolist() == [settled]
    assert steps[0].accepted_token_mask[0].tolist() == (~canvas.pinned).tolist()
    assert steps[-1].done.all()
    assert canvas.written(steps[-1].argmax_canvas[0], settings.end_marks) == (
        range(2),
        range(9, 13),
    )

    without = list(denoise(scripted(says), None, [canvas], SETTINGS, generator))
    assert len(without) == SETTINGS.steps


def test_an_end_mark_that_is_not_accepted_settles_no_row_of_the_canvas(
    scripted: type, sure: Sure, generator: Generator
) -> None:
    """The draft ends at row 5, but the entropy budget does not reach that far; nor does an end
    mark count that is only noise."""
    logits = sure(TEXT, VOCABULARY)
    logits[0, 5] = sure([END], VOCABULARY, 0.5)[0, 0]
    logits[0, 6] = sure([9], VOCABULARY, 1.0)[0, 0]
    noise = HybridNoise(VOCABULARY, END, 0.0)
    settings = DenoiseSettings(noise, entropy_bound=1.0, end_marks=(END,), draw=most_likely)
    model = scripted(lambda step, _: logits)
    step = next(denoise(model, None, [CANVAS], settings, generator))
    assert step.accepted_token_mask[0].tolist() == [row != 5 for row in range(16)]
    assert step.renoised_canvas.tolist() == [[*TEXT[:5], END, 9, *TEXT[7:]]]
    assert step.argmax_canvas.tolist() == [[*TEXT[:5], *[END] * 11]]


def test_the_end_mark_may_move_back_again(scripted: type, sure: Sure, generator: Generator) -> None:
    """Nothing is frozen: a fill that ended early grows when the model changes its mind."""

    def says(step: int, _: Tensor) -> Tensor:
        early = TEXT[:2] + [END] * 14
        late = TEXT[:10] + [END] * 6
        return sure(early if step == 0 else late, VOCABULARY)

    settings = replace(SETTINGS, end_marks=(END,))
    steps = list(denoise(scripted(says), None, [CANVAS], settings, generator))
    assert [CANVAS.written(step.argmax_canvas[0], (END,)) for step in steps] == [
        (range(2),),
        (range(10),),
        (range(10),),
    ]


def test_confidence_is_the_untempered_probability_of_the_draft(
    scripted: type, generator: Generator
) -> None:
    canvas = Canvas.lay_out([14], suffix=[5, 6])
    step = next(denoise(scripted(opinions), None, [canvas], SETTINGS, generator))
    probabilities = opinions(0, torch.from_numpy(canvas.ids)[None]).softmax(-1)
    expected = [
        probabilities[0, row, token] for row, token in enumerate(step.argmax_canvas[0].tolist())
    ]
    torch.testing.assert_close(step.confidence()[0], torch.stack(expected))
    assert step.argmax_canvas[0, 14:].tolist() == [5, 6]


def test_a_draft_seeds_the_canvas(scripted: type, sure: Sure, generator: Generator) -> None:
    draft = torch.tensor(TEXT)
    model = scripted(lambda step, _: sure(TEXT, VOCABULARY))
    start = DraftNoise(draft, 0.0, SETTINGS.noise)
    list(denoise(model, None, [CANVAS], SETTINGS, generator, start))
    assert model.canvases[0].tolist() == [TEXT]

    noisy = scripted(lambda step, _: sure(TEXT, VOCABULARY))
    start = DraftNoise(draft, 0.5, HybridNoise(VOCABULARY, MASK, 0.0))
    list(denoise(noisy, None, [CANVAS] * 8, SETTINGS, generator, start))
    kept = noisy.canvases[0] == draft
    assert 40 < int(kept.sum()) < 88
    assert (noisy.canvases[0][~kept] == MASK).all()


def test_rows_that_are_not_accepted_go_back_to_the_draft(
    scripted: type, generator: Generator
) -> None:
    start = DraftNoise(torch.tensor(TEXT), 0.0, SETTINGS.noise)
    for step in denoise(scripted(opinions), None, [CANVAS], SETTINGS, generator, start):
        assert torch.equal(
            step.renoised_canvas[~step.accepted_token_mask],
            torch.tensor([TEXT])[~step.accepted_token_mask],
        )


def test_a_pinned_row_beats_the_draft(scripted: type, generator: Generator) -> None:
    canvas = Canvas.lay_out([14], suffix=[5, 6])
    model = scripted(opinions)
    start = DraftNoise(torch.tensor(TEXT), 0.0, SETTINGS.noise)
    next(denoise(model, None, [canvas], SETTINGS, generator, start))
    assert model.canvases[0].tolist() == [[*TEXT[:14], 5, 6]]


def test_shifted_rows_predict_the_next_token(
    scripted: type, sure: Sure, generator: Generator
) -> None:
    """Row 0 is the prompt's last token; the last row speaks of what follows the canvas."""
    canvas = Canvas.lay_out([15], head=[30])
    next_tokens = [*TEXT[:15], 33]
    model = scripted(lambda step, _: sure(next_tokens, VOCABULARY))
    settings = replace(SETTINGS, rows=RowConvention.SHIFTED)
    steps = list(denoise(model, None, [canvas], settings, generator))

    assert [canvas[0, 0].item() for canvas in model.canvases] == [30, 30]
    assert steps[-1].argmax_canvas.tolist() == [[30, *TEXT[:15]]]
    assert model.canvases[1].tolist() == [[30, *TEXT[:15]]]
    assert model.signals[1].argmax(-1).tolist() == [next_tokens]
    assert len(steps) == 2


def test_shifted_rows_keep_the_signal_of_pinned_tokens_in_the_row_before(
    scripted: type, generator: Generator
) -> None:
    canvas = Canvas.lay_out([14], head=[30], suffix=[31])
    model = scripted(opinions)
    list(denoise(model, None, [canvas], replace(SETTINGS, rows=RowConvention.SHIFTED), generator))
    for step, signal in enumerate(model.signals[1:]):
        assert signal.softmax(-1)[0, 14, 31] == 1
        own = opinions(step, torch.from_numpy(canvas.ids)[None]).argmax(-1)[0]
        rows = [*range(14), 15]
        assert torch.equal(signal.argmax(-1)[0, rows], own[rows])


def test_shifted_rows_need_the_prompts_last_token(scripted: type, generator: Generator) -> None:
    settings = replace(SETTINGS, rows=RowConvention.SHIFTED)
    with pytest.raises(ValueError, match="prompt's last token"):
        next(denoise(scripted(opinions), None, [CANVAS], settings, generator))


def test_canvases_of_a_batch_do_not_disturb_one_another(
    scripted: type, sure: Sure, generator: Generator
) -> None:
    """One is done at once and then contradicts itself; the other goes on."""

    def says(step: int, ids: Tensor) -> Tensor:
        logits = opinions(step, ids)
        if step < 2:
            logits[0] = sure(TEXT, VOCABULARY)[0]
        return logits

    canvases = [CANVAS, Canvas.lay_out([6, 6], [[30, 31, 32, 33]], length=16)]
    steps = list(denoise(scripted(says), None, canvases, SETTINGS, generator))
    assert [step.done.tolist() for step in steps] == [[False, False]] + [[True, False]] * 7
    assert all(step.argmax_canvas[0].tolist() == TEXT for step in steps)
    assert all(step.argmax_canvas[1, 6:10].tolist() == [30, 31, 32, 33] for step in steps)
    assert torch.allclose(steps[-1].confidence()[0], steps[1].confidence()[0])
