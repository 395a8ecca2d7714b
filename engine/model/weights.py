"""safetensors files of a checkpoint folder -> the network's parameters, by name.

Knows the naming of DiffusionGemma checkpoints: one copy of the weights under `model.decoder`, the
encoder's own layer scalars under `model.encoder`, vision tensors beside them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.four_bits import NVFP4_GROUP, WORD, int4_matrix, nvfp4_matrix
from fillwright.engine.model.quantization import dequantise
from fillwright.engine.model.quantization_config import expert_parts, quantised_types
from fillwright.engine.model.safetensors_files import files_by_tensor, opened, stored_name

UNQUANTISED = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


def load_weights(
    model: nn.Module,
    folder: Path,
    config: Mapping[str, Any],
    device: str,
    dtype: torch.dtype,
    progress: Callable[[float], None] = lambda fraction: None,
    name_in_file: Callable[[str], str] = stored_name,
) -> None:
    """Fill `model` (on any device, meta included) from the folder's safetensors.

    Tensors stored in `dtype` stay memory-mapped on a CPU; others are converted, or dequantised, one
    matrix at a time, on `device`. `progress` gets the fraction of the parameters that are read.
    `name_in_file` gives the checkpoint's name of a parameter.
    Raises CheckpointError that names the tensor and the file.
    """
    tensors = StoredTensors(folder, quantised_types(config, folder / "config.json"), device)
    wanted = model.state_dict()
    total, done, state = sum(each.numel() for each in wanted.values()), 0, {}
    for name, parameter in wanted.items():
        state[name] = tensors.parameter(name_in_file(name), parameter.shape, dtype)
        done += parameter.numel()
        progress(done / total)
    model.load_state_dict(state, assign=True)


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """`stored` as it is, or int8, FP8, int4 words or pairs of NVFP4 with their scale; `factor`
    float32 of one element for all of NVFP4."""

    stored: Tensor
    scale: Tensor | None = None
    factor: Tensor | None = None

    def dequantised(self, shape: torch.Size) -> Tensor:
        """Its values, of `shape` [out, in]."""
        if self.scale is None:
            return self.stored
        if self.factor is not None:
            return nvfp4_matrix(self.stored, self.scale, self.factor)
        if self.stored.dtype == torch.int32:
            return int4_matrix(self.stored, self.scale, shape[1])
        return dequantise(self.stored, self.scale)


class StoredTensors:
    """The tensors of a checkpoint folder; each file is opened once. `quantised` are the names of
    types that stand for weights only together with a scale."""

    def __init__(self, folder: Path, quantised: frozenset[str], device: str) -> None:
        self._folder = folder
        self._quantised = {getattr(torch, name) for name in quantised}
        self._device = device
        self._files = files_by_tensor(folder)
        self._opened: dict[Path, Any] = {}

    def one_by_one(self, name: str, experts: int) -> list[tuple[str, ...]]:
        """The names of the matrices that stacked experts are stored as; none where they are one
        tensor, or `name` is no experts'."""
        parts = expert_parts(name, experts)
        stored = parts and {parts[0][0], f"{parts[0][0]}_packed"} & self._files.keys()
        return parts if stored else []

    def parameter(self, name: str, shape: torch.Size, dtype: torch.dtype) -> Tensor:
        """A parameter of `shape` with its weights' values in `dtype`; experts, [experts, out,
        in], may be stored one by one. Raises CheckpointError."""
        parts = self.one_by_one(name, shape[0])
        if not parts:
            return self._weight(name, shape).to(dtype)
        stacked = torch.empty(shape, dtype=dtype, device=self._device)
        for expert, names in zip(stacked, parts, strict=True):
            for part, rows in zip(names, expert.chunk(len(names)), strict=True):
                rows.copy_(self._weight(part, rows.shape))
        return stacked

    def matrix(self, name: str, shape: torch.Size) -> Matrix:
        """A matrix as it is stored, checked; raises CheckpointError."""
        if f"{name}_packed" in self._files:
            return self._four_bits(f"{name}_packed", name, shape, f"{name}_global_scale")
        tensor = self._read(name)
        if tensor.dtype in self._quantised and tensor.dtype == torch.uint8:
            return self._four_bits(name, name, shape, f"{name}_scale_2")
        path = self._files[name]
        if tensor.dtype not in UNQUANTISED and tensor.dtype not in self._quantised:
            raise CheckpointError(
                f"Tensor {name} in {path} is stored as {tensor.dtype}, a quantisation that "
                "config.json does not name; use the unquantised checkpoint."
            )
        if tensor.shape != shape:
            raise CheckpointError(
                f"Tensor {name} in {path} has shape {list(tensor.shape)}, but config.json asks for "
                f"{list(shape)}; the two are not of one checkpoint."
            )
        if tensor.dtype in UNQUANTISED:
            return Matrix(tensor)
        return Matrix(tensor, self._scale(f"{name}_scale", tensor))

    def _weight(self, name: str, shape: torch.Size) -> Tensor:
        return self.matrix(name, shape).dequantised(shape)

    def _four_bits(self, stored: str, name: str, shape: torch.Size, factor: str) -> Matrix:
        """A matrix of int4 or NVFP4, named `stored` in the file; `factor` scales all of NVFP4."""
        packed, scale = self._read(stored), self._read(f"{name}_scale")
        if packed.dtype not in self._quantised:
            raise CheckpointError(
                f"Tensor {stored} in {self._files[stored]} is stored as {packed.dtype}, a "
                "quantisation that config.json does not name; use the unquantised checkpoint."
            )
        rows, columns = shape
        is_int4 = packed.dtype == torch.int32
        width = -(-columns // WORD) if is_int4 else columns // 2
        groups = scale.shape[-1:].numel() if is_int4 else columns // NVFP4_GROUP
        fits = packed.shape == (rows, width) and scale.shape == (rows, groups)
        if not fits or not groups or columns % groups:
            raise CheckpointError(
                f"Tensors {stored} {list(packed.shape)} and {name}_scale {list(scale.shape)} in "
                f"{self._files[stored]} make no matrix of {rows} x {columns}, which config.json "
                "asks for; the two are not of one checkpoint."
            )
        self._check_finite(f"{name}_scale", scale)
        if is_int4:
            return Matrix(packed, scale)
        whole = self._read(factor).float()
        self._check_finite(factor, whole)
        if whole.numel() != 1:
            raise CheckpointError(
                f"Tensor {factor} in {self._files[factor]} has {whole.numel()} elements, but one "
                "factor scales a whole matrix; download the checkpoint again."
            )
        return Matrix(packed, scale, whole if factor.endswith("_2") else 1 / whole)

    def _scale(self, name: str, of: Tensor) -> Tensor:
        scale = self._read(name)
        per_row = scale.dim() == of.dim() == 2 and scale.shape == (of.shape[0], 1)
        if scale.dtype not in UNQUANTISED or not (per_row or scale.shape == (1,)):
            raise CheckpointError(
                f"Tensor {name} in {self._files[name]} is {scale.dtype} {list(scale.shape)}, but "
                f"what it scales has {of.shape[0]} rows; download the checkpoint again."
            )
        self._check_finite(name, scale)
        return scale

    def _check_finite(self, name: str, scale: Tensor) -> None:
        # e4m3 has no isfinite of its own
        if not scale.float().isfinite().all():
            raise CheckpointError(
                f"Tensor {name} in {self._files[name]} holds scales that are no numbers; download "
                "the checkpoint again."
            )

    def _read(self, name: str) -> Tensor:
        path = self._files.get(name)
        if path is None:
            raise CheckpointError(
                f"Tensor {name} is missing from the safetensors files in {self._folder}; "
                "download the checkpoint again."
            )
        if path not in self._opened:
            self._opened[path] = opened(path, self._device)
        try:
            tensor: Tensor = self._opened[path].get_tensor(name)
        except SafetensorError as error:
            raise CheckpointError(
                f"Tensor {name} cannot be read from {path} ({error}); download the file again."
            ) from error
        return tensor
