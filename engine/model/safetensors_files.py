"""The safetensors files of a checkpoint folder: which one holds which tensor, opened or refused,
and the names of DiffusionGemma's parameters in them.
"""

import json
from pathlib import Path, PureWindowsPath
from typing import Any

from safetensors import SafetensorError, safe_open

from fillwright.engine.errors import CheckpointError

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"


def files_by_tensor(folder: Path) -> dict[str, Path]:
    """Raises CheckpointError when the folder does not say."""
    index = folder / INDEX
    if index.exists():
        try:
            names = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
            return {tensor: folder / _inside(name) for tensor, name in names.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CheckpointError(
                f"{index} does not say which file holds which tensor; download it again."
            ) from error
    single = folder / SINGLE
    if not single.exists():
        raise CheckpointError(
            f"{folder} holds neither {SINGLE} nor {INDEX}; download the checkpoint's weights."
        )
    return tensors_of_file(single)


def _inside(name: str) -> str:
    """The name of a file in or below the folder that names it; ValueError for any other."""
    # both kinds of separators, and drives
    path = PureWindowsPath(name)
    if not name.isprintable() or path.anchor or ".." in path.parts:
        raise ValueError(f"{name!r} is no file of this folder")
    return name


def tensors_of_file(path: Path) -> dict[str, Path]:
    """The names of a file's tensors, each with the file. Raises CheckpointError."""
    with opened(path) as file:
        return dict.fromkeys(file.keys(), path)


def opened(path: Path, device: str | None = None) -> Any:
    """A memory-mapped file whose tensors are torch's on `device`, or numpy's. Raises
    CheckpointError."""
    try:
        if device is None:
            return safe_open(path, framework="np")
        return safe_open(path, framework="pt", device=device)
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} is missing, although the index names it; download it again."
        ) from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path} is no whole safetensors file ({error}); download it again."
        ) from error


def stored_name(name: str) -> str:
    """The checkpoint's name of a parameter or buffer of the network."""
    if name.endswith(".encoder_layer_scalar"):
        layer = name.removesuffix(".encoder_layer_scalar")
        return f"model.encoder.language_model.{layer}.layer_scalar"
    return f"model.decoder.{name}"
