"""Matrices as the library's products take them, in the three forms of operations.h."""

import ctypes
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fillwright.kernels.cpu import library as c
from fillwright.kernels.cpu.buffers import address, checked, zeros

Floats = NDArray[np.float32]

# as in operations.h
BLOCK, HALF_BLOCK, OUTPUT_STEP, INPUT_STEP = 16, 8, 32, 64
INT8, INT4, BFLOAT16 = range(3)
WORD = 8
"""int4 values to an int32, as checkpoints store them."""
LOWER = np.uint32(0xFFFF)
FOUR, EIGHT, HALF = (np.uint32(bits) for bits in (4, 8, 16))


@dataclass(frozen=True, eq=False)
class CpuMatrix(ABC):
    """Weights [outputs, inputs] in one of the forms."""

    outputs: int
    inputs: int

    @property
    @abstractmethod
    def struct(self) -> c.Matrix:
        """As the library takes it; it must live as long as it is used."""

    @property
    def address(self) -> int:
        return ctypes.addressof(self.struct)

    @property
    def nbytes(self) -> int:
        """Of memory, all of which a product reads."""
        return sum(part.nbytes for part in vars(self).values() if isinstance(part, np.ndarray))


@dataclass(frozen=True, eq=False)
class Int8Matrix(CpuMatrix):
    """int8 with a scale per output: cells [outputs / 16, inputs / 4, 16, 4], padded with zeros."""

    cells: NDArray[np.int8]
    scales: Floats
    sums: NDArray[np.int32]

    @classmethod
    def pack(cls, library: ctypes.CDLL, weights: NDArray[np.int8], scales: Floats) -> "Int8Matrix":
        """weights int8 [outputs, inputs], scales [outputs]; both are copied."""
        outputs, inputs = weights.shape
        wide, deep = _padded(outputs, OUTPUT_STEP), _padded(inputs, INPUT_STEP)
        cells = zeros(wide // BLOCK, deep // 4, BLOCK, 4, dtype=np.int8)
        sums = zeros(wide, dtype=np.int32)
        place = checked(weights, outputs, inputs, dtype=np.int8)
        library.fillwright_pack(place, outputs, inputs, address(cells), address(sums))
        return cls(outputs, inputs, cells, _all_scales(scales, outputs), sums)

    @cached_property
    def struct(self) -> c.Matrix:
        parts = (address(self.cells), address(self.scales), address(self.sums))
        return c.Matrix(self.outputs, self.inputs, *parts, form=INT8)


@dataclass(frozen=True, eq=False)
class Int4Matrix(CpuMatrix):
    """Four bits, with a scale for so many neighbouring inputs of an output; see operations.h."""

    cells: NDArray[np.uint32]
    group_scales: NDArray[np.uint16]

    @classmethod
    def pack(cls, words: NDArray[np.int32], scales: NDArray[np.uint16]) -> "Int4Matrix":
        """words int32 [outputs, inputs / 8] of eight values plus 8 each, the first in the lowest
        bits; scales [outputs, groups] bfloat16's bits. Both are copied. Raises ValueError unless
        the groups are of whole words."""
        outputs, width = words.shape
        groups = scales.shape[1]
        checked(scales, outputs, groups, dtype=np.uint16)
        if width % groups:
            raise ValueError(f"{groups} groups are not of whole words of {WORD} int4")
        bits = words.view(np.uint32)
        # the first four values to the lower halves of four bytes, the others to the upper ones
        cells = _spread(bits & LOWER) | _spread(bits >> HALF) << FOUR
        return cls(outputs, WORD * width, _blocked(cells, HALF_BLOCK), _blocked(scales, HALF_BLOCK))

    @cached_property
    def struct(self) -> c.Matrix:
        return c.Matrix(
            self.outputs,
            self.inputs,
            address(self.cells),
            form=INT4,
            group=self.inputs // self.group_scales.shape[1],
            group_scales=address(self.group_scales),
        )


@dataclass(frozen=True, eq=False)
class Bfloat16Matrix(CpuMatrix):
    """bfloat16 with a scale per output, whose products round no rows: pairs of inputs
    [outputs / 16, inputs / 2, 16]."""

    pairs: NDArray[np.uint32]
    scales: Floats

    @classmethod
    def pack(cls, weights: NDArray[np.uint16], scales: Floats | None = None) -> "Bfloat16Matrix":
        """weights [outputs, inputs] bfloat16's bits, scales [outputs], None for 1; both are
        copied."""
        outputs, inputs = weights.shape
        if inputs % 2:
            weights = np.pad(weights, ((0, 0), (0, 1)))
        pairs = np.ascontiguousarray(weights).view(np.uint32)
        if scales is None:
            scales = np.ones(outputs, dtype=np.float32)
        return cls(outputs, inputs, _blocked(pairs, BLOCK), _all_scales(scales, outputs))

    @cached_property
    def struct(self) -> c.Matrix:
        pairs, scales = address(self.pairs), address(self.scales)
        return c.Matrix(self.outputs, self.inputs, pairs, scales, form=BFLOAT16)


def _blocked(columns: NDArray[Any], block: int) -> NDArray[Any]:
    """[outputs, columns] -> [outputs / block, columns, block], padded with zeros."""
    outputs, width = columns.shape
    made = zeros(_padded(outputs, OUTPUT_STEP) // block, width, block, dtype=columns.dtype.type)
    whole, rest = divmod(outputs, block)
    turned = made.transpose(0, 2, 1)
    turned[:whole] = columns[: whole * block].reshape(whole, block, width)
    if rest:
        turned[whole, :rest] = columns[whole * block :]
    return made


def _all_scales(scales: Floats, outputs: int) -> Floats:
    """Those of padding are 0."""
    checked(scales, outputs)
    padded = zeros(_padded(outputs, OUTPUT_STEP))
    padded[:outputs] = scales
    return padded


def _spread(halves: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Each of four times four bits to a byte of its own."""
    bytes_apart = (halves | halves << EIGHT) & np.uint32(0x00FF00FF)
    return (bytes_apart | bytes_apart << FOUR) & np.uint32(0x0F0F0F0F)


def _padded(size: int, step: int) -> int:
    return -(-size // step) * step
