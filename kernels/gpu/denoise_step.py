"""What a denoise step decides, in one launch: kernels/entropy_bound.py and what the loop of
engine/diffusion makes of it, one program per canvas of at most 256 rows.

    accept free row i  iff  the entropies of the free rows before it, in ascending order, sum to no
    more than the bound
    canvas = the token where accepted, else noise;  known tokens where pinned;  and behind a hole's
    first accepted end mark nothing but end marks
    draft  = the likeliest tokens, pinned and ended likewise;  live rows: its free ones not ended
    done   = the draft stayed for `stability` steps, and the live rows' mean entropy is below the
    threshold

All pairs of rows are compared instead of sorting them; of equal entropies the first row counts
first. A canvas that is done is left as it is. Everything lies on the device; the host may look at
`done` whenever it likes.
"""

from dataclasses import dataclass
from typing import Self

import torch
import triton
import triton.language as tl
from torch import Tensor

WARPS = 8
OTHERS = 32
"""Rows that every row is compared with at once."""


@dataclass(frozen=True, slots=True, eq=False)
class DeviceCanvas:
    """Canvases at work: ids, canvas and draft int64, pinned bool, hole_start int64 (the first row
    of a row's hole), all [batch, rows]; unchanged and done int32 [batch]; end_marks int64."""

    ids: Tensor
    pinned: Tensor
    hole_start: Tensor
    end_marks: Tensor
    canvas: Tensor
    draft: Tensor
    unchanged: Tensor
    done: Tensor

    @classmethod
    def start(
        cls, ids: Tensor, pinned: Tensor, hole_start: Tensor, end_marks: Tensor, noise: Tensor
    ) -> Self:
        """Before the first step; noise int64 [batch, rows] stands in the free rows."""
        canvas = torch.where(pinned, ids, noise)
        count = torch.zeros(len(ids), dtype=torch.int32, device=ids.device)
        draft = torch.full_like(ids, -1)
        return cls(ids, pinned, hole_start, end_marks, canvas, draft, count, count.clone())


@dataclass(frozen=True, slots=True, eq=False)
class StepLimits:
    """On the device, one element each: bound and threshold float32 in nats, stability int32."""

    bound: Tensor
    threshold: Tensor
    stability: Tensor


@triton.jit
def ended_before(mark, hole_start):
    """Per row, whether a `mark` stands before it in its hole; all [N]."""
    seen = tl.cumsum(mark, 0) - mark
    return seen > tl.gather(seen, hole_start, 0)


@triton.jit
def denoise_step_kernel(
    entropy, guess, sample, noise, ids, pinned, hole_start, end_marks, canvas, draft, unchanged,
    done, bound, threshold, stability, rows,
    MARKS: tl.constexpr, N: tl.constexpr, OTHERS: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(0)
    if tl.load(done + batch) != 0:
        return
    row = tl.arange(0, N)
    inside = row < rows
    at = batch * rows + row
    free = inside & (tl.load(pinned + at, mask=inside, other=1) == 0)
    h = tl.load(entropy + at, mask=inside, other=0.0)
    spent = tl.zeros((N,), tl.float32)
    for first in range(0, rows, OTHERS):
        other = first + tl.arange(0, OTHERS)
        there = batch * rows + other
        counts = (other < rows) & (tl.load(pinned + there, mask=other < rows, other=1) == 0)
        cost = tl.load(entropy + there, mask=counts, other=0.0)[None, :]
        before = (cost < h[:, None]) | ((cost == h[:, None]) & (other[None, :] < row[:, None]))
        spent += tl.sum(tl.where(before & counts[None, :], cost, 0.0), 1)
    accepted = free & (spent <= tl.load(bound))

    known = tl.load(ids + at, mask=inside, other=0)
    start = tl.load(hole_start + at, mask=inside, other=0).to(tl.int32)
    likeliest = tl.load(guess + at, mask=inside, other=0)
    drawn = tl.load(sample + at, mask=inside, other=0)
    fresh = tl.load(noise + at, mask=inside, other=0)
    token = tl.where(free, tl.where(accepted, drawn, fresh), known)
    drafted = tl.where(free, likeliest, known)
    live = free
    if MARKS > 0:
        ends, draft_ends = row < 0, row < 0
        for index in tl.static_range(MARKS):
            mark = tl.load(end_marks + index)
            ends |= token == mark
            draft_ends |= drafted == mark
        behind = ended_before((ends & accepted).to(tl.int32), start)
        draft_behind = ended_before((draft_ends & free).to(tl.int32), start)
        first_mark = tl.load(end_marks)
        token = tl.where(behind, first_mark, token)
        drafted = tl.where(draft_behind, first_mark, drafted)
        live = free & (draft_behind == 0)

    previous = tl.load(draft + at, mask=inside, other=0)
    same = tl.sum(tl.where(inside & (previous != drafted), 1, 0), 0) == 0
    stayed = tl.where(same, tl.load(unchanged + batch) + 1, 0)
    mean = tl.sum(tl.where(live, h, 0.0), 0) / tl.sum(live.to(tl.float32), 0)
    is_done = (stayed >= tl.load(stability)) & (mean < tl.load(threshold))
    tl.store(canvas + at, token, mask=inside)
    tl.store(draft + at, drafted, mask=inside)
    tl.store(unchanged + batch, stayed)
    tl.store(done + batch, is_done.to(tl.int32))


def denoise_step(
    state: DeviceCanvas,
    limits: StepLimits,
    entropy: Tensor,
    guess: Tensor,
    sample: Tensor,
    noise: Tensor,
) -> None:
    """Brings `state` forward by a step; entropy float32, the likeliest tokens `guess`, `sample` and
    `noise` int64, all [batch, rows], entry i speaking of row i."""
    batch, rows = state.ids.shape
    if rows > 256:
        raise ValueError(f"a canvas has at most 256 rows, not {rows}")
    size = triton.next_power_of_2(rows)
    denoise_step_kernel[(batch,)](
        entropy, guess, sample, noise, state.ids, state.pinned, state.hole_start, state.end_marks,
        state.canvas, state.draft, state.unchanged, state.done, limits.bound, limits.threshold,
        limits.stability, rows,
        MARKS=state.end_marks.numel(), N=size, OTHERS=OTHERS, num_warps=WARPS,
    )  # fmt: skip
