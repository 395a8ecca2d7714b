"""Products with FP8 matrices of one scale per output, for all that is no expert.

    y[row, o] = scale[o] * sum_i x[row, i] W[o, i]

x bfloat16 [..., in], W e4m3 [out, in], scale float32 [out]. Only the weights are in eight bits:
they become operands of bfloat16 products as they come from memory, 1 byte each, and activations are
not rounded. W is read once per tile of rows, from the second one on out of the L2 cache.
"""

from dataclasses import dataclass
from typing import Self

import torch
import triton
import triton.language as tl
from torch import Tensor

from fillwright.kernels.gpu.operands import dot_type

E4M3 = torch.float8_e4m3fn
BLOCK_M, BLOCK_N, BLOCK_K = 64, 32, 128
WARPS, STAGES = 4, 4


@triton.jit
def scaled_product_kernel(
    x, weight, scale, out, rows, outputs, inputs,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, DOT: tl.constexpr,
):  # fmt: skip
    row = (tl.program_id(1) * BLOCK_M + tl.arange(0, BLOCK_M)).to(tl.int64)
    column = (tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)).to(tl.int64)
    here, inside = row < rows, column < outputs
    acc = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, inputs, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        fits = k < inputs
        mask = here[:, None] & fits[None, :]
        a = tl.load(x + row[:, None] * inputs + k[None, :], mask=mask, other=0.0).to(tl.float32)
        mask = inside[:, None] & fits[None, :]
        w = tl.load(weight + column[:, None] * inputs + k[None, :], mask=mask, other=0.0)
        acc = tl.dot(a.to(DOT), tl.trans(w.to(tl.float32).to(DOT)), acc)
    acc *= tl.load(scale + column, mask=inside, other=0.0)[None, :]
    at = row[:, None] * outputs + column[None, :]
    tl.store(out + at, acc.to(out.dtype.element_ty), mask=here[:, None] & inside[None, :])


@dataclass(frozen=True, slots=True, eq=False)
class ScaledMatrix:
    """weight e4m3 [out, in], scale float32 [out]; stands where a matrix [in, out] of `dtype`, the
    activations' type, would."""

    weight: Tensor
    scale: Tensor
    dtype: torch.dtype

    @classmethod
    def side_by_side(cls, parts: list[tuple[Tensor, Tensor]], dtype: torch.dtype) -> Self:
        """Of matrices of the same inputs, each with its scale [out, 1]."""
        weight = torch.cat([weight.view(torch.uint8) for weight, _ in parts]).view(E4M3)
        return cls(weight, torch.cat([scale.float().flatten() for _, scale in parts]), dtype)

    @property
    def nbytes(self) -> int:
        return self.weight.nbytes + self.scale.nbytes

    def __rmatmul__(self, x: Tensor) -> Tensor:
        outputs, inputs = self.weight.shape
        flat = x.reshape(-1, inputs).contiguous()
        rows = flat.shape[0]
        out = flat.new_empty(rows, outputs)
        if rows:
            grid = (triton.cdiv(outputs, BLOCK_N), triton.cdiv(rows, BLOCK_M))
            scaled_product_kernel[grid](
                flat, self.weight, self.scale, out, rows, outputs, inputs,
                BLOCK_M=BLOCK_M, BLOCK_N=BLOCK_N, BLOCK_K=BLOCK_K, DOT=dot_type(x),
                num_warps=WARPS, num_stages=STAGES,
            )  # fmt: skip
        return out.view(*x.shape[:-1], outputs)

    def dequantised(self) -> Tensor:
        """float32 [in, out]"""
        worth: Tensor = self.weight.float() * self.scale[:, None]
        return worth.mT
