"""The norms between a layer's products, each chain in one pass over its rows.

    after attention:   residual += norm(attended) * after
                        dense, expert, router = norm(residual) * each of three gains
    after the MLPs:    mixed = norm(dense) * a + norm(routed) * b
                        residual = (residual + norm(mixed) * after) * scalar of the row
                        next = norm(residual) * gain

norm(x) = x / sqrt(mean(x^2) + eps), in float32 (kernels/rms_norm.py). The scalar is the encoder's
for the first `tail` rows, which are a prompt's, and the decoder's for the canvas. One program per
row; every operand is read, and every result written, once. Bytes moved per row of `hidden` bfloat16
elements: 16 * hidden after attention, 14 * hidden after the MLPs, 8 of them the float32 residual's.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class LayerNorms:
    """Gains float32 [hidden]; router is the router's scale times hidden ** -0.5; next_layer the
    gain before the next layer's attention, or of the last norm. Scalars float32 [1]."""

    after_attention: Tensor
    before_dense: Tensor
    before_experts: Tensor
    router: Tensor
    after_dense: Tensor
    after_experts: Tensor
    after_mlps: Tensor
    next_layer: Tensor
    encoder_scalar: Tensor
    decoder_scalar: Tensor
    eps: float


@triton.jit
def normed(x, width, eps):
    return x * tl.rsqrt(tl.sum(x * x, 0) / width + eps)


@triton.jit
def loaded(row_of, column, inside):
    return tl.load(row_of + column, mask=inside, other=0.0).to(tl.float32)


@triton.jit
def attention_kernel(
    attended, residual, after, gain1, gain2, gain3, out1, out2, out3, width, eps,
    BLOCK: tl.constexpr,
):  # fmt: skip
    start = tl.program_id(0).to(tl.int64) * width
    column = tl.arange(0, BLOCK)
    inside = column < width
    x = normed(loaded(attended + start, column, inside), width, eps)
    x = loaded(residual + start, column, inside) + x * loaded(after, column, inside)
    tl.store(residual + start + column, x, mask=inside)
    x = normed(x, width, eps)
    y = x * loaded(gain1, column, inside)
    tl.store(out1 + start + column, y.to(out1.dtype.element_ty), mask=inside)
    y = x * loaded(gain2, column, inside)
    tl.store(out2 + start + column, y.to(out2.dtype.element_ty), mask=inside)
    y = x * loaded(gain3, column, inside)
    tl.store(out3 + start + column, y.to(out3.dtype.element_ty), mask=inside)


@triton.jit
def mlps_kernel(
    dense, routed, residual, gain1, gain2, after, next_gain, encoder, decoder, where, out, width,
    eps, BLOCK: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0)
    start = row.to(tl.int64) * width
    column = tl.arange(0, BLOCK)
    inside = column < width
    x = normed(loaded(dense + start, column, inside), width, eps) * loaded(gain1, column, inside)
    y = normed(loaded(routed + start, column, inside), width, eps)
    x = normed(x + y * loaded(gain2, column, inside), width, eps)
    x = loaded(residual + start, column, inside) + x * loaded(after, column, inside)
    x *= tl.load(encoder if row < tl.load(where + 2) else decoder)
    tl.store(residual + start + column, x, mask=inside)
    y = normed(x, width, eps) * loaded(next_gain, column, inside)
    tl.store(out + start + column, y.to(out.dtype.element_ty), mask=inside)


def after_attention(
    attended: Tensor, residual: Tensor, norms: LayerNorms
) -> tuple[Tensor, Tensor, Tensor]:
    """attended [rows, hidden]; residual float32 [rows, hidden], changed in place -> what the dense
    MLP, the experts and the router read, of attended's type."""
    rows, width = residual.shape
    dense, experts, router = (torch.empty_like(attended) for _ in range(3))
    attention_kernel[(rows,)](
        attended, residual, norms.after_attention, norms.before_dense, norms.before_experts,
        norms.router, dense, experts, router, width, norms.eps,
        BLOCK=triton.next_power_of_2(width), num_warps=8,
    )  # fmt: skip
    return dense, experts, router


def after_mlps(
    dense: Tensor, routed: Tensor, residual: Tensor, norms: LayerNorms, where: Tensor
) -> Tensor:
    """dense and routed [rows, hidden]; residual float32 [rows, hidden], changed in place; where
    int32 [3] on the device: slot, prefix and tail -> what the next layer's attention reads, of
    dense's type."""
    rows, width = residual.shape
    out = torch.empty_like(dense)
    mlps_kernel[(rows,)](
        dense, routed, residual, norms.after_dense, norms.after_experts, norms.after_mlps,
        norms.next_layer, norms.encoder_scalar, norms.decoder_scalar, where, out, width, norms.eps,
        BLOCK=triton.next_power_of_2(width), num_warps=8,
    )  # fmt: skip
    return out
