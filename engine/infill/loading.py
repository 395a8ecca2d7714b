"""A checkpoint folder -> an Infiller that is warm.

Knows files and devices; the model family decides the prompt.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

from fillwright.engine.allocator import keep_freed_blocks
from fillwright.engine.cores import own_threads
from fillwright.engine.diffusion.settings import DenoiseSettings, checkpoint_settings
from fillwright.engine.errors import CheckpointError
from fillwright.engine.extras import has_cuda_driver, has_torch, need_torch
from fillwright.engine.filling import Engine
from fillwright.engine.infill.adapted import Adapted
from fillwright.engine.infill.checkpoint import Several
from fillwright.engine.infill.denoising.lengths import LengthBias
from fillwright.engine.infill.doubt_settings import DoubtSettings
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loaded import Loaded
from fillwright.engine.infill.loading_cpu import load_on_kernels
from fillwright.engine.infill.prompts.chat import ChatPrompt
from fillwright.engine.infill.prompts.prompt import Prompt, PromptForm
from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.infill.ranking.calibration import Calibrations
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.gate import Gate
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.config_json import Section, read_config
from fillwright.engine.model.cpu_weights import NotForKernelsError
from fillwright.engine.prompt_format import INSTRUCTED
from fillwright.engine.request import Budget, Decode, Hole, InfillRequest, Length
from fillwright.kernels.cpu.library import NoKernelsError

log = logging.getLogger(__name__)

PROMPTS: Mapping[object, PromptForm] = {
    "small": SmallPrompt,
    INSTRUCTED: ChatPrompt,
}


def load_infiller(
    checkpoint: Path,
    device: str,
    progress: Callable[[float], None] = lambda fraction: None,
    threads: int | None = None,
) -> Infiller:
    """Load and warm up; `device` is "cpu", "cuda" or "auto"; `progress` gets fractions in [0, 1].
    `threads` are those of a CPU's products, None for all that this process may have.

    Raises CheckpointError with one sentence when the folder cannot be used, and MissingExtra where
    that needs PyTorch and it is not installed.
    """
    keep_freed_blocks()
    device = usable_device(device)

    def later(fraction: float) -> None:
        progress(0.1 + 0.8 * fraction)

    config = read_config(checkpoint)
    ours = Section("", config).section("fillwright") if "fillwright" in config else Section("", {})
    settings = checkpoint_settings(config, _generation_config(checkpoint))
    tokenizer = CodeTokenizer.from_checkpoint(checkpoint)
    prompt: Prompt = PROMPTS[ours.choice("prompt", *PROMPTS, None) or INSTRUCTED](tokenizer)
    decode = ours.choice("decode", *get_args(Decode), None)
    length = ours.choice("length", *get_args(Length), None)
    several = ours.choice("several", *get_args(Several), None)
    progress(0.1)
    loaded = _load(checkpoint, device, settings, threads or own_threads(), later)
    model = loaded.model
    if len(tokenizer.texts) > model.config.vocab_size:
        raise CheckpointError(
            f"{checkpoint / 'tokenizer.json'} has {len(tokenizer.texts)} tokens, but config.json "
            f"a vocab_size of {model.config.vocab_size}; the two are not of one checkpoint."
        )
    infiller = Infiller(
        model=model,
        tokenizer=tokenizer,
        prompt=prompt,
        settings=settings,
        default_decode="denoise" if decode in (None, "auto") else cast(Decode, decode),
        model_name=str(ours.entries.get("name", checkpoint.resolve().name)),
        device=loaded.device,
        default_length="end-mark" if length in (None, "auto") else cast(Length, length),
        length_bias=_length_bias(ours),
        loop=loaded.loop,
        caches=loaded.caches,
        warning=loaded.warning,
        no_memory=loaded.no_memory,
        doubt=DoubtSettings.of(ours),
        several=cast(Several, several or "joint"),
        window=min(filter(None, (loaded.room, _positions(config))), default=None),
        calibrations=Calibrations.of_checkpoint(checkpoint),
        languages=languages_of(ours),
        gate=Gate.of_checkpoint(checkpoint),
    )
    warm_up(infiller)

    def make(name: str, adapter: Adapter) -> Infiller:
        own = _load(
            checkpoint, device, settings, threads or own_threads(), lambda fraction: None, adapter
        )
        made = replace(
            infiller,
            model=own.model,
            model_name=f"{infiller.model_name} + {name}",
            loop=own.loop,
            caches=own.caches,
            adapted=None,
        )
        # what is remembered is of the user's code, whatever reads it
        made.remembered = infiller.remembered
        return made

    infiller.adapted = Adapted(make)
    progress(1.0)
    return infiller


def _load(
    checkpoint: Path,
    device: str,
    settings: DenoiseSettings,
    threads: int,
    progress: Callable[[float], None],
    adapter: Adapter | None = None,
) -> Loaded:
    """With the CPU's kernels where they are there and take the checkpoint, else with torch, which
    is not imported before."""
    what = "A GPU"
    if device == "cpu":
        try:
            return load_on_kernels(checkpoint, threads, progress, adapter=adapter)
        except (NoKernelsError, NotForKernelsError) as reason:
            what = f"{reason} Fillwright then"
            if has_torch():
                log.info("The model runs on torch. %s", reason)
    need_torch(what)
    from fillwright.engine.infill.loading_torch import load_on_torch

    return load_on_torch(checkpoint, device, settings, threads, progress, adapter)


def warm_up(infiller: Engine) -> None:
    """Fill once, so that the first request finds allocations and kernels ready."""
    request = InfillRequest("x = \n", (Hole(4, 4),), "python", budget=Budget(tokens=4, steps=1))
    for _ in infiller.infill(request, lambda: False):
        pass


def _positions(config: Mapping[str, Any]) -> int | None:
    """How many tokens the network has learnt to see; None where the folder does not say."""
    text = Section("", config).section("text_config")
    known = text.entries.get("max_position_embeddings")
    return None if known is None else text.size("max_position_embeddings")


def _length_bias(ours: Section) -> LengthBias:
    points = ours.entries.get("length_bias", [])
    try:
        return LengthBias(tuple((int(rows), float(bias)) for rows, bias in points))
    except (TypeError, ValueError):
        raise ours.wrong("length_bias", "a list of [rows, bias], rows ascending") from None


def languages_of(ours: Section) -> tuple[str, ...] | None:
    """The ids of the languages that a checkpoint has learnt; None for all. Raises
    CheckpointError."""
    ids = ours.entries.get("languages")
    if ids is None:
        return None
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise ours.wrong("languages", "a list of language ids, as editors name them")
    return tuple(ids)


def usable_device(device: str) -> str:
    """Where "auto" puts the network: torch is only asked on machines with a driver for it."""
    if device == "auto":
        if not has_torch() or not has_cuda_driver():
            return "cpu"
        from fillwright.engine.infill.loading_torch import sees_a_gpu

        return "cuda" if sees_a_gpu() else "cpu"
    if device.partition(":")[0] not in ("cpu", "cuda"):
        raise CheckpointError(f"{device!r} is no device; choose 'auto', 'cpu' or 'cuda'.")
    return device


def _generation_config(checkpoint: Path) -> Mapping[str, Any]:
    path = checkpoint / "generation_config.json"
    if not path.exists():
        return {}
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); download it again.") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("sampler_config", {}), dict):
        raise CheckpointError(f"{path} does not hold the object it should; download it again.")
    return parsed
