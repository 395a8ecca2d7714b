"""The experts' gated MLPs over tiles of routed slots; the formula is in kernels/expert_mlp.py.

    a[slot] = gelu_tanh(x[token] Wg^T) * (x[token] Wu^T)         [g rows first in gate_up]
    o[slot] = a[slot] Wd^T;    y[token] = sum_k weight[token, k] * o[token * K + k]

Three launches: the gate in the first one's epilogue, and the sum apart, in a fixed order, so that
the result is the same each time. A tile's slots are of one expert, whose matrices are read once
per tile and column block; with a canvas of 64 to 256 rows nearly every expert has one tile.
Weights become DOT operands as they come from memory, whatever their format.

Bytes moved for S = tokens * k slots in tiles of 16 or 32: per tile 3 * hidden * intermediate
weights, as stored, with their scales. Beside them S * hidden inputs, read once from memory;
S * intermediate elements of `a`, written and read; and S * hidden float32 of `o`, likewise.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from fillwright.kernels.gpu.geglu import gelu_tanh
from fillwright.kernels.gpu.operands import dot_type
from fillwright.kernels.gpu.packed_experts import (
    HALF,
    ExpertMatrix,
    e2m1_value,
    int4_value,
    low_column,
)
from fillwright.kernels.gpu.routing import Tiles, align

COMBINED = 512


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a product is cut: output columns and input columns of a tile, warps, pipeline stages."""

    columns: int
    inputs: int
    warps: int
    stages: int


# Few rows and much weight: what counts is bytes in flight. Four-bit tiles
# that are deeper, or in half as many warps, spill with one version of Triton or another.
BLOCKS = {
    "bf16": Blocks(columns=64, inputs=64, warps=4, stages=4),
    "fp8": Blocks(columns=64, inputs=128, warps=4, stages=4),
    "int4": Blocks(columns=64, inputs=64, warps=8, stages=4),
    "nvfp4": Blocks(columns=64, inputs=64, warps=8, stages=4),
}


@triton.jit
def nibble_value(nibble, FORMAT: tl.constexpr):
    return int4_value(nibble) if FORMAT == "int4" else e2m1_value(nibble)


