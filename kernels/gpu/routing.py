"""Routing of the mixture of experts: which experts a token goes to, which tokens an expert gets.

    p = softmax(scores);   the k largest;   weight = p / (their sum) * expert_scale[expert]

    slot = token * k + choice;  the slots of one expert, one after another, fill tiles of `block`
    slots; an expert's last tile is filled up with a slot that is none.

Two launches. The grid never depends on what was routed, and no slot is ever dropped: there are as
many tiles as any routing can need, and a counter of those in use. Bytes moved: tokens * experts
scores and 8 * tokens * k of choices, some kilobytes; aligning reads the choices once per expert,
from the L2 cache.
"""

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """slots int32 [most tiles, block], `tokens * k` where there is none; expert int32 [most tiles];
    count int32 [1]: the tiles in use, on the device."""

    slots: Tensor
    expert: Tensor
    count: Tensor

    @property
    def block(self) -> int:
        return self.slots.shape[1]


@triton.jit
def route_kernel(
    scores, expert_scale, index, weight, experts, K: tl.constexpr, EXPERTS: tl.constexpr
):
    """One program per token; EXPERTS is the power of two that holds them."""
    token = tl.program_id(0)
    expert = tl.arange(0, EXPERTS)
    inside = expert < experts
    score = tl.load(scores + token * experts + expert, mask=inside, other=float("-inf"))
    score = score.to(tl.float32)
    mass = tl.where(inside, tl.exp(score - tl.max(score, 0)), 0.0)
    # the sum of all the mass falls out when the chosen are weighed against each other
    left = tl.where(inside, score, float("-inf"))
    chosen_mass = 0.0
    for _ in tl.static_range(K):
        best = tl.argmax(left, 0)
        chosen_mass += tl.sum(tl.where(expert == best, mass, 0.0), 0)
        left = tl.where(expert == best, float("-inf"), left)
    left = tl.where(inside, score, float("-inf"))
    for choice in tl.static_range(K):
        best = tl.argmax(left, 0)
        own = tl.sum(tl.where(expert == best, mass, 0.0), 0)
        scale = tl.load(expert_scale + best).to(tl.float32)
        tl.store(index + token * K + choice, best.to(tl.int32))
        tl.store(weight + token * K + choice, own / chosen_mass * scale)
        left = tl.where(expert == best, float("-inf"), left)


def route(scores: Tensor, expert_scale: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """scores [tokens, experts], expert_scale [experts] -> index int32 and weight float32
    [tokens, k], the most likely expert first."""
    tokens, experts = scores.shape
    index = torch.empty(tokens, k, dtype=torch.int32, device=scores.device)
    weight = torch.empty(tokens, k, dtype=torch.float32, device=scores.device)
    size = triton.next_power_of_2(experts)
    route_kernel[(tokens,)](
        scores.contiguous(), expert_scale, index, weight, experts, K=k, EXPERTS=size, num_warps=1
    )
    return index, weight


@triton.jit
def align_kernel(
    index,
    slots,
    tile_expert,
    count,
    slot_count,
    experts,
    SLOTS: tl.constexpr,
    EXPERTS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """One program per expert; all of them count everything, which is less than a second launch."""
    expert = tl.program_id(0)
    slot = tl.arange(0, SLOTS)
    inside = slot < slot_count
    chosen = tl.load(index + slot, mask=inside, other=EXPERTS - 1)
    each = tl.arange(0, EXPERTS)
    held = tl.histogram(chosen, EXPERTS)
    # the slots that are none were counted for the last bin, which may be an expert's
    held = tl.where(each == EXPERTS - 1, held - (SLOTS - slot_count), held)
    tiles = (held + BLOCK - 1) // BLOCK
    first = tl.sum(tl.where(each < expert, tiles, 0), 0)
    mine = tl.sum(tl.where(each == expert, tiles, 0), 0)
    size = tl.sum(tl.where(each == expert, held, 0), 0)
    ours = inside & (chosen == expert)
    rank = tl.cumsum(ours.to(tl.int32), 0) - 1
    tl.store(slots + first * BLOCK + rank, slot, mask=ours)
    step = tl.arange(0, BLOCK)
    tl.store(slots + first * BLOCK + size + step, slot_count, mask=size + step < mine * BLOCK)
    for tile in range(mine):
        tl.store(tile_expert + first + tile, expert)
    if expert == experts - 1:
        tl.store(count, first + mine)


def most_tiles(slots: int, experts: int, block: int) -> int:
    """How many tiles the worst routing needs: every expert may leave one almost empty."""
    return min(slots, slots // block + experts)


def align(index: Tensor, experts: int, block: int) -> Tiles:
    """index int32 [tokens, k] -> the tiles of `block` slots."""
    slot_count, device = index.numel(), index.device
    most = most_tiles(slot_count, experts, block)
    slots = torch.empty(most, block, dtype=torch.int32, device=device)
    expert = torch.empty(most, dtype=torch.int32, device=device)
    count = torch.empty(1, dtype=torch.int32, device=device)
    align_kernel[(experts,)](
        index,
        slots,
        expert,
        count,
        slot_count,
        experts,
        SLOTS=triton.next_power_of_2(slot_count),
        EXPERTS=triton.next_power_of_2(experts),
        BLOCK=block,
        num_warps=8,
    )
    return Tiles(slots, expert, count)
