"""Products with matrices that stay as small in memory as they are stored.

A matrix is dequantised for its product and then dropped: memory for speed, on any device. Knows no
checkpoint and no network.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fillwright.engine.model.weights import Matrix


class StoredLinear(nn.Module):
    """x W^T + b, with a quantised W of `shape` [out, in] and a bias of the type that products have.
    For inference: it has no parameters."""

    def __init__(
        self, matrix: Matrix, shape: torch.Size, dtype: torch.dtype, bias: Tensor | None
    ) -> None:
        super().__init__()
        self.dtype = dtype
        self._matrix, self._shape, self._bias = matrix, shape, bias

    def forward(self, x: Tensor) -> Tensor:
        """x [..., in] -> [..., out]."""
        weight = self._matrix.dequantised(self._shape).to(self.dtype)
        return F.linear(x, weight, self._bias)

    @property
    def nbytes(self) -> int:
        parts = (self._matrix.stored, self._matrix.scale, self._matrix.factor)
        return sum(part.nbytes for part in parts if part is not None)
