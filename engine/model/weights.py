"""safetensors files of a checkpoint folder -> the network's parameters, by name.

Knows the naming of DiffusionGemma checkpoints: one copy of the weights under `model.decoder`, the
encoder's own layer scalars under `model.encoder`, vision tensors beside them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from fillwright.engine.errors import CheckpointError


def load_weights(
    model: nn.Module, folder: Path, config: Mapping[str, Any], device: str, dtype: torch.dtype
) -> None:
    """Fill `model` (on any device, meta included) from the folder's safetensors.

    Raises CheckpointError that names the tensor and the file.
    """
    if quantization := config.get("quantization_config"):
        method = quantization.get("quant_method", "unnamed")
        raise CheckpointError(
            f"{folder / 'config.json'} says the weights are quantised ({method}), which cannot be "
            "read; use the unquantised checkpoint."
        )
    if not config.get("tie_word_embeddings", True):
        raise CheckpointError(
            f"{folder / 'config.json'} unties the output head from the embedding, which "
            "DiffusionGemma never does; use an original checkpoint."
        )
    files = _files_by_tensor(folder)
    state = {}
    for name, expected in model.state_dict().items():
        stored = stored_name(name)
        if stored not in files:
            raise CheckpointError(
                f"Tensor {stored} is missing from the safetensors files in {folder}; "
                "download the checkpoint again."
            )
        tensor = _read(files[stored], stored, device)
        if tensor.shape != expected.shape:
            raise CheckpointError(
                f"Tensor {stored} in {files[stored]} has shape {list(tensor.shape)}, but "
                f"config.json asks for {list(expected.shape)}; the two are not of one checkpoint."
            )
        if not tensor.is_floating_point():
            raise CheckpointError(
                f"Tensor {stored} in {files[stored]} is stored as {tensor.dtype}, a quantisation "
                "that config.json does not name; use the unquantised checkpoint."
            )
        state[name] = tensor.to(dtype)
    model.load_state_dict(state, assign=True)


def stored_name(name: str) -> str:
    """The checkpoint's name of a parameter or buffer of the network."""
    if name.endswith(".encoder_layer_scalar"):
        layer = name.removesuffix(".encoder_layer_scalar")
        return f"model.encoder.language_model.{layer}.layer_scalar"
    return f"model.decoder.{name}"


def _files_by_tensor(folder: Path) -> dict[str, Path]:
    index = folder / "model.safetensors.index.json"
    if index.exists():
        try:
            names = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        except (ValueError, KeyError) as error:
            raise CheckpointError(f"{index} cannot be read; download it again.") from error
        return {tensor: folder / name for tensor, name in names.items()}
    single = folder / "model.safetensors"
    if not single.exists():
        raise CheckpointError(
            f"{folder} holds neither model.safetensors nor model.safetensors.index.json; "
            "download the checkpoint's weights."
        )
    with _opened(single, "cpu") as file:
        return dict.fromkeys(file.keys(), single)


def _read(path: Path, name: str, device: str) -> torch.Tensor:
    with _opened(path, device) as file:
        try:
            tensor: torch.Tensor = file.get_tensor(name)
        except SafetensorError as error:
            raise CheckpointError(
                f"Tensor {name} cannot be read from {path} ({error}); download the file again."
            ) from error
    return tensor


def _opened(path: Path, device: str) -> Any:
    try:
        return safe_open(path, framework="pt", device=device)
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} is missing, although the index names it; download it again."
        ) from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} is no whole safetensors file ({error}); download it again."
        ) from error
