"""A network's weights -> a checkpoint folder that the engine ships.

In int8 it is half as large; in bfloat16 transformers opens it too.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save
from torch import Tensor

from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.quantization import (
    QUANTIZATION_CONFIG,
    expert_parts,
    quantisable,
    quantise,
)
from fillwright.engine.model.weights import stored_name

Format = Literal["int8", "bf16"]

GENERATION_CONFIG: dict[str, Any] = {
    "max_denoising_steps": 8,
    "t_min": 0.4,
    "t_max": 0.8,
    "stability_threshold": 1,
    "confidence_threshold": 0.005,
    "sampler_config": {"_cls_name": "EntropyBoundSamplerConfig", "entropy_bound": 0.1},
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}


def export(
    state_file: Path, tokenizer_file: Path, folder: Path, stored_as: Format = "int8"
) -> None:
    """Write a training state as config.json, generation_config.json, model.safetensors and
    tokenizer.json; other files of `folder` stay."""
    state = torch.load(state_file, weights_only=True, map_location="cpu")
    _replace_files(
        folder,
        _config_and_weights(state["config"], state["model"], stored_as)
        | {
            "generation_config.json": _json(GENERATION_CONFIG),
            "tokenizer.json": tokenizer_file.read_bytes(),
        },
    )


def export_anew(checkpoint: Path, folder: Path, stored_as: Format) -> None:
    """Write a checkpoint folder of any format that the engine reads in another one.

    Raises CheckpointError when it cannot be read.
    """
    weights = DiffusionGemma.from_checkpoint(checkpoint).state_dict()
    files = _config_and_weights(read_config(checkpoint), weights, stored_as)
    others = (checkpoint / name for name in ("generation_config.json", "tokenizer.json"))
    _replace_files(folder, files | {f.name: f.read_bytes() for f in others if f.exists()})


def _config_and_weights(
    config: Mapping[str, Any], state: Mapping[str, Tensor], stored_as: Format
) -> dict[str, bytes]:
    quantization = {"quantization_config": QUANTIZATION_CONFIG} if stored_as == "int8" else {}
    plain = {key: value for key, value in config.items() if key != "quantization_config"}
    tensors = dict(
        stored
        for name, tensor in state.items()
        for stored in _stored(stored_name(name), tensor, stored_as)
    )
    return {
        "config.json": _json(plain | {"dtype": "bfloat16"} | quantization),
        "model.safetensors": save(tensors, metadata={"format": "pt"}),
    }


def _stored(name: str, tensor: Tensor, stored_as: Format) -> Iterator[tuple[str, Tensor]]:
    """The tensors that one parameter becomes in the file."""
    if stored_as == "bf16" or not quantisable(name, tensor):
        yield name, tensor.to(torch.bfloat16).contiguous()
        return
    matrices = {name: tensor}
    if parts := expert_parts(name, len(tensor)):
        matrices = {
            part: rows
            for names, expert in zip(parts, tensor, strict=True)
            for part, rows in zip(names, expert.chunk(len(names)), strict=True)
        }
    for part, matrix in matrices.items():
        weight, scale = quantise(matrix.contiguous())
        yield part, weight
        yield f"{part}_scale", scale


def _replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Each file changes as a whole, and none before all are written: an engine may have the old
    ones mapped, and what is left of a broken-off export must not be taken for a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.partial").write_bytes(content)
    for name in files:
        (folder / f"{name}.partial").replace(folder / name)


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
