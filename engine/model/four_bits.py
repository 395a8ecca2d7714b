"""Matrices of four bits, as checkpoints store them.

int4: eight integers of -8..7 to an int32 word, each plus 8, the first in the lowest bits. Every
group of neighbouring columns has a scale (compressed-tensors' `pack-quantized`).

NVFP4: two numbers to a byte, the first in the lower half; each has one sign, two exponent and one
mantissa bit (e2m1). Every 16 columns have an e4m3 scale, and all of them one float32 factor.
compressed-tensors (`nvfp4-pack-quantized`) divides by it, NVIDIA's ModelOpt multiplies.
"""

import torch
from torch import Tensor

WORD = 8
"""int4 values to an int32."""
NVFP4_GROUP = 16
E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0)


def int4_matrix(packed: Tensor, scale: Tensor, columns: int) -> Tensor:
    """packed int32 [rows, columns / 8, rounded up], scale float [rows, groups] -> the scale's type
    [rows, columns]; groups divides columns."""
    shifts = torch.arange(0, 4 * WORD, 4, dtype=torch.int32, device=packed.device)
    values = ((packed[..., None] >> shifts) & 0xF).flatten(-2)[:, :columns] - 8
    return _scaled(values.to(scale.dtype), scale)


def int4_packed(weight: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """weight float [rows, columns] -> int32 [rows, columns / 8] and scale bfloat16 [rows, columns /
    group]; group divides columns, and 8 divides group.

    Rounds as compressed-tensors does: a group's largest weight is 7.5 steps from zero.
    """
    grouped = weight.float().reshape(len(weight), -1, group)
    # a group of zeros has no scale of its own; any will do
    scale = (grouped.abs().amax(-1) / 7.5).clamp(min=torch.finfo().tiny).to(torch.bfloat16)
    values = (grouped / scale.float()[..., None]).round().clamp(-8, 7).to(torch.int32) + 8
    shifts = torch.arange(0, 4 * WORD, 4, dtype=torch.int32, device=weight.device)
    words = values.reshape(len(weight), -1, WORD) << shifts
    return words.sum(-1, dtype=torch.int32), scale


def nvfp4_matrix(packed: Tensor, scale: Tensor, factor: Tensor) -> Tensor:
    """packed uint8 [rows, columns / 2], scale e4m3 [rows, columns / 16], factor float32 of one
    element -> float32 [rows, columns]."""
    table = torch.tensor(E2M1, device=packed.device)
    halves = torch.stack((packed & 0xF, packed >> 4), dim=-1).flatten(-2)
    return _scaled(table[halves.long()], scale.float() * factor)


def _scaled(values: Tensor, scale: Tensor) -> Tensor:
    """values [rows, columns], scale [rows, groups]"""
    rows, groups = scale.shape
    return (values.view(rows, groups, -1) * scale[..., None]).view(rows, -1)
