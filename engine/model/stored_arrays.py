"""The tensors of a checkpoint folder as numpy's arrays, for reading without torch.

Knows the safetensors format and the layout of the folder, not what the tensors mean.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.safetensors_files import files_by_tensor, opened

TYPES = {"I8": "<i1", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
"""By safetensors' names. numpy has no bfloat16: it is read as the upper half of a float32."""


class StoredArrays:
    """Files are mapped, and read as far as their tensors are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = files_by_tensor(folder)
        self._opened: dict[Path, tuple[dict[str, Any], NDArray[np.uint8]]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def read(self, name: str, *shape: int) -> NDArray[Any]:
        """int8, or a copy in float32. Raises CheckpointError, naming the tensor and the file."""
        entry, data = self._entry(name)
        if entry["shape"] != list(shape):
            raise CheckpointError(
                f"Tensor {name} in {self._files[name]} has shape {entry['shape']}, but config.json "
                f"asks for {list(shape)}; the two are not of one checkpoint."
            )
        start, end = entry["data_offsets"]
        stored = data[start:end].view(TYPES[entry["dtype"]]).reshape(shape)
        if entry["dtype"] == "I8":
            return stored
        if entry["dtype"] == "BF16":
            return (stored.astype(np.uint32) << 16).view(np.float32)
        return stored.astype(np.float32)

    def scales(self, name: str, rows: int) -> NDArray[np.float32]:
        """Of the int8 matrix of that name: float32 [rows]. Raises CheckpointError."""
        name = f"{name}_scale"
        entry, _ = self._entry(name)
        if entry["shape"] not in ([rows, 1], [1]):
            raise CheckpointError(
                f"Tensor {name} in {self._files[name]} is {entry['dtype']} {entry['shape']}, but "
                f"what it scales has {rows} rows; download the checkpoint again."
            )
        scales = self.read(name, *entry["shape"]).flatten()
        if not np.isfinite(scales).all():
            raise CheckpointError(
                f"Tensor {name} in {self._files[name]} holds scales that are no numbers; download "
                "the checkpoint again."
            )
        return np.broadcast_to(scales, rows)

    def _entry(self, name: str) -> tuple[dict[str, Any], NDArray[np.uint8]]:
        """What the header says of a tensor, and the bytes of its file after the header."""
        path = self._files.get(name)
        if path is None:
            raise CheckpointError(
                f"Tensor {name} is missing from the safetensors files in {self._folder}; "
                "download the checkpoint again."
            )
        entries, data = self._mapped(path)
        if (entry := entries.get(name)) is None:
            raise CheckpointError(f"Tensor {name} is not in {path}; download the file again.")
        if entry["dtype"] not in TYPES:
            raise CheckpointError(
                f"Tensor {name} in {path} is stored as {entry['dtype']}, which cannot be read "
                "here; use the unquantised checkpoint."
            )
        return entry, data

    def _mapped(self, path: Path) -> tuple[dict[str, Any], NDArray[np.uint8]]:
        """The header's entries, and the bytes after it."""
        if path not in self._opened:
            # checks the header, and that the file is whole
            opened(path)
            with path.open("rb") as file:
                size = int.from_bytes(file.read(8), "little")
                entries = json.loads(file.read(size))
            self._opened[path] = entries, np.memmap(path, mode="r", offset=8 + size)
        return self._opened[path]
