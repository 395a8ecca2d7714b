"""What a checkpoint's config.json says of the prompts that its model reads. Imports no torch: the
language server asks too, before there is an engine.
"""

import json
from pathlib import Path

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
    try:
        path = (checkpoint or embedded_checkpoint()) / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        ours = config.get("fillwright") or {}
        if config.get("model_type", "diffusion_gemma") == "diffusion_gemma":
            return bool((ours.get("prompt") or INSTRUCTED) == INSTRUCTED)
        # no family with such a prompt is told from others by its tokens
        return describe(config, frozenset()).prompt in ("chat", "chatml")
    except CheckpointError:
        return False
    except (OSError, ValueError, RecursionError, AttributeError):
        return None


def engine_takes_instructions(settings: EngineSettings) -> bool | None:
    """The same of the engine that settings name: of a model server they say it themselves."""
    if settings.remote is not None:
        return settings.remote.instructions
    return takes_instructions(settings.checkpoint)
