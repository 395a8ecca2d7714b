"""How to denoise: the parameters of the loop and where a checkpoint keeps them.

Knows nothing of canvases or of a single request.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from fillwright.engine.diffusion.draw import Draw, inverse_transform
from fillwright.engine.diffusion.guide import Guide
from fillwright.engine.diffusion.noise import HybridNoise, Noise, UniformNoise
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class DenoiseSettings:
    """Parameters of the loop; the defaults are transformers'.

    `steps` is the most a canvas may take. The temperature falls linearly from `t_max` before the
    first step to `t_min` after the last. Entropies and their thresholds are in nats. A canvas is
    done when its argmax canvas has not changed for `stability_threshold` steps and the mean entropy
    of its live rows is below `confidence_threshold`. `end_marks` are the tokens that end a hole;
    without any, holes are as long as their rows. `pinned_signal` is the self-conditioning of a
    pinned row: its token, or nothing (a row of -inf). A `guide` looks at every step's outcome.
    """

    noise: Noise
    steps: int = 48
    t_min: float = 0.4
    t_max: float = 0.8
    entropy_bound: float = 0.1
    stability_threshold: int = 1
    confidence_threshold: float = 0.005
    rows: RowConvention = RowConvention.OWN
    end_marks: tuple[int, ...] = ()
    draw: Draw = inverse_transform
    pinned_signal: Literal["one-hot", "zero"] = "one-hot"
    guide: Guide | None = None

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"denoising needs at least 1 step, not {self.steps}")
        if not 0 <= self.t_min <= self.t_max or self.t_max == 0:
            raise ValueError(
                f"temperatures need 0 <= t_min <= t_max, not {self.t_min}, {self.t_max}"
            )
        if self.entropy_bound < 0 or self.confidence_threshold < 0 or self.stability_threshold < 0:
            raise ValueError("the entropy bound and the thresholds must not be negative")

    def going_on(self, share: float) -> "DenoiseSettings":
        """For canvases in which only this `share` is noise, in [0, 1]: so many of the steps, the
        last ones, but as many as a canvas takes to be found done."""
        least = min(self.steps, 1 + self.stability_threshold)
        steps = max(least, math.ceil(self.steps * share))
        return replace(self, steps=steps, t_max=self.temperature(steps))

    def temperature(self, steps_left: int) -> float:
        """`steps_left` counts the step being made: from `steps` down to 1."""
        return self.t_min + (self.t_max - self.t_min) * steps_left / self.steps


def checkpoint_settings(
    config: Mapping[str, Any], generation_config: Mapping[str, Any]
) -> DenoiseSettings:
    """The settings of a checkpoint from its parsed config.json and generation_config.json.

    The noise law and the row convention stand in config.json under "fillwright":
    {"noise": {"mask_token_id": 4, "uniform_share": 0.1}, "rows": "shifted"}; either may be
    missing, then they are DiffusionGemma's. Raises CheckpointError.
    """
    sampler = generation_config.get("sampler_config") or {}
    given = {
        "steps": generation_config.get("max_denoising_steps"),
        "entropy_bound": sampler.get("entropy_bound"),
        **{name: generation_config.get(name) for name in _SHARED_NAMES},
    }
    ours = config.get("fillwright", {})
    try:
        return DenoiseSettings(
            noise=_noise(config["text_config"]["vocab_size"], ours.get("noise")),
            rows=RowConvention(ours.get("rows", "own")),
            **{name: value for name, value in given.items() if value is not None},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"config.json or generation_config.json says how to denoise in a way that is not known "
            f"({error}); correct it or use another checkpoint."
        ) from error


_SHARED_NAMES = ("t_min", "t_max", "stability_threshold", "confidence_threshold")


def _noise(vocabulary: int, law: Mapping[str, Any] | None) -> Noise:
    if law is None:
        return UniformNoise(vocabulary)
    return HybridNoise(vocabulary, law["mask_token_id"], law["uniform_share"])
