"""Attention of new rows over the prefix KV cache and over each other, with no copy of either.

    rows 0 .. tail-1 are prompt rows, the rest a canvas; row i stands at position prefix + i

    a prompt row sees itself and at most `reach` tokens before it;
    a canvas row sees the whole canvas and the last `reach` tokens before the canvas

Scale 1. The canvas's window is the same for all its rows, as in transformers. Position p of the
prefix stands at row p modulo `room` of the cache: a layer with a window needs room for what its
rows see only. The cache's slot, `prefix` and `tail` are read on the device. So one CUDA graph
serves every prompt, and a prompt's new tail can be read together with the first denoise step. The
reference is kernels/canvas_attention.py's, with this as its mask.

Flash attention (Dao 2023) with split keys: the query heads that share a key head are rows of one
tile, every split goes over its share of both sources, and a second launch merges the splits. Bytes
moved: keys and values once per tile of rows, 2 * kv_heads * (prefix within reach + rows) * head_dim
elements. Beside them the queries, and `splits` float32 results of their size, written and read.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from fillwright.kernels.gpu.operands import dot_type

LOG2_E = tl.constexpr(1.4426950408889634)
LOWEST = tl.constexpr(-1.0e30)
UNLIMITED = 2**30
"""The reach of a layer without a window."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Rows (query heads of one group count) and keys of a tile, and warps."""

    rows: int
    keys: int
    warps: int


# accumulators of [rows, head_dim] float32 stay in registers: fewer rows for wider heads
BLOCKS = {
    32: Blocks(32, 32, 4),
    64: Blocks(32, 32, 4),
    256: Blocks(32, 32, 8),
    512: Blocks(32, 16, 8),
}
PROGRAMS = 256
"""About two for each processor of an H100. Every split writes its share of the output in float32:
there are no more than it takes. A canvas of 64 rows has 32 tiles, one of 256 has 128."""
MOST_SPLITS = 8


def splits(tiles: int) -> int:
    """How many programs share a tile's keys."""
    wanted: int = triton.next_power_of_2(triton.cdiv(PROGRAMS, tiles))
    return min(wanted, MOST_SPLITS)


@triton.jit
def attend(
    query, top, total, acc, key, value, n, seen, fits, dims, head_dim_stride, DOT: tl.constexpr
):
    """One tile of keys at rows `n` of key and value."""
    at = n.to(tl.int64)[:, None] * head_dim_stride + dims[None, :]
    k = tl.load(key + at, mask=fits[:, None], other=0.0).to(tl.float32)
    score = tl.where(seen, tl.dot(query, tl.trans(k.to(DOT))), LOWEST)
    new_top = tl.maximum(top, tl.max(score, 1))
    decay = tl.exp2(top - new_top)
    p = tl.where(seen, tl.exp2(score - new_top[:, None]), 0.0)
    v = tl.load(value + at, mask=fits[:, None], other=0.0).to(tl.float32)
    acc = tl.dot(p.to(DOT), v.to(DOT), acc * decay[:, None])
    return new_top, total * decay + tl.sum(p, 1), acc


