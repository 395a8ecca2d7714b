"""One safetensors file of an unquantised checkpoint -> the same tensors, quantised, in another.

One matrix is read at a time; what is held is what the new file will hold. The file takes its name
when it is whole and on the disk. Knows nothing of other files.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.quantization_config import expert_parts
from fillwright.engine.model.safetensors_files import opened
from fillwright.engine.model.weights import UNQUANTISED
from fillwright.engine.quantize.layout import (
    Kind,
    QuantizeSettings,
    check_columns,
    kind_of,
    quantised,
)


@dataclass(slots=True)
class WeightError:
    """Sums of squares, of weights and of what quantising changed in them, per kind."""

    weights: dict[Kind, float] = field(default_factory=dict)
    changes: dict[Kind, float] = field(default_factory=dict)

    def add(self, kind: Kind, weight: Tensor, read_back: Tensor) -> None:
        """Count a matrix and what its quantised form reads as, both float [rows, columns]."""
        exact = weight.double()
        self._add(kind, float(exact.square().sum()), float((read_back - exact).square().sum()))

    def merge(self, other: "WeightError") -> None:
        for kind, weights in other.weights.items():
            self._add(kind, weights, other.changes[kind])

    def relative(self) -> dict[Kind, float]:
        """Root mean square of the changes over that of the weights."""
        return {
            kind: (self.changes[kind] / weights) ** 0.5 if weights else 0.0
            for kind, weights in self.weights.items()
        }

    def _add(self, kind: Kind, weights: float, changes: float) -> None:
        self.weights[kind] = self.weights.get(kind, 0.0) + weights
        self.changes[kind] = self.changes.get(kind, 0.0) + changes


def check_shard(source: Path, settings: QuantizeSettings) -> None:
    """Raises CheckpointError or BadRequest for what the header of the file tells that
    `quantise_shard` would stop at, before anything is written."""
    with opened(source, "cpu") as file:
        for name in sorted(file.keys()):
            if kind_of(name):
                tensor = file.get_slice(name)
                check_columns(name, tensor.get_shape()[-1], settings)


def quantise_shard(
    source: Path,
    target: Path,
    settings: QuantizeSettings,
    device: str,
    read: Callable[[int], None],
) -> WeightError:
    """Write `target`; `read` is told the bytes of every matrix after it. Raises CheckpointError
    that names tensor and file, and OSError where `target` cannot be written."""
    error, tensors = WeightError(), dict[str, Tensor]()
    with opened(source, "cpu") as file:
        for name in sorted(file.keys()):
            kind = kind_of(name)
            matrix = settings.matrix(kind) if kind else None
            try:
                if kind is None or matrix is None:
                    tensors[name] = file.get_tensor(name)
                    read(tensors[name].nbytes)
                    continue
                matrices = _matrices(name, file)
                kept: dict[str, Tensor] = {}
                for at, (part, weight) in enumerate(matrices):
                    exact = _usable(part, weight().to(device), source)
                    stored, read_back = quantised(part, exact, matrix, settings.group)
                    for each, tensor in stored:
                        # side by side: small blocks kept between large ones that are freed leave
                        # holes in the heap, eight times what they hold
                        end = each.removeprefix(part)
                        if end not in kept:
                            kept[end] = torch.empty(
                                len(matrices), *tensor.shape, dtype=tensor.dtype
                            )
                        tensors[each] = kept[end][at].copy_(tensor)
                    error.add(kind, exact, read_back)
                    read(exact.nbytes)
            except SafetensorError as broken:
                raise CheckpointError(
                    f"Tensor {name} cannot be read from {source} ({broken}); download the file "
                    "again."
                ) from broken
        _save(tensors, target)
    return error


def _matrices(name: str, file: Any) -> list[tuple[str, Callable[[], Tensor]]]:
    """The matrices that are quantised one by one, and how each is read; stacked experts are
    parted."""
    stacked = file.get_slice(name)
    parts = expert_parts(name, stacked.get_shape()[0])
    if not parts:
        return [(name, lambda: file.get_tensor(name))]

    def rows(expert: int, at: int) -> Tensor:
        matrix: Tensor = stacked[expert].chunk(len(parts[expert]))[at]
        return matrix

    return [
        (part, partial(rows, expert, at))
        for expert, names in enumerate(parts)
        for at, part in enumerate(names)
    ]


def _usable(name: str, weight: Tensor, source: Path) -> Tensor:
    if weight.dtype not in UNQUANTISED:
        raise CheckpointError(
            f"Tensor {name} in {source} is stored as {weight.dtype}; quantise from the unquantised "
            "checkpoint."
        )
    if not weight.isfinite().all():
        raise CheckpointError(
            f"Tensor {name} in {source} holds weights that are no numbers; download the file again."
        )
    return weight


def _save(tensors: dict[str, Tensor], target: Path) -> None:
    unnamed = target.with_name(f"{target.name}.partial")
    save_file(
        {name: tensor.contiguous() for name, tensor in tensors.items()}, unnamed, {"format": "pt"}
    )
    with unnamed.open("rb+") as written:
        os.fsync(written.fileno())
    unnamed.replace(target)
