"""The loop on numpy's arrays beside the loop on torch's, step by step: the same opinions and the
same random numbers make the same canvases."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch

from fillwright.engine.diffusion import (
    Canvas,
    DenoiseSettings,
    DenoiseStep,
    DraftNoise,
    HybridNoise,
    RowConvention,
    UniformNoise,
    denoise,
)
from fillwright.kernels.arrays import Array, RandomNumbers, on_host, placed
from fillwright.kernels.categorical import categorical
from fillwright.kernels.token_statistics import TokenStatistics

VOCABULARY, END = 40, 1
GENERATORS = (lambda: np.random.default_rng(1), lambda: torch.Generator().manual_seed(1))


@dataclass
class Opinionated:
    """Random logits, surer at every step, that lean on the canvas and on what was expected."""

    generator: RandomNumbers
    steps: int = 0
    shown: list[Array] = field(default_factory=list)

    def denoise_logits(
        self, canvas: Array, cache: None, self_conditioning: Array | None = None
    ) -> Array:
        self.steps += 1
        seen, signal = on_host(canvas), self_conditioning
        self.shown += [seen.copy(), None if signal is None else on_host(signal).copy()]
        random = np.random.default_rng(self.steps // 3)
        logits = self.steps * random.standard_normal((*seen.shape, VOCABULARY)).astype(np.float32)
        np.put_along_axis(logits, seen[..., None], 1.0, axis=-1)
        return placed(logits, self.generator)


@dataclass
class Told:
    """Noise and draws from one sequence of numbers, for both kinds of arrays."""

    random: np.random.Generator

    def draw(self, shape: Sequence[int], generator: RandomNumbers) -> Array:
        return placed(self.random.integers(VOCABULARY, size=tuple(shape)), generator)

    def token(self, statistics: TokenStatistics, generator: RandomNumbers) -> Array:
        shares = self.random.random(statistics.token.shape, dtype=np.float32)
        return categorical(statistics.probabilities, placed(shares, generator))


def steps_of(generator: RandomNumbers, settings: DenoiseSettings) -> tuple[list[DenoiseStep], list]:
    told, model = Told(np.random.default_rng(7)), Opinionated(generator)
    settings = replace(settings, noise=told, draw=told.token)
    canvases = [
        Canvas.lay_out([9, 4], [[30]], head=[5], suffix=[31, 32], length=17),
        Canvas.lay_out([3, 9], [[30, 33]], head=[6], suffix=[31, 32], length=17),
    ]
    draft = np.full((2, 17), 8)
    level = np.linspace(0, 1, 17)
    start = DraftNoise(draft, level, told) if settings.end_marks else None
    # the noise of a start is drawn with numbers of the generator's own
    if start is not None:
        start = replace(start, level=np.round(level))
    steps = list(denoise(model, None, canvases, settings, generator, start))
    return steps, model.shown


@pytest.mark.parametrize("rows", list(RowConvention))
@pytest.mark.parametrize("end_marks", [(), (END, 2)])
@pytest.mark.parametrize("signal", ["one-hot", "zero"])
def test_every_step_is_torch_s(rows: RowConvention, end_marks: tuple[int, ...], signal) -> None:
    settings = DenoiseSettings(
        UniformNoise(VOCABULARY),
        steps=10,
        entropy_bound=2.0,
        confidence_threshold=1.0,
        rows=rows,
        end_marks=end_marks,
        pinned_signal=signal,
    )
    (ours, mine), (wanted, theirs) = (steps_of(make(), settings) for make in GENERATORS)
    assert len(ours) == len(wanted) > 2
    for one, other in zip(ours, wanted, strict=True):
        assert isinstance(one.argmax_canvas, np.ndarray)
        for name in ("argmax_canvas", "renoised_canvas", "accepted_token_mask", "done"):
            assert getattr(one, name).tolist() == getattr(other, name).tolist(), (one.step, name)
        assert (one.step, one.steps_left, one.last) == (other.step, other.steps_left, other.last)
        for mine_, theirs_ in (
            (one.entropy, other.entropy),
            (one.confidence(), other.confidence()),
        ):
            np.testing.assert_allclose(mine_, on_host(theirs_), rtol=1e-5, atol=1e-5)
    for one, other in zip(mine, theirs, strict=True):
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_the_seed_decides() -> None:
    settings = DenoiseSettings(HybridNoise(VOCABULARY, 39, 0.2), steps=4)

    def canvases(seed: int) -> list[list[list[int]]]:
        generator = np.random.default_rng(seed)
        steps = denoise(Opinionated(generator), None, [Canvas.lay_out([16])], settings, generator)
        return [step.renoised_canvas.tolist() for step in steps]

    assert canvases(3) == canvases(3)
    assert canvases(3) != canvases(4)
