from dataclasses import replace

import pytest

from fillwright.engine.diffusion import (
    DenoiseSettings,
    HybridNoise,
    RowConvention,
    UniformNoise,
    checkpoint_settings,
)
from fillwright.engine.errors import CheckpointError

CONFIG = {"text_config": {"vocab_size": 64}}


def test_a_checkpoint_that_says_nothing_is_a_diffusion_gemma() -> None:
    assert checkpoint_settings(CONFIG, {}) == DenoiseSettings(noise=UniformNoise(64))


def test_settings_are_read_from_both_files() -> None:
    config = {
        **CONFIG,
        "fillwright": {"noise": {"mask_token_id": 4, "uniform_share": 0.1}, "rows": "shifted"},
    }
    generation_config = {
        "max_denoising_steps": 12,
        "sampler_config": {"entropy_bound": 0.3, "_cls_name": "EntropyBoundSamplerConfig"},
        "t_min": 0.2,
        "t_max": 0.9,
        "stability_threshold": 2,
        "confidence_threshold": 0.01,
        "max_new_tokens": 256,
        "eos_token_id": [1, 106],
    }
    assert checkpoint_settings(config, generation_config) == DenoiseSettings(
        noise=HybridNoise(64, 4, 0.1),
        steps=12,
        t_min=0.2,
        t_max=0.9,
        entropy_bound=0.3,
        stability_threshold=2,
        confidence_threshold=0.01,
        rows=RowConvention.SHIFTED,
    )


@pytest.mark.parametrize(
    ("config", "generation_config"),
    [
        ({}, {}),
        ({**CONFIG, "fillwright": {"rows": "diagonal"}}, {}),
        ({**CONFIG, "fillwright": {"noise": {"mask_token_id": 64, "uniform_share": 0.1}}}, {}),
        ({**CONFIG, "fillwright": {"noise": {"uniform_share": 0.1}}}, {}),
        (CONFIG, {"max_denoising_steps": 0}),
        (CONFIG, {"t_min": 0.9, "t_max": 0.1}),
        (CONFIG, {"t_min": 0.0, "t_max": 0.0}),
        (CONFIG, {"sampler_config": {"entropy_bound": -1.0}}),
        (CONFIG, {"t_min": "cold"}),
    ],
)
def test_a_checkpoint_that_cannot_be_used_says_so(
    config: dict[str, object], generation_config: dict[str, object]
) -> None:
    with pytest.raises(CheckpointError, match=r"generation_config\.json"):
        checkpoint_settings(config, generation_config)


@pytest.mark.parametrize(("share", "steps"), [(0.0, 2), (0.1, 2), (0.5, 4), (0.51, 5), (1.0, 8)])
def test_less_noise_is_the_last_of_the_steps(share: float, steps: int) -> None:
    whole = DenoiseSettings(noise=UniformNoise(64), steps=8)
    rest = whole.going_on(share)
    assert rest.steps == steps
    assert replace(whole, steps=1).going_on(share).steps == 1
    asked = [whole.temperature(left) for left in range(steps, 0, -1)]
    assert [rest.temperature(left) for left in range(steps, 0, -1)] == pytest.approx(asked)
