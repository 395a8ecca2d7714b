"""The experts' matrices as the kernels stream them from memory.

A matrix of `rows` outputs and `columns` inputs is worth

    W[e, r, c] = value(weight[e, r, c]) * group_scale[e, r, c // group] * row_scale[e, r]

with group scales where it is stored in four bits, and row scales for FP8 and NVFP4. Four-bit
columns are packed by chunks of 64: byte j of a chunk holds column j in its lower half and column
j + 32 in its upper. So a kernel unpacks a tile with one shift, for two products over columns that
lie side by side. Bytes per weight: bf16 2, FP8 1, int4 0.5 + 2 / group, NVFP4 0.5625.
"""

from dataclasses import dataclass
from typing import Literal, Self

import torch
import triton
import triton.language as tl
from torch import Tensor

Format = Literal["bf16", "fp8", "int4", "nvfp4"]
CHUNK = 64
HALF = tl.constexpr(CHUNK // 2)
E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0)
NVFP4_GROUP = 16


@dataclass(frozen=True, slots=True, eq=False)
class ExpertMatrix:
    """weight bfloat16 or e4m3 [experts, rows, columns], or uint8 [experts, rows, columns / 2];
    row_scale float32 [experts, rows]; group_scale bfloat16 (int4) or e4m3 (NVFP4)
    [experts, rows, columns / group], `group` 0 without."""

    format: Format
    weight: Tensor
    row_scale: Tensor
    group_scale: Tensor
    group: int

    @classmethod
    def bf16(cls, weight: Tensor) -> Self:
        """weight [experts, rows, columns]"""
        ones = torch.ones(weight.shape[:2], device=weight.device)
        return cls("bf16", weight.contiguous(), ones, ones, 0)

    @classmethod
    def fp8(cls, weight: Tensor, scale: Tensor) -> Self:
        """weight e4m3 [experts, rows, columns], scale [experts, rows], one per output channel"""
        scale = scale.float().reshape(weight.shape[:2]).contiguous()
        return cls("fp8", weight.contiguous(), scale, scale, 0)

    @classmethod
    def int4(cls, words: Tensor, scale: Tensor) -> Self:
        """words int32 [experts, rows, columns / 8] and scale [experts, rows, groups], as
        compressed-tensors packs them: eight values plus 8 to a word, the first in the lowest
        bits."""
        nibbles = _nibbles(words.contiguous().view(torch.uint8))
        ones = torch.ones(words.shape[:2], device=words.device)
        scale = scale.to(torch.bfloat16).contiguous()
        return cls("int4", _chunked(nibbles), ones, scale, nibbles.shape[-1] // scale.shape[-1])

    @classmethod
    def nvfp4(cls, packed: Tensor, scale: Tensor, factor: Tensor) -> Self:
        """packed uint8 [experts, rows, columns / 2], the first of two numbers in the lower half;
        scale e4m3 [experts, rows, columns / 16]; factor float32 [experts], or [experts, rows]."""
        nibbles = _nibbles(packed)
        rows = factor.float().reshape(packed.shape[0], -1).expand(packed.shape[:2]).contiguous()
        return cls("nvfp4", _chunked(nibbles), rows, scale.contiguous(), NVFP4_GROUP)

    @property
    def shape(self) -> tuple[int, int, int]:
        """experts, rows, columns"""
        experts, rows, stored = self.weight.shape
        return experts, rows, stored * 2 if self.weight.dtype == torch.uint8 else stored

    def dequantised(self) -> Tensor:
        """float32 [experts, rows, columns]; what the kernels are compared with."""
        if not self.group:
            return self.weight.float() * self.row_scale[..., None]
        halves = self.weight.unflatten(-1, (-1, CHUNK // 2))
        nibbles = torch.stack((halves & 0xF, halves >> 4), dim=-2).flatten(-3).long()
        table = torch.arange(-8.0, 8.0) if self.format == "int4" else torch.tensor(E2M1)
        values = table.to(nibbles.device)[nibbles].unflatten(-1, (-1, self.group))
        scaled = values * self.group_scale.float()[..., None]
        worth: Tensor = scaled.flatten(-2) * self.row_scale[..., None]
        return worth


def _nibbles(packed: Tensor) -> Tensor:
    """uint8 [..., bytes] -> [..., 2 * bytes], the lower half of a byte first; a word's bytes ascend
    on every machine that PyTorch runs on."""
    return torch.stack((packed & 0xF, packed >> 4), dim=-1).flatten(-2)


def _chunked(nibbles: Tensor) -> Tensor:
    """uint8 [..., columns] of four bits each -> [..., columns / 2], by chunks."""
    if nibbles.shape[-1] % CHUNK:
        raise ValueError(f"four-bit matrices have a multiple of {CHUNK} columns")
    low, high = nibbles.unflatten(-1, (-1, 2, CHUNK // 2)).unbind(-2)
    packed: Tensor = (low | high << 4).flatten(-2).contiguous()
    return packed


@triton.jit
def low_column(byte):
    """The column in the lower half of a byte, counted from the start of the row; the upper half
    holds the one HALF further on."""
    return byte // HALF * (2 * HALF) + byte % HALF


@triton.jit
def int4_value(nibble):
    return nibble.to(tl.float32) - 8.0


@triton.jit
def e2m1_value(nibble):
    """Sign, two bits of exponent, one of mantissa; exponent 0 counts in halves."""
    exponent = (nibble >> 1) & 3
    mantissa = (nibble & 1).to(tl.float32)
    size = (2.0 + mantissa) * (1 << exponent).to(tl.float32) * 0.25
    size = tl.where(exponent == 0, mantissa * 0.5, size)
    return tl.where((nibble & 8) != 0, -size, size)
