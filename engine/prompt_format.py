"""What can be asked of a model, by its checkpoint's config.json. Imports no torch: the language
server asks too, before there is an engine.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.description import describe
from fillwright.engine.errors import CheckpointError

INSTRUCTED = "chat"
"""The prompt that has room for an instruction; that of a DiffusionGemma checkpoint that names none
(see `engine/infill/loading.py`)."""
NO_INSTRUCTIONS = "This model takes no instructions, so yours was not used."


def takes_instructions(checkpoint: Path | None) -> bool | None:
    """Whether the model of a checkpoint folder (None: the embedded one) does what it is told in
    words; None when the folder does not say, which its loading will explain."""
    return _said(checkpoint, _has_room_for_words)


def renoises(checkpoint: Path | None) -> bool | None:
    """The same of whether it can keep a text but for its least likely tokens."""
    return _said(checkpoint, _remakes)


def engine_takes_instructions(settings: EngineSettings) -> bool | None:
    """What `takes_instructions` says of the engine that settings name: of a model server they say
    it themselves."""
    if settings.remote is not None:
        return settings.remote.instructions
    return takes_instructions(settings.checkpoint)


def engine_renoises(settings: EngineSettings) -> bool | None:
    """What `renoises` says of it: a model server that takes words rewrites by them instead."""
    if settings.remote is not None:
        return settings.remote.instructions
    return renoises(settings.checkpoint)


def _said(checkpoint: Path | None, of: Callable[[Mapping[str, Any]], bool]) -> bool | None:
    """What a config.json says; a model that is not known can do neither."""
    try:
        path = (checkpoint or embedded_checkpoint()) / "config.json"
        return of(json.loads(path.read_text(encoding="utf-8")))
    except CheckpointError:
        return False
    except (OSError, ValueError, RecursionError, AttributeError):
        return None


def _has_room_for_words(config: Mapping[str, Any]) -> bool:
    if _is_diffusion_gemma(config):
        ours = config.get("fillwright") or {}
        return bool((ours.get("prompt") or INSTRUCTED) == INSTRUCTED)
    # no family with such a prompt is told from others by its tokens
    return describe(config, frozenset()).prompt in ("chat", "chatml")


def _remakes(config: Mapping[str, Any]) -> bool:
    return _is_diffusion_gemma(config) or describe(config, frozenset()).commit == "remade"


def _is_diffusion_gemma(config: Mapping[str, Any]) -> bool:
    return bool(config.get("model_type", "diffusion_gemma") == "diffusion_gemma")