@triton.jit
def canvas_attention_kernel(
    q, prefix_key, prefix_value, row_key, row_value, part, part_lse, where, rows, heads,
    room, kv_heads, reach,
    GROUP: tl.constexpr, D: tl.constexpr, SPLITS: tl.constexpr, BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr, DOT: tl.constexpr,
):  # fmt: skip
    """part float32 [SPLITS, rows, heads, D], part_lse [SPLITS, rows, heads] in base 2."""
    kv_head, split = tl.program_id(1), tl.program_id(2)
    slot, length, first_canvas = tl.load(where), tl.load(where + 1), tl.load(where + 2)
    m = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    row, head = m // GROUP, kv_head * GROUP + m % GROUP
    inside = row < rows
    dims, step = tl.arange(0, D), tl.arange(0, BLOCK_N)
    at = (row * heads + head).to(tl.int64)
    query = tl.load(q + at[:, None] * D + dims[None, :], mask=inside[:, None], other=0.0)
    query = (query.to(tl.float32) * LOG2_E).to(DOT)

    is_canvas = row >= first_canvas
    # the first and the last position that a row sees, counted from the first new row
    oldest = tl.where(is_canvas, first_canvas, row) - reach
    newest = tl.where(is_canvas, rows - 1, row)
    top = tl.full((BLOCK_M,), LOWEST, tl.float32)
    total = tl.zeros((BLOCK_M,), tl.float32)
    acc = tl.zeros((BLOCK_M, D), tl.float32)

    # what some row of the tile sees of the prefix, in equal shares of whole blocks
    first = tl.maximum(length + tl.min(tl.where(inside, oldest, rows), 0), 0) // BLOCK_N * BLOCK_N
    share = tl.cdiv(tl.cdiv(tl.maximum(length - first, 0), BLOCK_N), SPLITS) * BLOCK_N
    start = first + split * share
    source = (slot * kv_heads + kv_head).to(tl.int64) * room * D
    for n0 in range(start, tl.minimum(start + share, length), BLOCK_N):
        n = n0 + step
        fits = n < length
        seen = fits[None, :] & ((n - length)[None, :] >= oldest[:, None])
        # no block goes over the end of a cache that begins again: its rows are whole blocks
        top, total, acc = attend(
            query, top, total, acc, prefix_key + source, prefix_value + source, n0 % room + step,
            seen, fits, dims, D, DOT,
        )  # fmt: skip

    share = tl.cdiv(tl.cdiv(rows, BLOCK_N), SPLITS) * BLOCK_N
    start = split * share
    for n0 in range(start, tl.minimum(start + share, rows), BLOCK_N):
        n = n0 + step
        fits = n < rows
        seen = fits[None, :] & (n[None, :] >= oldest[:, None]) & (n[None, :] <= newest[:, None])
        own = kv_head * D
        top, total, acc = attend(
            query, top, total, acc, row_key + own, row_value + own, n, seen, fits, dims,
            kv_heads * D, DOT,
        )  # fmt: skip

    plane = (split * rows * heads).to(tl.int64)
    whole = tl.maximum(total, 1e-38)
    out = part + (plane + at)[:, None] * D + dims[None, :]
    tl.store(out, acc / whole[:, None], mask=inside[:, None])
    lse = tl.where(total > 0.0, top + tl.log2(whole), LOWEST)
    tl.store(part_lse + plane + at, lse, mask=inside)


@triton.jit
def merge_kernel(part, part_lse, out, pairs, D: tl.constexpr, SPLITS: tl.constexpr):
    """One program per row and head."""
    pair = tl.program_id(0).to(tl.int64)
    split, dims = tl.arange(0, SPLITS), tl.arange(0, D)
    lse = tl.load(part_lse + split * pairs + pair)
    weight = tl.exp2(lse - tl.max(lse, 0))
    each = tl.load(part + (split[:, None] * pairs + pair) * D + dims[None, :])
    whole = tl.sum(each * weight[:, None], 0) / tl.sum(weight, 0)
    tl.store(out + pair * D + dims, whole.to(out.dtype.element_ty))


def canvas_attention(
    q: Tensor,
    rows: tuple[Tensor, Tensor],
    cached: tuple[Tensor, Tensor],
    where: Tensor,
    reach: int,
) -> Tensor:
    """q [rows, heads, head_dim]; `rows`: keys and values [rows, kv_heads, head_dim]; `cached`:
    those of prefixes [slots, kv_heads, room, head_dim], position p at row p modulo room, which is a
    multiple of a block's keys where there are more positions; where int32 [3] on the device: slot,
    prefix (how many positions it has) and tail -> [rows, heads, head_dim]. All contiguous."""
    count, heads, head_dim = q.shape
    kv_heads, room = cached[0].shape[1:3]
    blocks = BLOCKS[head_dim]
    group = heads // kv_heads
    tiles = triton.cdiv(count * group, blocks.rows)
    parts = splits(tiles * kv_heads)
    part = torch.empty(parts, count, heads, head_dim, dtype=torch.float32, device=q.device)
    lse = torch.empty(parts, count, heads, dtype=torch.float32, device=q.device)
    canvas_attention_kernel[(tiles, kv_heads, parts)](
        q, *cached, *rows, part, lse, where, count, heads, room, kv_heads, reach,
        GROUP=group, D=head_dim, SPLITS=parts, BLOCK_M=blocks.rows, BLOCK_N=blocks.keys,
        DOT=dot_type(q), num_warps=blocks.warps, num_stages=2,
    )  # fmt: skip
    out = torch.empty_like(q)
    merge_kernel[(count * heads,)](part, lse, out, count * heads, D=head_dim, SPLITS=parts)
    return out