@triton.jit
def packed_product(
    acc, x_low, x_high, weight, group_scale, row, inside, k, columns,
    FORMAT: tl.constexpr, GROUP: tl.constexpr, DOT: tl.constexpr,
):  # fmt: skip
    """acc += x W^T for the packed columns of bytes `k` [bytes] and the matrix's rows `row` [n]."""
    low = low_column(k)
    fits = inside[:, None] & (low < columns)[None, :]
    byte = tl.load(weight + row[:, None] * (columns // 2) + k[None, :], mask=fits, other=0)
    scales = group_scale + row[:, None] * (columns // GROUP)
    scale = tl.load(scales + (low // GROUP)[None, :], mask=fits, other=0.0)
    w = nibble_value(byte & 0xF, FORMAT) * scale.to(tl.float32)
    acc = tl.dot(x_low.to(DOT), tl.trans(w.to(DOT)), acc)
    scale = tl.load(scales + ((low + HALF) // GROUP)[None, :], mask=fits, other=0.0)
    w = nibble_value(byte >> 4, FORMAT) * scale.to(tl.float32)
    return tl.dot(x_high.to(DOT), tl.trans(w.to(DOT)), acc)


@triton.jit
def plain_product(acc, x, weight, row, inside, k, columns, DOT: tl.constexpr):
    """The same for the unpacked columns `k`."""
    fits = inside[:, None] & (k < columns)[None, :]
    w = tl.load(weight + row[:, None] * columns + k[None, :], mask=fits, other=0.0)
    return tl.dot(x.to(DOT), tl.trans(w.to(tl.float32).to(DOT)), acc)


@triton.jit
def inputs(x, row, inside, column, columns):
    """x[row, column] in float32, 0 where there is none."""
    fits = inside[:, None] & (column < columns)[None, :]
    return tl.load(x + row[:, None] * columns + column[None, :], mask=fits, other=0.0).to(
        tl.float32
    )


@triton.jit
def tile_of(tile, slots, tile_expert, slot_count, BLOCK_M: tl.constexpr):
    """A tile's expert, its slots [BLOCK_M], and which of them hold a token."""
    slot = tl.load(slots + tile * BLOCK_M + tl.arange(0, BLOCK_M))
    return tl.load(tile_expert + tile).to(tl.int64), slot.to(tl.int64), slot < slot_count


@triton.jit
def gate_up_kernel(
    x, weight, row_scale, group_scale, slots, tile_expert, count, out,
    slot_count, top_k, hidden, intermediate,
    FORMAT: tl.constexpr, GROUP: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr, DOT: tl.constexpr,
):  # fmt: skip
    tile = tl.program_id(1)
    if tile >= tl.load(count):
        return
    expert, slot, held = tile_of(tile, slots, tile_expert, slot_count, BLOCK_M)
    token = slot // top_k
    column = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    inside = column < intermediate
    gate_row = expert * (2 * intermediate) + column
    up_row = gate_row + intermediate

    gate = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    up = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, hidden, BLOCK_K):
        if GROUP > 0:
            k = start // 2 + tl.arange(0, BLOCK_K // 2)
            low = low_column(k)
            a = inputs(x, token, held, low, hidden)
            b = inputs(x, token, held, low + HALF, hidden)
            gate = packed_product(
                gate, a, b, weight, group_scale, gate_row, inside, k, hidden, FORMAT, GROUP, DOT
            )
            up = packed_product(
                up, a, b, weight, group_scale, up_row, inside, k, hidden, FORMAT, GROUP, DOT
            )
        else:
            k = start + tl.arange(0, BLOCK_K)
            a = inputs(x, token, held, k, hidden)
            gate = plain_product(gate, a, weight, gate_row, inside, k, hidden, DOT)
            up = plain_product(up, a, weight, up_row, inside, k, hidden, DOT)

    gate *= tl.load(row_scale + gate_row, mask=inside, other=0.0)[None, :]
    up *= tl.load(row_scale + up_row, mask=inside, other=0.0)[None, :]
    value = (gelu_tanh(gate) * up).to(out.dtype.element_ty)
    at = slot[:, None] * intermediate + column[None, :]
    tl.store(out + at, value, mask=held[:, None] & inside[None, :])


@triton.jit
def down_kernel(
    a, weight, row_scale, group_scale, slots, tile_expert, count, out,
    slot_count, hidden, intermediate,
    FORMAT: tl.constexpr, GROUP: tl.constexpr, BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr, DOT: tl.constexpr,
):  # fmt: skip
    tile = tl.program_id(1)
    if tile >= tl.load(count):
        return
    expert, slot, held = tile_of(tile, slots, tile_expert, slot_count, BLOCK_M)
    column = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    inside = column < hidden
    row = expert * hidden + column

    acc = tl.zeros((BLOCK_M, BLOCK_N), tl.float32)
    for start in range(0, intermediate, BLOCK_K):
        if GROUP > 0:
            k = start // 2 + tl.arange(0, BLOCK_K // 2)
            low = low_column(k)
            x_low = inputs(a, slot, held, low, intermediate)
            x_high = inputs(a, slot, held, low + HALF, intermediate)
            acc = packed_product(
                acc, x_low, x_high, weight, group_scale, row, inside, k, intermediate,
                FORMAT, GROUP, DOT,
            )  # fmt: skip
        else:
            k = start + tl.arange(0, BLOCK_K)
            x = inputs(a, slot, held, k, intermediate)
            acc = plain_product(acc, x, weight, row, inside, k, intermediate, DOT)

    acc *= tl.load(row_scale + row, mask=inside, other=0.0)[None, :]
    at = slot[:, None] * hidden + column[None, :]
    tl.store(out + at, acc.to(out.dtype.element_ty), mask=held[:, None] & inside[None, :])


@triton.jit
def combine_kernel(each, weight, out, hidden, K: tl.constexpr, BLOCK: tl.constexpr):
    token = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = column < hidden
    acc = tl.zeros((BLOCK,), tl.float32)
    for choice in tl.static_range(K):
        slot = token * K + choice
        own = tl.load(each + slot * hidden + column, mask=inside, other=0.0).to(tl.float32)
        acc += own * tl.load(weight + slot)
    tl.store(out + token * hidden + column, acc.to(out.dtype.element_ty), mask=inside)


def rows_per_tile(tokens: int) -> int:
    """A tile's slots: at 256 tokens an expert gets 16 of them on average, and often more."""
    return 16 if tokens <= 128 else 32


def expert_mlp(
    x: Tensor, gate_up: ExpertMatrix, down: ExpertMatrix, index: Tensor, weight: Tensor
) -> Tensor:
    """x [tokens, hidden]; gate_up [experts, 2 * intermediate, hidden], gate rows first, and down
    [experts, hidden, intermediate]; index int32 and weight float32 [tokens, k] -> x's type
    [tokens, hidden]."""
    tokens, hidden = x.shape
    k, intermediate = index.shape[1], down.shape[2]
    tiles = align(index, gate_up.shape[0], rows_per_tile(tokens))
    gated = x.new_empty(tokens * k, intermediate)
    _tiled(gate_up_kernel, x, gate_up, tiles, gated, (k, hidden, intermediate), intermediate)
    each = torch.empty(tokens * k, hidden, dtype=torch.float32, device=x.device)
    _tiled(down_kernel, gated, down, tiles, each, (hidden, intermediate), hidden)
    out = torch.empty_like(x)
    grid = (tokens, triton.cdiv(hidden, COMBINED))
    combine_kernel[grid](each, weight, out, hidden, K=k, BLOCK=COMBINED)
    return out


def _tiled(
    kernel: triton.JITFunction,
    x: Tensor,
    matrix: ExpertMatrix,
    tiles: Tiles,
    out: Tensor,
    sizes: tuple[int, ...],
    columns: int,
) -> None:
    blocks = BLOCKS[matrix.format]
    kernel[(triton.cdiv(columns, blocks.columns), tiles.slots.shape[0])](
        x, matrix.weight, matrix.row_scale, matrix.group_scale,
        tiles.slots, tiles.expert, tiles.count, out, out.shape[0], *sizes,
        FORMAT=matrix.format, GROUP=matrix.group, BLOCK_M=tiles.block, BLOCK_N=blocks.columns,
        BLOCK_K=blocks.inputs, DOT=dot_type(x), num_warps=blocks.warps, num_stages=blocks.stages,
    )  # fmt: skip
