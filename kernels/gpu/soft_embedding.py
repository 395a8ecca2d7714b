"""The expected embedding under what lm_head.py kept of the distribution, for self-conditioning.

    y = p E * scale,    p = relative * share of its tile

Tiles of vocabulary with no more than `least` of the mass in every row of a block are not read:
exact to least * tiles, dense at the first steps, a few tiles in a hundred at the last ones. A
pinned row is the embedding of its token, or nothing.

The vocabulary is split between programs, whose sums a second launch adds in a fixed order. Bytes
moved for the tiles that are read: their part of E once per 64 rows, and 2 for each row and token.
Beside them SPLITS sums of rows * hidden float32, written and read.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from fillwright.kernels.gpu.lm_head import BLOCK_V, HeadStatistics
from fillwright.kernels.gpu.operands import dot_type

BLOCK_R, BLOCK_H = 64, 128
SPLITS = 16
LEAST = 1e-7
NOT_PINNED, SILENT = -1, -2
"""In place of a pinned row's token: the row is not pinned; it says nothing."""


@triton.jit
def soft_embedding_kernel(
    relative, share, mass, embedding, row_scale, part, rows, vocab, width, tiles, least,
    SCALED: tl.constexpr, SPLITS: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_V: tl.constexpr,
    BLOCK_H: tl.constexpr, DOT: tl.constexpr,
):  # fmt: skip
    """part float32 [SPLITS, rows, width]"""
    row = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)
    column = tl.program_id(1) * BLOCK_H + tl.arange(0, BLOCK_H)
    split = tl.program_id(2)
    inside, fits = row < rows, column < width
    long_row = row.to(tl.int64)
    acc = tl.zeros((BLOCK_R, BLOCK_H), tl.float32)
    # neighbouring tiles go to different splits: the mass lies in a few places
    for tile in range(split, tiles, SPLITS):
        own = tl.load(mass + row * tiles + tile, mask=inside, other=0.0)
        if tl.max(own, 0) > least:
            token = tile * BLOCK_V + tl.arange(0, BLOCK_V)
            known = token < vocab
            at = long_row[:, None] * vocab + token[None, :]
            p = tl.load(relative + at, mask=inside[:, None] & known[None, :], other=0.0)
            p = p.to(tl.float32)
            p *= tl.load(share + row * tiles + tile, mask=inside, other=0.0)[:, None]
            if SCALED:
                p *= tl.load(row_scale + token, mask=known, other=0.0)[None, :]
            e = tl.load(
                embedding + token.to(tl.int64)[:, None] * width + column[None, :],
                mask=known[:, None] & fits[None, :], other=0.0,
            ).to(tl.float32)  # fmt: skip
            acc = tl.dot(p.to(DOT), e.to(DOT), acc)
    out = part + (split * rows + long_row)[:, None] * width + column[None, :]
    tl.store(out, acc, mask=inside[:, None] & fits[None, :])


@triton.jit
def add_kernel(
    part, embedding, row_scale, pinned, out, rows, width, scale,
    SCALED: tl.constexpr, SPLITS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    fits = column < width
    token = tl.load(pinned + row)
    acc = tl.zeros((BLOCK,), tl.float32)
    if token == -1:
        for split in range(SPLITS):
            at = part + (split * rows + row) * width + column
            acc += tl.load(at, mask=fits, other=0.0)
    elif token >= 0:
        acc += tl.load(embedding + token * width + column, mask=fits, other=0.0).to(tl.float32)
        if SCALED:
            acc *= tl.load(row_scale + token)
    tl.store(out + row * width + column, acc * scale, mask=fits)


def soft_embedding(
    seen: HeadStatistics,
    embedding: Tensor,
    row_scale: Tensor | None,
    pinned: Tensor,
    scale: float,
    least: float = LEAST,
) -> Tensor:
    """embedding [vocab, width], bfloat16 or e4m3 with row_scale float32 [vocab]; pinned int64
    [rows]: a token, NOT_PINNED or SILENT -> float32 [rows, width]."""
    (rows, vocab), width, device = seen.relative.shape, embedding.shape[1], embedding.device
    part = torch.empty(SPLITS, rows, width, dtype=torch.float32, device=device)
    scaled = row_scale is not None
    soft_embedding_kernel[(triton.cdiv(rows, BLOCK_R), triton.cdiv(width, BLOCK_H), SPLITS)](
        seen.relative, seen.share, seen.mass, embedding, row_scale, part, rows, vocab, width,
        seen.mass.shape[1], least, SCALED=scaled, SPLITS=SPLITS, BLOCK_R=BLOCK_R, BLOCK_V=BLOCK_V,
        BLOCK_H=BLOCK_H, DOT=dot_type(seen.relative), num_warps=8, num_stages=3,
    )  # fmt: skip
    out = torch.empty(rows, width, dtype=torch.float32, device=device)
    block = 512
    add_kernel[(rows, triton.cdiv(width, block))](
        part, embedding, row_scale, pinned, out, rows, width, scale, SCALED=scaled, SPLITS=SPLITS,
        BLOCK=block,
    )  # fmt: skip
    return out
