"""From the fused query, key and value product to what attention reads, in one launch.

    q, k: RMS norm, gain, rotary;    v: RMS norm alone, of the raw key where there are no values

Row i stands at position prefix + i. The first `tail` rows are prompt rows, whose keys and values
go to the prefix cache too: after what attention reads of it in this pass. Formulas:
kernels/rms_norm.py and kernels/rotary.py. The angles come from a table, for sines of thousands of
radians are not what GPUs are good at. Bytes moved per row: (heads + 2 * kv_heads) * head_dim
elements read and written, and a prompt row's keys and values written twice.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class HeadNorms:
    """What a layer does to its heads: query_gain and key_gain float32 [head_dim], `eps`, and the
    numbers of heads. `has_values`: the product has value heads of its own."""

    query_gain: Tensor
    key_gain: Tensor
    eps: float
    heads: int
    kv_heads: int
    has_values: bool


@triton.jit
def qkv_post_kernel(
    raw, query_gain, key_gain, cos, sin, q, key, value, cached_key, cached_value, where,
    eps, room,
    HEADS: tl.constexpr, KV_HEADS: tl.constexpr, HAS_VALUES: tl.constexpr, HALF: tl.constexpr,
):  # fmt: skip
    """One program per row and head of the product."""
    row, head = tl.program_id(0), tl.program_id(1)
    first = tl.arange(0, HALF)
    dim = 2 * HALF
    every = HEADS + (2 if HAS_VALUES else 1) * KV_HEADS
    at = raw + (row.to(tl.int64) * every + head) * dim + first
    x1, x2 = tl.load(at).to(tl.float32), tl.load(at + HALF).to(tl.float32)
    size = tl.sum(x1 * x1 + x2 * x2, 0) / dim
    inverse = tl.rsqrt(size + eps)
    x1, x2 = x1 * inverse, x2 * inverse
    slot = tl.load(where).to(tl.int64) * KV_HEADS
    position = tl.load(where + 1) + row
    # compared as a block: Triton 3.9's interpreter takes no mask made of scalars
    is_prompt = (first * 0 + row) < tl.load(where + 2)

    if head < HEADS + KV_HEADS:
        gain = query_gain if head < HEADS else key_gain
        y1, y2 = x1 * tl.load(gain + first), x2 * tl.load(gain + HALF + first)
        c = tl.load(cos + position.to(tl.int64) * HALF + first)
        s = tl.load(sin + position.to(tl.int64) * HALF + first)
        turned1, turned2 = y1 * c - y2 * s, y2 * c + y1 * s
        if head < HEADS:
            out = q + (row.to(tl.int64) * HEADS + head) * dim + first
            tl.store(out, turned1.to(q.dtype.element_ty))
            tl.store(out + HALF, turned2.to(q.dtype.element_ty))
        else:
            own = head - HEADS
            out = key + (row.to(tl.int64) * KV_HEADS + own) * dim + first
            tl.store(out, turned1.to(key.dtype.element_ty))
            tl.store(out + HALF, turned2.to(key.dtype.element_ty))
            kept = cached_key + ((slot + own) * room + position % room) * dim + first
            tl.store(kept, turned1.to(cached_key.dtype.element_ty), mask=is_prompt)
            tl.store(kept + HALF, turned2.to(cached_key.dtype.element_ty), mask=is_prompt)
    if head >= every - KV_HEADS:
        own = head - (every - KV_HEADS)
        out = value + (row.to(tl.int64) * KV_HEADS + own) * dim + first
        tl.store(out, x1.to(value.dtype.element_ty))
        tl.store(out + HALF, x2.to(value.dtype.element_ty))
        kept = cached_value + ((slot + own) * room + position % room) * dim + first
        tl.store(kept, x1.to(cached_value.dtype.element_ty), mask=is_prompt)
        tl.store(kept + HALF, x2.to(cached_value.dtype.element_ty), mask=is_prompt)


def qkv_post(
    raw: Tensor,
    norms: HeadNorms,
    angles: tuple[Tensor, Tensor],
    cached: tuple[Tensor, Tensor],
    where: Tensor,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """raw [rows, (heads + kv_heads, or + 2 kv_heads) * head_dim]; angles: cosines and sines float32
    [positions, head_dim / 2]; cached keys and values [slots, kv_heads, room, head_dim]; where int32
    [3] on the device: slot, prefix and tail; positions prefix .. prefix + tail of that slot are
    written, each at its row modulo room -> q [rows, heads, head_dim], and the rows' keys and values
    [rows, kv_heads, head_dim]."""
    rows, half = raw.shape[0], angles[0].shape[1]
    shape = (rows, norms.kv_heads, 2 * half)
    q = raw.new_empty(rows, norms.heads, 2 * half)
    key, value = raw.new_empty(shape), raw.new_empty(shape)
    products = norms.heads + (2 if norms.has_values else 1) * norms.kv_heads
    qkv_post_kernel[(rows, products)](
        raw, norms.query_gain, norms.key_gain, *angles, q, key, value, *cached, where,
        norms.eps, cached[0].shape[2], HEADS=norms.heads, KV_HEADS=norms.kv_heads,
        HAS_VALUES=norms.has_values, HALF=half, num_warps=1,
    )  # fmt: skip
    return q, (key, value)


def angle_tables(frequencies: Tensor, positions: int) -> tuple[Tensor, Tensor]:
    """frequencies float32 [head_dim / 2] -> cosines and sines float32 [positions, head_dim / 2]."""
    turned = torch.arange(positions, device=frequencies.device)[:, None].float() * frequencies
    return turned.cos(), turned.sin()
