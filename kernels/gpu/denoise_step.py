"""What a denoise step decides, in one launch: kernels/entropy_bound.py and what the loop of
engine/diffusion makes of it, one program per canvas of at most 256 rows.

    accept free row i  iff  the entropies of the free rows before it, in ascending order, sum to no
    more than the bound
    canvas = the token where accepted, else noise;  known tokens where pinned;  and after a hole's
    first accepted end mark nothing but end marks
    argmax_canvas = the most likely tokens, pinned and ended likewise
    live   = its free rows that are not ended
    done   = the argmax canvas stayed for `stability` steps, and the live rows' mean entropy is
    below the threshold

All pairs of rows are compared instead of sorting them; of equal entropies the first row counts
first. Bytes moved for a canvas of N rows: 60N read, 17N written, so at most 20 kB: a launch costs
more. A canvas that is done is left as it is. Everything lies on the device; the host may look at
`done` whenever it likes.
"""

from collections.abc import Sequence
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
class EndMarks:
    """Which tokens end a hole, bool [vocab], and the one that fills the rows after it,
    int64 [1]."""

    ends: Tensor
    first: Tensor

    @classmethod
    def none(cls, vocabulary: int, device: torch.device) -> Self:
        ends = torch.zeros(vocabulary, dtype=torch.bool, device=device)
        return cls(ends, torch.zeros(1, dtype=torch.int64, device=device))

    def become(self, tokens: Sequence[int]) -> None:
        marks = torch.tensor(tokens, dtype=torch.int64).to(self.ends.device)
        self.ends.zero_()
        self.ends.index_fill_(0, marks, True)
        self.first.copy_(marks[:1]) if tokens else self.first.zero_()


@dataclass(frozen=True, slots=True, eq=False)
class DeviceCanvas:
    """Canvases at work, all [batch, rows]: ids, canvas and argmax_canvas int64, pinned bool,
    hole_start int64 (the first row of a row's hole), accepted_token_mask bool (settled at the last
    step); unchanged and done int32 [batch]."""

    ids: Tensor
    pinned: Tensor
    hole_start: Tensor
    end_marks: EndMarks
    canvas: Tensor
    argmax_canvas: Tensor
    accepted_token_mask: Tensor
    unchanged: Tensor
    done: Tensor

    @classmethod
    def start(
        cls, ids: Tensor, pinned: Tensor, hole_start: Tensor, end_marks: EndMarks, noise: Tensor
    ) -> Self:
        """Before the first step; noise int64 [batch, rows] stands in the free rows."""
        canvas = torch.where(pinned, ids, noise)
        count = torch.zeros(len(ids), dtype=torch.int32, device=ids.device)
        argmax = torch.full_like(ids, -1)
        none = torch.zeros_like(pinned)
        return cls(ids, pinned, hole_start, end_marks, canvas, argmax, none, count, count.clone())


@dataclass(frozen=True, slots=True, eq=False)
class StepLimits:
    """On the device, one element each: bound and threshold float32 in nats, stability int32."""

    bound: Tensor
    threshold: Tensor
    stability: Tensor

    @classmethod
    def zero(cls, device: torch.device) -> Self:
        """To be filled in."""
        bound, threshold = torch.zeros(2, 1, device=device)
        return cls(bound, threshold, torch.zeros(1, dtype=torch.int32, device=device))


@triton.jit
def ended_before(mark, hole_start):
    """Per row, whether a `mark` stands before it in its hole; all [N]."""
    seen = tl.cumsum(mark, 0) - mark
    return seen > tl.gather(seen, hole_start, 0)


@triton.jit
def denoise_step_kernel(
    entropy, guess, sample, noise, ids, pinned, hole_start, is_mark, first_mark, canvas,
    argmax_canvas, accepted_token_mask, unchanged, done, bound, threshold, stability, rows,
    N: tl.constexpr, OTHERS: tl.constexpr,
):  # fmt: skip
    batch = tl.program_id(0)
    if tl.load(done + batch) != 0:
        return
    row = tl.arange(0, N)
    inside = row < rows
    at = batch * rows + row
    free = inside & (tl.load(pinned + at, mask=inside, other=1) == 0)
    own = tl.load(entropy + at, mask=inside, other=0.0)
    spent = tl.zeros((N,), tl.float32)
    for first in range(0, rows, OTHERS):
        other = first + tl.arange(0, OTHERS)
        there = batch * rows + other
        counts = (other < rows) & (tl.load(pinned + there, mask=other < rows, other=1) == 0)
        cost = tl.load(entropy + there, mask=counts, other=0.0)[None, :]
        before = (cost < own[:, None]) | ((cost == own[:, None]) & (other[None, :] < row[:, None]))
        spent += tl.sum(tl.where(before & counts[None, :], cost, 0.0), 1)
    accepted = free & (spent <= tl.load(bound))

    known = tl.load(ids + at, mask=inside, other=0)
    start = tl.load(hole_start + at, mask=inside, other=0).to(tl.int32)
    argmax = tl.load(guess + at, mask=inside, other=0)
    drawn = tl.load(sample + at, mask=inside, other=0)
    fresh = tl.load(noise + at, mask=inside, other=0)
    token = tl.where(free, tl.where(accepted, drawn, fresh), known)
    argmax = tl.where(free, argmax, known)
    ends = tl.load(is_mark + token, mask=accepted, other=0) != 0
    argmax_ends = tl.load(is_mark + argmax, mask=free, other=0) != 0
    ended = ended_before(ends.to(tl.int32), start)
    argmax_ended = ended_before(argmax_ends.to(tl.int32), start)
    mark = tl.load(first_mark)
    token = tl.where(ended, mark, token)
    argmax = tl.where(argmax_ended, mark, argmax)
    live = free & (argmax_ended == 0)
    accepted |= ended

    previous = tl.load(argmax_canvas + at, mask=inside, other=0)
    same = tl.sum(tl.where(inside & (previous != argmax), 1, 0), 0) == 0
    stayed = tl.where(same, tl.load(unchanged + batch) + 1, 0)
    mean = tl.sum(tl.where(live, own, 0.0), 0) / tl.sum(live.to(tl.float32), 0)
    is_done = (stayed >= tl.load(stability)) & (mean < tl.load(threshold))
    tl.store(canvas + at, token, mask=inside)
    tl.store(argmax_canvas + at, argmax, mask=inside)
    tl.store(accepted_token_mask + at, accepted, mask=inside)
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
    """Brings `state` forward by a step; entropy float32, the most likely tokens `guess`, `sample`
    and `noise` int64, all [batch, rows], entry i about row i. Raises ValueError for more than 256
    rows."""
    batch, rows = state.ids.shape
    if rows > 256:
        raise ValueError(f"a canvas has at most 256 rows, not {rows}")
    size = triton.next_power_of_2(rows)
    denoise_step_kernel[(batch,)](
        entropy, guess, sample, noise, state.ids, state.pinned, state.hole_start,
        state.end_marks.ends, state.end_marks.first,
        state.canvas, state.argmax_canvas, state.accepted_token_mask, state.unchanged, state.done,
        limits.bound, limits.threshold, limits.stability, rows,
        N=size, OTHERS=OTHERS, num_warps=WARPS,
    )  # fmt: skip
