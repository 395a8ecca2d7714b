"""What a pinned row must and must not do."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from fillwright.engine.diffusion import Canvas, DenoiseSettings, UniformNoise, denoise

VOCABULARY = 40
SETTINGS = DenoiseSettings(noise=UniformNoise(VOCABULARY), steps=8)
KNOWN = [31, 32, 33, 34]
CANVAS = Canvas.lay_out([3, 5], [KNOWN[1:3]], head=KNOWN[:1], suffix=KNOWN[3:], length=12)
Sure = Callable[..., Tensor]


def opinions(step: int, canvas: Tensor) -> Tensor:
    """Random logits that change at every step."""
    shape = (*canvas.shape, VOCABULARY)
    return 6 * torch.randn(shape, generator=Generator().manual_seed(step))


def test_a_pinned_token_never_changes(scripted: type, generator: Generator) -> None:
    model = scripted(opinions)
    steps = list(denoise(model, None, [CANVAS] * 2, SETTINGS, generator))

    assert len(steps) == SETTINGS.steps
    for ids in [
        *model.canvases,
        *(s.renoised_canvas for s in steps),
        *(s.argmax_canvas for s in steps),
    ]:
        assert ids[:, CANVAS.pinned].tolist() == [KNOWN, KNOWN]
    assert not any(step.accepted_token_mask[:, CANVAS.pinned].any() for step in steps)
    assert len({step.argmax_canvas[0, 1].item() for step in steps}) > 1


@pytest.mark.parametrize("pinned_height", [0.0, 9.0, 30.0])
def test_a_pinned_row_spends_no_entropy_budget(
    scripted: type, sure: Sure, pinned_height: float
) -> None:
    """The free rows of a pinned canvas are accepted just as on a canvas of their own."""
    free = ~CANVAS.pinned
    heights = torch.linspace(2.0, 9.0, 8)[:, None]
    own = opinions(0, CANVAS.ids[None, free]).sign() + heights * sure([5] * 8, VOCABULARY, 1.0)
    with_pins = sure(CANVAS.ids.tolist(), VOCABULARY, pinned_height)
    with_pins[:, free] = own
    settings = replace(SETTINGS, entropy_bound=4.0)

    def accepted(logits: Tensor, canvas: Canvas) -> list[bool]:
        model = scripted(lambda step, _: logits)
        first = next(denoise(model, None, [canvas], settings, Generator().manual_seed(0)))
        return first.accepted_token_mask[0, ~canvas.pinned].tolist()

    alone = accepted(own, Canvas.lay_out([8], length=8))
    assert accepted(with_pins, CANVAS) == alone
    assert 1 < sum(alone) < 8


def test_a_pinned_row_does_not_delay_the_stop(
    scripted: type, sure: Sure, generator: Generator
) -> None:
    """The model stays in two minds about the pinned rows and is sure of the free ones."""

    def says(step: int, canvas: Tensor) -> Tensor:
        logits = opinions(step, canvas)
        logits[:, ~CANVAS.pinned] = sure([7] * 8, VOCABULARY)
        return logits

    steps = list(denoise(scripted(says), None, [CANVAS], SETTINGS, generator))
    assert len(steps) == 2
    assert steps[-1].done.all()
    assert steps[-1].argmax_canvas[0, ~CANVAS.pinned].tolist() == [7] * 8


def test_a_sure_pinned_row_does_not_hasten_the_stop(
    scripted: type, sure: Sure, generator: Generator
) -> None:
    """Mean entropy: of 12 rows it would be below the threshold, of the free row it is not."""
    canvas = Canvas.lay_out([1], suffix=[3] * 11, length=12)
    logits = sure([3] * 12, VOCABULARY)
    logits[0, 0] *= 4.0 / 30.0
    entropy = torch.distributions.Categorical(logits=logits[0, 0] / 0.4).entropy().item()
    settings = replace(SETTINGS, t_min=0.4, t_max=0.4, confidence_threshold=entropy / 2)
    model = scripted(lambda step, _: logits)
    steps = list(denoise(model, None, [canvas], settings, generator))
    assert len(steps) == settings.steps
    assert not steps[-1].done.any()


def test_self_conditioning_of_a_pinned_row_is_its_token(
    scripted: type, generator: Generator
) -> None:
    model = scripted(opinions)
    list(denoise(model, None, [CANVAS], SETTINGS, generator))
    assert model.signals[0] is None
    for step, signal in enumerate(model.signals[1:]):
        softmax = signal.softmax(-1)
        one_hot = torch.nn.functional.one_hot(torch.tensor(KNOWN), VOCABULARY).float()
        assert torch.equal(softmax[0, CANVAS.pinned], one_hot)
        own = opinions(step, CANVAS.ids[None]) / SETTINGS.temperature(SETTINGS.steps - step)
        free = ~CANVAS.pinned
        torch.testing.assert_close(softmax[:, free], own.softmax(-1)[:, free])


def test_self_conditioning_of_a_pinned_row_can_be_silent(
    scripted: type, generator: Generator
) -> None:
    model = scripted(opinions)
    list(denoise(model, None, [CANVAS], replace(SETTINGS, pinned_signal="zero"), generator))
    for signal in model.signals[1:]:
        assert (signal[0, CANVAS.pinned] == -torch.inf).all()
        assert signal[0, ~CANVAS.pinned].isfinite().all()
