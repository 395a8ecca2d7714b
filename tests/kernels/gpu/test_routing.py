from collections.abc import Callable
from typing import Any

import pytest
import torch

from fillwright.kernels.gpu.routing import align, most_tiles, route


@pytest.mark.parametrize(("tokens", "experts", "k"), [(1, 1, 1), (7, 5, 2), (9, 128, 8)])
def test_the_most_likely_experts_share_the_weight(
    device: str, tokens: int, experts: int, k: int
) -> None:
    random = torch.Generator().manual_seed(tokens)
    scores = (3 * torch.randn(tokens, experts, generator=random)).to(device)
    scores[0] *= 30
    scale = torch.rand(experts, generator=random).to(device)
    index, weight = route(scores, scale, k)
    wanted, chosen = scores.softmax(-1, dtype=torch.float32).topk(k)
    wanted = wanted / wanted.sum(-1, keepdim=True) * scale[chosen]
    # where the softmax has no mass left in float32, topk's order is anybody's
    sure = wanted > 0
    assert torch.equal(index.long()[sure], chosen[sure])
    torch.testing.assert_close(weight[sure], wanted[sure])
    assert all(len(set(row)) == k for row in index.tolist())


@pytest.mark.parametrize(
    ("tokens", "experts", "k"), [(1, 1, 1), (7, 5, 2), (33, 128, 8), (20, 6, 3)]
)
@pytest.mark.parametrize("skew", ["even", "one", "last"])
def test_every_slot_is_in_one_tile_of_its_expert(
    device: str, tokens: int, experts: int, k: int, skew: str
) -> None:
    random = torch.Generator().manual_seed(tokens)
    index = torch.randint(0, experts, (tokens, k), generator=random, dtype=torch.int32)
    if skew != "even":
        index.fill_(0 if skew == "one" else experts - 1)
    tiles = align(index.to(device), experts, block=16)
    count = int(tiles.count)
    assert count <= tiles.slots.shape[0] == most_tiles(tokens * k, experts, 16)
    seen = []
    for slots, expert in zip(tiles.slots[:count].tolist(), tiles.expert.tolist(), strict=False):
        held = [slot for slot in slots if slot < tokens * k]
        assert held
        assert all(slot == tokens * k for slot in slots[len(held) :])
        assert all(index.flatten()[slot] == expert for slot in held)
        seen += held
    assert sorted(seen) == list(range(tokens * k))


@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int) -> None:
    route_built = build(
        arch,
        kernel="fillwright.kernels.gpu.routing:route_kernel",
        types={
            "scores": "*fp32",
            "expert_scale": "*fp32",
            "index": "*i32",
            "weight": "*fp32",
            "experts": "i32",
        },
        constants={"K": 8, "EXPERTS": 128},
        aligned=["scores", "experts"],
        num_warps=1,
    )
    assert route_built.spills == 0
    for slots in (512, 4096):
        built = build(
            arch,
            kernel="fillwright.kernels.gpu.routing:align_kernel",
            types={
                "index": "*i32",
                "slots": "*i32",
                "tile_expert": "*i32",
                "count": "*i32",
                "slot_count": "i32",
                "experts": "i32",
            },
            constants={"SLOTS": slots, "EXPERTS": 128, "BLOCK": 16},
            aligned=["index", "slots", "slot_count"],
            num_warps=8,
        )
        assert built.spills == 0
