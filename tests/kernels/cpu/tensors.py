"""The kernels for tensors: torch is what they are compared with, and numpy shares its memory."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fillwright.kernels.cpu.matrices import CpuMatrix, Int8Matrix
from fillwright.kernels.cpu.operations import CpuKernels, Seen


def to_arrays(value: Any) -> Any:
    """Tensors, also those of lists, tuples and dataclasses, as arrays of the same memory."""
    return _each(value, Tensor, lambda tensor: tensor.numpy())


def to_tensors(value: Any) -> Any:
    """Arrays as tensors of the same memory."""
    return _each(value, np.ndarray, torch.from_numpy)


def _each(value: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, list | tuple):
        return type(value)(_each(each, kind, change) for each in value)
    if is_dataclass(value) and not isinstance(value, CpuMatrix | Seen | type):
        return replace(
            value,
            **{each.name: _each(getattr(value, each.name), kind, change) for each in fields(value)},
        )
    return value


def _of_tensors(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: CpuKernels, *arguments: Any) -> Any:
        return to_tensors(method(self, *map(to_arrays, arguments)))

    return call


class TensorKernels(CpuKernels):
    embed = _of_tensors(CpuKernels.embed)
    product = _of_tensors(CpuKernels.product)
    experts = _of_tensors(CpuKernels.experts)
    gated_mlp = _of_tensors(CpuKernels.gated_mlp)
    turn = _of_tensors(CpuKernels.turn)
    attend = _of_tensors(CpuKernels.attend)
    join = _of_tensors(CpuKernels.join)
    logits = _of_tensors(CpuKernels.logits)
    readout = _of_tensors(CpuKernels.readout)
    expected = _of_tensors(CpuKernels.expected)

    def pack(self, weights: Any, scales: Any) -> Int8Matrix:
        return CpuKernels.pack(self, to_arrays(weights), to_arrays(scales))
