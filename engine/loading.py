"""A checkpoint folder -> the engine for its kind of model.

Knows which entry of config.json tells the kinds apart.
"""

from collections.abc import Callable
from pathlib import Path

from fillwright.engine.filling import Engine
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.masked.loading import load_masked
from fillwright.engine.model.config_json import read_config


def load_engine(
    checkpoint: Path, device: str, progress: Callable[[float], None] = lambda fraction: None
) -> Engine:
    """Load and warm up; `device` is "cpu", "cuda" or "auto"; `progress` gets fractions in [0, 1].

    Raises CheckpointError with one sentence when the folder cannot be used.
    """
    kind = read_config(checkpoint).get("model_type")
    load = load_infiller if kind in ("diffusion_gemma", None) else load_masked
    return load(checkpoint, device, progress)
