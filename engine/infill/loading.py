"""A checkpoint folder -> an Infiller that is warm.

Knows files and devices; the model family decides the prompt.
"""

import json
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast, get_args

import torch

from fillwright.engine.allocator import keep_freed_blocks
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings, checkpoint_settings
from fillwright.engine.errors import CheckpointError
from fillwright.engine.filling import Engine
from fillwright.engine.infill.denoising.lengths import LengthBias
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading_cpu import load_on_cpu
from fillwright.engine.infill.prompts.chat import ChatPrompt
from fillwright.engine.infill.prompts.prompt import Prompt
from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.infill.ranking.calibration import Calibrations
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.memory.gate import Gate
from fillwright.engine.model import DiffusionGemma
from fillwright.engine.model.config import ModelConfig, model_config
from fillwright.engine.model.config_json import Section, read_config
from fillwright.engine.prompt_format import INSTRUCTED
from fillwright.engine.request import Budget, Decode, Hole, InfillRequest, Length

PROMPTS: Mapping[object, Callable[[CodeTokenizer], Prompt]] = {
    "small": SmallPrompt,
    INSTRUCTED: ChatPrompt,
}


def load_infiller(
    checkpoint: Path, device: str, progress: Callable[[float], None] = lambda fraction: None
) -> Infiller:
    """Load and warm up; `device` is "cpu", "cuda" or "auto"; `progress` gets fractions in [0, 1].

    Raises CheckpointError with one sentence when the folder cannot be used.
    """
    keep_freed_blocks()
    device = usable_device(device)
    config = read_config(checkpoint)
    ours = Section("", config).section("fillwright") if "fillwright" in config else Section("", {})
    settings = checkpoint_settings(config, _generation_config(checkpoint))
    tokenizer = CodeTokenizer.from_checkpoint(checkpoint)
    prompt: Prompt = PROMPTS[ours.choice("prompt", *PROMPTS, None) or INSTRUCTED](tokenizer)
    decode = ours.choice("decode", *get_args(Decode), None)
    length = ours.choice("length", *get_args(Length), None)
    progress(0.1)
    weights = checkpoint, device, float_type(device), lambda done: progress(0.1 + 0.8 * done)
    on_gpu = None
    if device == "cpu":
        model = load_on_cpu(checkpoint, *weights[2:])
    elif has_kernels(model_config(config), settings):
        # Triton is not everywhere
        from fillwright.engine.infill.loading_gpu import load_on_gpu

        on_gpu = load_on_gpu(*weights)
        model = on_gpu.model
    else:
        model = DiffusionGemma.from_checkpoint(*weights)
    if len(tokenizer.texts) > model.config.vocab_size:
        raise CheckpointError(
            f"{checkpoint / 'tokenizer.json'} has {len(tokenizer.texts)} tokens, but config.json "
            f"a vocab_size of {model.config.vocab_size}; the two are not of one checkpoint."
        )
    model.pack_matrices()
    infiller = Infiller(
        model=model,
        tokenizer=tokenizer,
        prompt=prompt,
        settings=settings,
        default_decode="denoise" if decode in (None, "auto") else cast(Decode, decode),
        model_name=str(ours.entries.get("name", checkpoint.resolve().name)),
        device=device,
        default_length="end-mark" if length in (None, "auto") else cast(Length, length),
        length_bias=_length_bias(ours),
        loop=on_gpu.loop if on_gpu else None,
        caches=on_gpu.caches if on_gpu else (),
        warning=on_gpu.warning if on_gpu else None,
        calibrations=Calibrations.of_checkpoint(checkpoint),
        languages=languages_of(ours),
        gate=Gate.of_checkpoint(checkpoint),
    )
    warm_up(infiller)
    progress(1.0)
    return infiller


def has_kernels(config: ModelConfig, settings: DenoiseSettings) -> bool:
    """Whether a GPU's loop takes the network: DiffusionGemma's own form, where Triton runs."""
    form = config.experts > 1 and settings.rows is RowConvention.OWN
    return form and find_spec("triton") is not None


def warm_up(infiller: Engine) -> None:
    """Fill once, so that the first request finds allocations and kernels ready."""
    request = InfillRequest("x = \n", (Hole(4, 4),), "python", budget=Budget(tokens=4, steps=1))
    for _ in infiller.infill(request, lambda: False):
        pass


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
    """The device that is named, or that "auto" means. Raises CheckpointError."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.partition(":")[0] not in ("cpu", "cuda"):
        raise CheckpointError(f"{device!r} is no device; choose 'auto', 'cpu' or 'cuda'.")
    if device != "cpu" and not torch.cuda.is_available():
        raise CheckpointError("No CUDA device can be used here; choose the device 'cpu'.")
    return device


def float_type(device: str) -> torch.dtype:
    """bfloat16 on GPUs and on CPUs that multiply it in hardware, where it is faster."""
    if device != "cpu" or torch.cpu._is_avx512_bf16_supported():
        return torch.bfloat16
    return torch.float32


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
