"""A network's weights -> a checkpoint folder that the engine ships.

In int8 it is half as large; in bfloat16 transformers opens it too.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save
from torch import Tensor

from fillwright.engine.errors import BadRequest, CheckpointError
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.quantization import (
    QUANTIZATION_CONFIG,
    quantisable,
    quantise,
)
from fillwright.engine.model.quantization_config import expert_parts
from fillwright.engine.model.safetensors_files import stored_name

Format = Literal["int8", "bf16"]
ALONG = ("generation_config.json", "tokenizer.json")
"""What stands beside the weights in every checkpoint."""


@dataclass(frozen=True, slots=True)
class Average:
    """A run's weights count `share`, those of the checkpoint that it started from the rest: what
    training further has won, without what a restless end has lost (Wortsman et al. 2022, Robust
    fine-tuning of zero-shot models). Raises BadRequest for a share that is none."""

    checkpoint: Path
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise BadRequest(f"{self.share} is no share; give one from 0 to 1.")


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
    state_file: Path,
    tokenizer_file: Path,
    folder: Path,
    stored_as: Format = "int8",
    average: Average | None = None,
) -> None:
    """Write a training state as config.json, generation_config.json, model.safetensors and
    tokenizer.json; other files of `folder` stay. Raises CheckpointError when the checkpoint to
    average with cannot be read or is another network."""
    state = torch.load(state_file, weights_only=True, map_location="cpu")
    weights = state["model"] if average is None else _averaged(state["model"], average)
    _replace_files(
        folder,
        _config_and_weights(state["config"], weights, stored_as)
        | {
            "generation_config.json": _json(GENERATION_CONFIG),
            "tokenizer.json": tokenizer_file.read_bytes(),
        },
    )


def _averaged(weights: Mapping[str, Tensor], average: Average) -> dict[str, Tensor]:
    others = DiffusionGemma.from_checkpoint(average.checkpoint).state_dict()
    if {name: t.shape for name, t in others.items()} != {n: t.shape for n, t in weights.items()}:
        raise CheckpointError(
            f"{average.checkpoint} is another network than the run's; average with the checkpoint "
            "that the run started from."
        )
    return {
        name: torch.lerp(others[name].float(), tensor.float(), average.share)
        for name, tensor in weights.items()
    }


def re_export(checkpoint: Path, folder: Path, stored_as: Format) -> None:
    """Write a checkpoint folder of any format that the engine reads in another one.

    Raises CheckpointError when it cannot be read.
    """
    weights = DiffusionGemma.from_checkpoint(checkpoint).state_dict()
    write_checkpoint(checkpoint, weights, folder, stored_as)


def write_checkpoint(
    of: Path,
    weights: Mapping[str, Tensor],
    folder: Path,
    stored_as: Format,
    along: Sequence[str] = ALONG,
) -> None:
    """Write `weights`, by the network's names, as a checkpoint of the same shape as the one in
    `of`, whose files named in `along` come with them."""
    files = _config_and_weights(read_config(of), weights, stored_as)
    others = (of / name for name in along)
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
