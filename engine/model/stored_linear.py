"""Products with matrices that stay as small in memory as they are stored.

On a CPU its kernels multiply int8 and int4 as they are. Elsewhere, and for other types, a matrix is
dequantised for its product and then dropped: memory for speed. Knows no checkpoint and no network.
"""

import logging

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fillwright.engine.model.weights import Matrix
from fillwright.kernels.cpu.library import NoKernelsError
from fillwright.kernels.cpu.matrices import WORD, CpuMatrix, Int4Matrix
from fillwright.kernels.cpu.operations import CpuKernels

log = logging.getLogger(__name__)


def kernels_here(threads: int) -> CpuKernels | None:
    """The CPU's kernels; None, and a line in the log, where this machine has none."""
    try:
        return CpuKernels(threads)
    except NoKernelsError as reason:
        log.info("Quantised matrices are widened for each product. %s", reason)
        return None


class StoredLinear(nn.Module):
    """x W^T + b, with a quantised W of `shape` [out, in] and a bias of the type that products have.
    `kernels` are those of the CPU, which round each row of x to int8 first. For inference: it has
    no parameters."""

    def __init__(
        self,
        matrix: Matrix,
        shape: torch.Size,
        dtype: torch.dtype,
        bias: Tensor | None,
        kernels: CpuKernels | None = None,
    ) -> None:
        super().__init__()
        self.dtype = dtype
        self._matrix, self._shape, self._bias = matrix, shape, bias
        self._kernels = kernels
        self._packed = None if kernels is None else _packed(kernels, matrix, shape)
        if self._packed is not None:
            # packing copied it
            self._matrix = Matrix(torch.empty(0))

    def forward(self, x: Tensor) -> Tensor:
        """x [..., in] -> [..., out]."""
        if self._kernels is None or self._packed is None:
            weight = self._matrix.dequantised(self._shape).to(self.dtype)
            return F.linear(x, weight, self._bias)
        rows = np.ascontiguousarray(x.reshape(-1, x.shape[-1]).float().numpy())
        out = torch.from_numpy(self._kernels.product(self._packed, rows)).to(self.dtype)
        out = out.view(*x.shape[:-1], self._shape[0])
        return out if self._bias is None else out + self._bias

    @property
    def on_kernels(self) -> bool:
        """Whether the CPU's kernels multiply it."""
        return self._packed is not None

    @property
    def nbytes(self) -> int:
        if self._packed is not None:
            return self._packed.nbytes
        parts = (self._matrix.stored, self._matrix.scale, self._matrix.factor)
        return sum(part.nbytes for part in parts if part is not None)


def _packed(kernels: CpuKernels, matrix: Matrix, shape: torch.Size) -> CpuMatrix | None:
    """A matrix as the kernels take it; None for one of another type, or with other scales."""
    stored, scale = matrix.stored, matrix.scale
    if scale is None:
        return None
    if stored.dtype == torch.int8:
        scales = scale.float().flatten().expand(shape[0])
        return kernels.pack(stored.numpy(), scales.contiguous().numpy())
    if stored.dtype != torch.int32 or shape[1] % (WORD * scale.shape[1]):
        return None
    short = scale.to(torch.bfloat16)
    if not torch.equal(short.to(scale.dtype), scale):
        return None
    return Int4Matrix.pack(stored.numpy(), short.view(torch.uint16).numpy())
