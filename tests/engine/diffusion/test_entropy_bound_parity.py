"""The sampler step against transformers' own sampler, temperature and stop classes."""

import pytest
import torch
from torch import Generator, Tensor
from transformers.models.diffusion_gemma.generation_diffusion_gemma import (
    EntropyBoundSampler,
    EntropyBoundSamplerConfig,
    LinearTemperatureScheduleLogitsProcessor,
    StableAndConfidentStoppingCriteria,
)

from fillwright.engine.diffusion import Canvas, DenoiseSettings, UniformNoise, denoise
from fillwright.engine.diffusion.draw import exponential_race

BATCH, LENGTH, VOCABULARY, STEPS = 3, 16, 50, 12


def converging_logits(step: int, _: Tensor) -> Tensor:
    """Random, surer at every step, and from the middle on of one opinion; canvases converge at
    different speeds."""
    opinion = torch.randn(BATCH, LENGTH, VOCABULARY, generator=Generator().manual_seed(99))
    doubt = torch.randn(BATCH, LENGTH, VOCABULARY, generator=Generator().manual_seed(step))
    speed = torch.tensor([0.8, 1.5, 0.1])[:, None, None]
    return speed * (step + 1) * 4 * opinion + 2 * doubt * max(0, 5 - step)


@pytest.mark.parametrize("stability", [0, 1, 3])
@pytest.mark.parametrize("bound", [0.1, 2.0])
def test_every_step_equals_transformers(scripted: type, stability: int, bound: float) -> None:
    settings = DenoiseSettings(
        noise=UniformNoise(VOCABULARY),
        steps=STEPS,
        t_min=0.3,
        t_max=0.9,
        entropy_bound=bound,
        stability_threshold=stability,
        confidence_threshold=0.05,
        draw=exponential_race,
    )
    model = scripted(converging_logits)
    canvases = [Canvas.lay_out([LENGTH])] * BATCH
    steps = list(denoise(model, None, canvases, settings, Generator().manual_seed(7)))

    temperature = LinearTemperatureScheduleLogitsProcessor(0.3, 0.9, STEPS)
    sampler = EntropyBoundSampler(EntropyBoundSamplerConfig(bound), LENGTH, VOCABULARY, STEPS)
    stop = StableAndConfidentStoppingCriteria(stability, 0.05)
    torch.manual_seed(7)
    canvas = sampler.initialize_canvas(BATCH, torch.device("cpu"))
    done = torch.zeros(BATCH, dtype=torch.bool)
    finished_at = []
    for index, step in enumerate(steps):
        assert torch.equal(model.canvases[index][~done], canvas[~done])
        raw = converging_logits(index, canvas)
        tempered = temperature(None, raw, cur_step=torch.tensor(STEPS - index))
        probabilities = tempered.softmax(-1).view(-1, VOCABULARY)
        tokens = torch.multinomial(probabilities, 1).view(BATCH, LENGTH)
        canvas = sampler.accept_canvas(canvas, tokens, tempered, STEPS - index)
        canvas = sampler.renoise_canvas(canvas, STEPS - index)
        live = ~done
        assert torch.equal(step.accepted_token_mask[live], sampler.accepted_token_mask[live])
        assert torch.equal(step.renoised_canvas[live], canvas[live])
        assert torch.equal(step.argmax_canvas[live], tempered.argmax(-1)[live])
        done |= stop(tempered.argmax(-1), tempered)
        assert torch.equal(step.done, done)
        finished_at.append(int(done.sum()))
        if index:
            said = temperature(None, model.says(index - 1, canvas), cur_step=STEPS - index + 1)
            torch.testing.assert_close(
                model.signals[index][live].softmax(-1), said.softmax(-1)[live], atol=1e-6, rtol=1e-4
            )
    assert model.signals[0] is None
    assert len(steps) == STEPS
    assert 0 in finished_at
    assert finished_at[-1] == 2  # the slowest canvas is never sure
