"""Products with bfloat16 matrices that stay, laid out once as the processor takes them.

    y = x W,    or gelu_tanh(x W),    or (x W) * other

x bfloat16 [..., rows, in], W bfloat16 [in, out]. Without this oneDNN lays W out again for every
product: for 64 rows that doubles the time, for one row it takes two to three times as long. What is
fused to a product sees it in float32, before it is rounded. For inference on a CPU: no gradients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

ROWS = 64  # those of a canvas; the layout is as good for one row, and for a thousand


@dataclass(frozen=True, slots=True, eq=False)
class PackedMatrix:
    """W in oneDNN's own layout, which nothing but its products can read."""

    opaque: Tensor
    dtype = torch.bfloat16

    @classmethod
    def pack(cls, matrix: Tensor) -> Self:
        """matrix bfloat16 [in, out], on the CPU; it is copied. Raises ValueError for another."""
        if matrix.dtype != torch.bfloat16 or matrix.device.type != "cpu":
            raise ValueError(f"bfloat16 on the CPU is packed, not {matrix.dtype}, {matrix.device}")
        turned = matrix.mT.contiguous()
        return cls(torch.ops.mkldnn._reorder_linear_weight(turned, ROWS))

    def __rmatmul__(self, x: Tensor) -> Tensor:
        return self._product(x, "none")

    def gelu_of_product(self, x: Tensor) -> Tensor:
        """gelu_tanh(x @ W): x bfloat16 [..., rows, in] -> bfloat16 [..., rows, out]."""
        return self._product(x, "gelu")

    def product_times(self, x: Tensor, other: Tensor) -> Tensor:
        """(x @ W) * other: x bfloat16 [..., rows, in]; other and the result bfloat16
        [..., rows, out]."""
        times: Tensor = torch.ops.mkldnn._linear_pointwise.binary(
            x, other, self.opaque, None, "mul"
        )
        return times

    def _product(self, x: Tensor, then: str) -> Tensor:
        done: Tensor = torch.ops.mkldnn._linear_pointwise(x, self.opaque, None, then, [], "tanh")
        return done


def can_pack(dtype: torch.dtype, device: torch.device) -> bool:
    """Whether products with packed matrices are there, and faster."""
    return (
        dtype == torch.bfloat16
        and device.type == "cpu"
        and torch._C._has_mkldnn
        and torch.cpu._is_avx512_bf16_supported()
    )


@dataclass(frozen=True, slots=True, eq=False)
class PackedMlps:
    """Gated MLPs of the same rows (geglu.py), packed: all gates, and all ups, side by side."""

    gates: PackedMatrix
    ups: PackedMatrix
    downs: tuple[PackedMatrix, ...]

    @classmethod
    def pack(cls, gate_ups: Sequence[Tensor], downs: Sequence[Tensor]) -> Self:
        """Of each MLP gate_up [hidden, 2 * intermediate] and down [intermediate, hidden], with one
        intermediate size."""
        gates, ups = zip(*(gate_up.chunk(2, dim=1) for gate_up in gate_ups), strict=True)
        return cls(
            PackedMatrix.pack(torch.cat(gates, dim=1)),
            PackedMatrix.pack(torch.cat(ups, dim=1)),
            tuple(PackedMatrix.pack(down) for down in downs),
        )

    def __call__(self, x: Tensor) -> list[Tensor]:
        """x [..., rows, hidden] -> from each MLP bfloat16 of the same shape"""
        rows = x.to(torch.bfloat16)
        gated = self.ups.product_times(rows, self.gates.gelu_of_product(rows))
        parts = gated.chunk(len(self.downs), dim=-1)
        return [part @ down for part, down in zip(parts, self.downs, strict=True)]
