"""Output logits that never reach memory: what the sampler needs of them, out of the epilogue.

    y = cap * tanh(h E^T / cap),  x = y / T,  p = softmax(x),  H = -sum p log p        (nats)
    sample = argmax(x - log(-log u)),  u uniform                              (Gumbel-max)

A program makes a tile of vocabulary and reduces it; a second launch merges the tiles. What is kept
of the distribution is exp(x - the tile's largest x), in bfloat16, for the soft embedding: next to
it every tile's share of the row's mass tells which tiles need not be looked at. The statistics are
those of kernels/token_statistics.py, whose entropy is taken about the largest x too.

The temperature and the seed are read on the device. Bytes moved: E once per 64 rows, V * hidden
elements; 2 * V written for each row, and 8 for each of its tiles.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from fillwright.kernels.gpu.operands import dot_type

BLOCK_R, BLOCK_V, BLOCK_K = 64, 128, 64
WARPS = 8  # with four the epilogue spills


@dataclass(frozen=True, slots=True, eq=False)
class HeadStatistics:
    """Per row: token int64, the most likely; sample int64; entropy of the tempered distribution;
    probability of `token`, not tempered; all [rows], float32 but for the tokens.

    relative [rows, vocab]: exp(x - the tile's largest); share float32 [rows, tiles]: the factor
    that makes it the probability; mass float32 [rows, tiles]: a tile's sum of probabilities.
    """

    token: Tensor
    sample: Tensor
    entropy: Tensor
    probability: Tensor
    relative: Tensor
    share: Tensor
    mass: Tensor


@triton.jit
def head_kernel(
    hidden, embedding, row_scale, inverse_temperature, seed, relative, part, best, rows, vocab,
    width, tiles,
    CAP: tl.constexpr, SCALED: tl.constexpr, BLOCK_R: tl.constexpr, BLOCK_V: tl.constexpr,
    BLOCK_K: tl.constexpr, DOT: tl.constexpr,
):  # fmt: skip
    """part float32 [5, rows, tiles]: largest x, sum exp(x - it), sum (x - it) exp(x - it), best
    Gumbel score, sum exp(y - largest y); best int32 [2, rows, tiles]: where 0 and 3 are."""
    row = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)
    tile = tl.program_id(1)
    token = tile * BLOCK_V + tl.arange(0, BLOCK_V)
    inside, known = row < rows, token < vocab
    acc = tl.zeros((BLOCK_R, BLOCK_V), tl.float32)
    for start in range(0, width, BLOCK_K):
        k = start + tl.arange(0, BLOCK_K)
        fits = k < width
        h = tl.load(
            hidden + row.to(tl.int64)[:, None] * width + k[None, :],
            mask=inside[:, None] & fits[None, :], other=0.0,
        ).to(tl.float32)  # fmt: skip
        e = tl.load(
            embedding + token.to(tl.int64)[:, None] * width + k[None, :],
            mask=known[:, None] & fits[None, :], other=0.0,
        ).to(tl.float32)  # fmt: skip
        acc = tl.dot(h.to(DOT), tl.trans(e.to(DOT)), acc)
    if SCALED:
        acc *= tl.load(row_scale + token, mask=known, other=0.0)[None, :]

    y = CAP * (1.0 - 2.0 / (tl.exp(acc * (2.0 / CAP)) + 1.0))
    cold = tl.load(inverse_temperature)
    y = tl.where(known[None, :], y, float("-inf"))
    largest = tl.max(y, 1)
    below = tl.where(known[None, :], y - largest[:, None], 0.0)
    p = tl.where(known[None, :], tl.exp(below * cold), 0.0)
    at = row.to(tl.int64)[:, None] * vocab + token[None, :]
    both = inside[:, None] & known[None, :]
    tl.store(relative + at, p.to(relative.dtype.element_ty), mask=both)

    uniform = tl.rand(tl.load(seed), row[:, None] * vocab + token[None, :])
    noise = -tl.log(-tl.log(tl.minimum(tl.maximum(uniform, 1e-20), 1.0 - 6e-8)))
    noisy = tl.where(known[None, :], y * cold + noise, float("-inf"))
    plane, here = rows * tiles, row * tiles + tile
    plain = tl.where(known[None, :], tl.exp(below), 0.0)
    tl.store(part + here, largest * cold, mask=inside)
    tl.store(part + plane + here, tl.sum(p, 1), mask=inside)
    tl.store(part + 2 * plane + here, tl.sum(p * below * cold, 1), mask=inside)
    tl.store(part + 3 * plane + here, tl.max(noisy, 1), mask=inside)
    tl.store(part + 4 * plane + here, tl.sum(plain, 1), mask=inside)
    tl.store(best + here, tile * BLOCK_V + tl.argmax(y, 1), mask=inside)
    tl.store(best + plane + here, tile * BLOCK_V + tl.argmax(noisy, 1), mask=inside)


@triton.jit
def merge_kernel(
    part, best, inverse_temperature, token, sample, entropy, probability, share, mass, rows, tiles,
    TILES: tl.constexpr,
):  # fmt: skip
    """One program per row; TILES is the power of two that holds the tiles."""
    row = tl.program_id(0)
    tile = tl.arange(0, TILES)
    inside = tile < tiles
    plane, at = rows * tiles, row * tiles + tile
    largest = tl.load(part + at, mask=inside, other=float("-inf"))
    z = tl.load(part + plane + at, mask=inside, other=0.0)
    moment = tl.load(part + 2 * plane + at, mask=inside, other=0.0)
    noisy = tl.load(part + 3 * plane + at, mask=inside, other=float("-inf"))
    plain = tl.load(part + 4 * plane + at, mask=inside, other=0.0)
    below = tl.where(inside, largest - tl.max(largest, 0), 0.0)
    factor = tl.where(inside, tl.exp(below), 0.0)
    whole = tl.sum(factor * z, 0)
    first = tl.sum(factor * (moment + below * z), 0)
    tl.store(entropy + row, tl.log(whole) - first / whole)
    tl.store(share + at, factor / whole, mask=inside)
    tl.store(mass + at, factor * z / whole, mask=inside)
    untempered = tl.where(inside, tl.exp(below / tl.load(inverse_temperature)), 0.0)
    tl.store(probability + row, 1.0 / tl.sum(untempered * plain, 0))
    tl.store(token + row, tl.load(best + row * tiles + tl.argmax(largest, 0)).to(tl.int64))
    drawn = tl.load(best + plane + row * tiles + tl.argmax(noisy, 0))
    tl.store(sample + row, drawn.to(tl.int64))


def lm_head(
    hidden: Tensor,
    embedding: Tensor,
    row_scale: Tensor | None,
    cap: float,
    inverse_temperature: Tensor,
    seed: Tensor,
) -> HeadStatistics:
    """hidden [rows, width]; embedding [vocab, width], bfloat16 or e4m3 with row_scale float32
    [vocab]; inverse_temperature float32 [1] and seed int64 [1] on the device."""
    (rows, width), vocab, device = hidden.shape, embedding.shape[0], hidden.device
    tiles = triton.cdiv(vocab, BLOCK_V)
    floats = torch.empty(0, dtype=torch.float32, device=device)
    part = floats.new_empty(5, rows, tiles)
    best = torch.empty(2, rows, tiles, dtype=torch.int32, device=device)
    relative = torch.empty(rows, vocab, dtype=hidden.dtype, device=device)
    head_kernel[(triton.cdiv(rows, BLOCK_R), tiles)](
        hidden, embedding, row_scale, inverse_temperature, seed, relative, part, best, rows, vocab,
        width, tiles, CAP=cap, SCALED=row_scale is not None, BLOCK_R=BLOCK_R, BLOCK_V=BLOCK_V,
        BLOCK_K=BLOCK_K, DOT=dot_type(hidden), num_warps=WARPS, num_stages=3,
    )  # fmt: skip
    token, sample = torch.empty(2, rows, dtype=torch.int64, device=device)
    entropy, probability = floats.new_empty(2, rows)
    share, mass = floats.new_empty(2, rows, tiles)
    merge_kernel[(rows,)](
        part, best, inverse_temperature, token, sample, entropy, probability, share, mass, rows,
        tiles, TILES=triton.next_power_of_2(tiles),
    )  # fmt: skip
    return HeadStatistics(token, sample, entropy, probability, relative, share, mass)
