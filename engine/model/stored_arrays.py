"""The tensors of a checkpoint folder as numpy's arrays, for reading without torch.

Knows the safetensors format and the layout of the folder, not what the tensors mean.
"""

import json
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.safetensors_files import files_by_tensor, opened, tensors_of_file

TYPES = {"I8": "<i1", "I32": "<i4", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "F8_E4M3": "u1"}
"""By safetensors' names. numpy has no bfloat16: it is read as the upper half of a float32."""
INTEGERS = ("I8", "I32")
QUANTISED = ("I8", "F8_E4M3")


def _e4m3() -> NDArray[np.uint16]:
    """bfloat16's bits of each of FP8's 256 numbers: a sign, four bits of exponent, three of
    mantissa; all seven set are no number."""
    byte = np.arange(256)
    exponent, mantissa = byte >> 3 & 15, byte & 7
    size = np.where(exponent > 0, (8 + mantissa) * 2.0 ** (exponent - 10), mantissa * 2.0**-9)
    size[byte & 127 == 127] = np.nan
    numbers = np.where(byte < 128, size, -size).astype(np.float32)
    return (numbers.view(np.uint32) >> 16).astype(np.uint16)


E4M3 = _e4m3()


class StoredArrays:
    """Files are mapped, and read as far as their tensors are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = files_by_tensor(folder)
        self._opened: dict[Path, tuple[dict[str, Any], NDArray[np.uint8]]] = {}

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Of one file, whatever its name. Raises CheckpointError."""
        arrays = cls.__new__(cls)
        arrays._folder, arrays._files, arrays._opened = path.parent, tensors_of_file(path), {}
        return arrays

    def names(self) -> list[str]:
        """Of all tensors."""
        return list(self._files)

    def shape(self, name: str) -> tuple[int, ...]:
        """Of a tensor. Raises CheckpointError."""
        entry, _ = self._entry(name)
        return tuple(entry["shape"])

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def read(self, name: str, *shape: int) -> NDArray[Any]:
        """Integers as they are stored, or a copy in float32. Raises CheckpointError, naming the
        tensor and the file."""
        entry, stored = self._stored(name, shape)
        if entry["dtype"] in INTEGERS:
            return stored
        if entry["dtype"] in ("BF16", "F8_E4M3"):
            return (self.bfloat16(name, *shape).astype(np.uint32) << 16).view(np.float32)
        return stored.astype(np.float32)

    def form(self, name: str) -> str:
        """The type of the matrix of that name, as safetensors calls it; I32 for one in int4."""
        if f"{name}_packed" in self._files:
            name = f"{name}_packed"
        entry, _ = self._entry(name)
        return str(entry["dtype"])

    def bfloat16(self, name: str, *shape: int) -> NDArray[np.uint16]:
        """The bits of a tensor that is bfloat16, or of FP8, whose every number bfloat16 has."""
        entry, stored = self._stored(name, shape)
        return stored if entry["dtype"] == "BF16" else E4M3[stored]

    def int4(
        self, name: str, rows: int, columns: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The matrix of that name: int32 [rows, columns / 8, rounded up] and float32 [rows,
        groups]. Raises CheckpointError."""
        words = self.read(f"{name}_packed", rows, -(-columns // 8))
        entry, _ = self._entry(f"{name}_scale")
        groups = entry["shape"][-1] if entry["shape"] else 0
        scales = self.read(f"{name}_scale", rows, groups)
        if not groups or columns % groups:
            raise CheckpointError(
                f"Tensor {name}_scale in {self._files[f'{name}_scale']} has {groups} scales a row, "
                f"for {columns} columns; the two are not of one checkpoint."
            )
        self._check_finite(f"{name}_scale", scales)
        return words, scales

    def scales(self, name: str, rows: int) -> NDArray[np.float32]:
        """Of the matrix of that name: float32 [rows]; 1 where it needs none. Raises
        CheckpointError."""
        if self.form(name) not in QUANTISED:
            return np.ones(rows, dtype=np.float32)
        name = f"{name}_scale"
        entry, _ = self._entry(name)
        if entry["shape"] not in ([rows, 1], [1]):
            raise CheckpointError(
                f"Tensor {name} in {self._files[name]} is {entry['dtype']} {entry['shape']}, but "
                f"what it scales has {rows} rows; download the checkpoint again."
            )
        scales = self.read(name, *entry["shape"]).flatten()
        self._check_finite(name, scales)
        return np.broadcast_to(scales, rows)

    def _check_finite(self, name: str, scales: NDArray[np.float32]) -> None:
        if not np.isfinite(scales).all():
            raise CheckpointError(
                f"Tensor {name} in {self._files[name]} holds scales that are no numbers; download "
                "the checkpoint again."
            )

    def _stored(self, name: str, shape: tuple[int, ...]) -> tuple[dict[str, Any], NDArray[Any]]:
        """What the header says of a tensor, and its bytes in their type."""
        entry, data = self._entry(name)
        if entry["shape"] != list(shape):
            raise CheckpointError(
                f"Tensor {name} in {self._files[name]} has shape {entry['shape']}, but config.json "
                f"asks for {list(shape)}; the two are not of one checkpoint."
            )
        start, end = entry["data_offsets"]
        return entry, data[start:end].view(TYPES[entry["dtype"]]).reshape(shape)

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
