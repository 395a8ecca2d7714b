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
from torch import Tensor, nn

from fillwright.engine.errors import CheckpointError

UNQUANTISED = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


def load_weights(
    model: nn.Module, folder: Path, config: Mapping[str, Any], device: str, dtype: torch.dtype
) -> None:
    """Fill `model` (on any device, meta included) from the folder's safetensors.

    Tensors stored in `dtype` stay memory-mapped on a CPU; others are converted one at a time.
    Raises CheckpointError that names the tensor and the file.
    """
    if quantization := config.get("quantization_config"):
        named = isinstance(quantization, Mapping) and quantization.get("quant_method")
        raise CheckpointError(
            f"{folder / 'config.json'} says the weights are quantised ({named or 'unnamed'}), "
            "which cannot be read; use the unquantised checkpoint."
        )
    files = _files_by_tensor(folder)
    wanted: dict[Path, list[str]] = {}
    parameters = model.state_dict()
    for name in parameters:
        if stored_name(name) not in files:
            raise CheckpointError(
                f"Tensor {stored_name(name)} is missing from the safetensors files in {folder}; "
                "download the checkpoint again."
            )
        wanted.setdefault(files[stored_name(name)], []).append(name)
    state = {}
    for path, names in wanted.items():
        with _opened(path, device) as file:
            for name in names:
                tensor = _read(file, path, stored_name(name), parameters[name].shape)
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
            return {tensor: folder / name for tensor, name in names.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CheckpointError(
                f"{index} does not say which file holds which tensor; download it again."
            ) from error
    single = folder / "model.safetensors"
    if not single.exists():
        raise CheckpointError(
            f"{folder} holds neither model.safetensors nor model.safetensors.index.json; "
            "download the checkpoint's weights."
        )
    with _opened(single, "cpu") as file:
        return dict.fromkeys(file.keys(), single)


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


def _read(file: Any, path: Path, name: str, shape: torch.Size) -> Tensor:
    try:
        tensor: Tensor = file.get_tensor(name)
    except SafetensorError as error:
        raise CheckpointError(
            f"Tensor {name} cannot be read from {path} ({error}); download the file again."
        ) from error
    if tensor.dtype not in UNQUANTISED:
        raise CheckpointError(
            f"Tensor {name} in {path} is stored as {tensor.dtype}, a quantisation that config.json "
            "does not name; use the unquantised checkpoint."
        )
    if tensor.shape != shape:
        raise CheckpointError(
            f"Tensor {name} in {path} has shape {list(tensor.shape)}, but config.json asks for "
            f"{list(shape)}; the two are not of one checkpoint."
        )
    return tensor
