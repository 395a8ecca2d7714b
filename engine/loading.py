"""A checkpoint folder -> the engine for its kind of model.

Knows which entry of config.json tells the kinds apart.
"""

from collections.abc import Callable
from pathlib import Path

from fillwright.engine.extras import need_torch
from fillwright.engine.filling import Engine
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.model.config_json import read_config


def load_engine(
    checkpoint: Path,
    device: str,
    progress: Callable[[float], None] = lambda fraction: None,
    threads: int | None = None,
) -> Engine:
    """Load and warm up; `device` is "cpu", "cuda" or "auto"; `progress` gets fractions in [0, 1].

    `threads` are those of a CPU's products, None for all that this process may have. Raises
    CheckpointError with one sentence when the folder cannot be used, and MissingExtra where that
    needs PyTorch and it is not installed.
    """
    kind = read_config(checkpoint).get("model_type")
    if kind in ("diffusion_gemma", None):
        return load_infiller(checkpoint, device, progress, threads)
    need_torch(f"A {kind} model")
    from fillwright.engine.infill.masked.loading import load_masked

    return load_masked(checkpoint, device, progress, threads)
