"""The operations in plain torch, float64 where it matters, and tensors to try them on."""

from collections.abc import Sequence

import torch
from torch import Tensor

from fillwright.kernels.cpu.library import InstructionSet
from fillwright.kernels.cpu.matrices import BLOCK, Int8Matrix
from fillwright.kernels.cpu.operations import Heads, SharedRows
from tests.kernels.cpu.tensors import TensorKernels

EPS = 1e-6


def drawn(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    """Normal numbers, at an address that is no multiple of eight."""
    random = torch.Generator().manual_seed(seed + sum(shape))
    tensor = torch.empty(int(torch.Size(shape).numel()) + 1)[1:].view(shape)
    return tensor.copy_(torch.randn(shape, generator=random) * scale)


def drawn_matrix(
    kernels: TensorKernels, outputs: int, inputs: int, seed: int = 0
) -> tuple[Int8Matrix, Tensor]:
    """Packed, and its values float64 [outputs, inputs]; -128 among its cells."""
    random = torch.Generator().manual_seed(seed + outputs * inputs)
    odd = torch.empty(outputs * inputs + 1, dtype=torch.int8)[1:].view(outputs, inputs)
    odd.copy_(torch.randint(-128, 128, (outputs, inputs), generator=random, dtype=torch.int8))
    scales = torch.rand(outputs, generator=random) / 100 + 1e-4
    return kernels.pack(odd, scales), odd.double() * scales.double()[:, None]


def normed(x: Tensor, eps: float = EPS) -> Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps)


def opened(x: Tensor, gain: Tensor | None, eps: float) -> Tensor:
    x = x.double()
    x = normed(x, eps) if eps >= 0 else x
    return x if gain is None else x * gain.double()


def kept(kernels: TensorKernels, x: Tensor) -> Tensor:
    """Rows as the products see them."""
    if kernels.instruction_set is InstructionSet.FLOAT32:
        return x.double()
    top = x.float().abs().amax(-1, keepdim=True)
    steps = (x.float() * (127.0 / top.clamp(min=1e-30))).round()
    return steps.double() * top.double() / 127


def one_step(kernels: TensorKernels, x: Tensor, matrix: Tensor) -> float:
    """As much as a product can differ where rounding met a number just between two steps: three of
    a row's numbers by a step each."""
    step = 0.0 if kernels.instruction_set is InstructionSet.FLOAT32 else 1 / 127
    return 3 * step * float(x.abs().max()) * float(matrix.abs().max()) + 1e-5


def turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x [rows, heads, size]"""
    return x * cos[:, None] + x.roll(x.shape[-1] // 2, -1) * sin[:, None]


def blocked(keys: Tensor) -> Tensor:
    """[positions, heads, size] -> [positions / 16, heads, size, 16]"""
    return keys.view(-1, BLOCK, *keys.shape[1:]).permute(0, 2, 3, 1).contiguous()


def shared_rows(positions: int, heads: Heads, seed: int) -> SharedRows:
    rows = -(-positions // BLOCK) * BLOCK
    keys = drawn(rows, heads.key, heads.size, seed=seed)
    return SharedRows(blocked(keys), drawn(rows, heads.key, heads.size, seed=seed + 1))


def plain_keys(shared: SharedRows) -> Tensor:
    return shared.keys.permute(0, 3, 1, 2).reshape(shared.values.shape)


def attended(
    heads: Heads, queries: Tensor, keys: Sequence[Tensor], values: Sequence[Tensor]
) -> Tensor:
    """Of each row over its own keys and values [seen, key heads, size]."""
    rows = []
    for query, key, value in zip(queries.double(), keys, values, strict=True):
        group = heads.query // heads.key
        k, v = (each.double().repeat_interleave(group, 1) for each in (key, value))
        shares = torch.einsum("hd,shd->hs", query, k).softmax(-1)
        rows.append(torch.einsum("hs,shd->hd", shares, v))
    return torch.stack(rows)
