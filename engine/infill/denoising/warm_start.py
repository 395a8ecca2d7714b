"""Where canvases begin when something is known of their holes: from a causal draft, or from another
canvas. Knows ids only."""

from collections.abc import Sequence

import numpy as np

from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.noise import DraftNoise, Noise


def warm_start(
    canvases: Sequence[Canvas],
    written: Sequence[Sequence[int]],
    noise: Noise,
    accepted: Sequence[Sequence[bool]] | None = None,
) -> DraftNoise:
    """Each canvas's only hole begins with what was `written` there, as far as it reaches and, where
    given, where it was `accepted`; the other rows are noise."""
    ids = np.zeros((len(canvases), canvases[0].length), dtype=np.int64)
    level = np.ones(ids.shape, dtype=np.float32)
    for index, canvas in enumerate(canvases):
        for row, token in zip(canvas.holes[0], written[index], strict=False):
            ids[index, row] = token
            level[index, row] = 0.0
        for row, settled in zip(canvas.holes[0], accepted[index] if accepted else (), strict=False):
            level[index, row] = 0.0 if settled else 1.0
    return DraftNoise(ids, level, noise)
