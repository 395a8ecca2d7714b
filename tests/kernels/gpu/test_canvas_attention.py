from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from fillwright.engine.model.diffusion_gemma import causal_mask
from fillwright.engine.model.window import RING_STEP
from fillwright.kernels import canvas_attention as torch_op
from fillwright.kernels.gpu import canvas_attention as kernel
from fillwright.kernels.gpu.canvas_attention import BLOCKS, UNLIMITED, canvas_attention, splits

HEADS, KV_HEADS, HEAD_DIM = 4, 2, 64


def mask(prefix: int, tail: int, rows: int, reach: int) -> Tensor:
    """Who sees whom, [rows, prefix + rows], one pair at a time."""
    seen = torch.zeros(rows, prefix + rows, dtype=torch.bool)
    for row in range(rows):
        for column in range(prefix + rows):
            at = column - prefix
            if row >= tail:
                seen[row, column] = at >= tail or tail - at <= reach
            else:
                seen[row, column] = at <= row and row - at <= reach
    return seen


@pytest.mark.parametrize(("prefix", "reach"), [(0, 5), (9, 5), (9, UNLIMITED), (3, 40)])
def test_prompt_rows_see_what_the_network_lets_them_see(prefix: int, reach: int) -> None:
    wanted = causal_mask(12, prefix, reach, torch.device("cpu"))
    assert wanted is not None
    assert torch.equal(mask(prefix, 12, 12, reach), wanted)


def compare(
    device: str, float_type: torch.dtype, heads: tuple[int, int, int],
    place: tuple[int, int, int], reach: int, size: float = 1.0, room: int = 0,
) -> None:  # fmt: skip
    """The kernel and the reference; heads: of queries, of keys, their size; place: prefix, tail and
    rows; `size` is that of queries, keys and values; `room`: rows of the cache, where the prefix
    has more."""
    (count, kv_heads, head_dim), (prefix, tail, rows) = heads, place
    random = torch.Generator().manual_seed(prefix + rows)
    q = size * torch.randn(rows, count, head_dim, generator=random) / head_dim**0.25
    key, value = size * torch.randn(2, rows, kv_heads, head_dim, generator=random)
    # what lies after the prefix in the cache is no number, and must not be seen
    room = prefix + 50
    cached = size * torch.randn(2, 2, kv_heads, room, head_dim, generator=random)
    cached[:, 1, :, prefix:] = torch.nan
    cached[:, 0] = torch.nan
    before = cached[:, 1:, :, :prefix].float()
    if room:
        positions = torch.arange(prefix - room, prefix)
        ring = torch.full_like(cached[..., :room, :], torch.nan)
        ring[:, 1, :, positions % room] = cached[:, 1, :, positions]
        cached = ring
    q, key, value, *cached = (each.to(device, float_type) for each in (q, key, value, *cached))
    ours = canvas_attention(
        q,
        (key, value),
        (cached[0], cached[1]),
        torch.tensor([1, prefix, tail], dtype=torch.int32, device=device),
        reach,
    )
    before = before.to(device, float_type).float()
    wanted = torch_op.canvas_attention(
        q.float().transpose(0, 1)[None],
        (key.float().transpose(0, 1)[None], value.float().transpose(0, 1)[None]),
        [(before[0], before[1])],
        mask(prefix, tail, rows, reach).to(device),
        causal=False,
    )
    tolerance = (1e-5 if float_type == torch.float32 else 2e-2) * max(1, size)
    wanted = wanted[0].transpose(0, 1)
    torch.testing.assert_close(ours.float(), wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("reach", [UNLIMITED, 23])
@pytest.mark.parametrize(
    "place",
    [(0, 0, 1), (0, 7, 7), (0, 0, 40), (1, 0, 16), (100, 0, 37), (300, 5, 38), (64, 90, 90)],
)
def test_every_row_sees_what_it_may(
    device: str, float_type: torch.dtype, place: tuple[int, int, int], reach: int
) -> None:
    compare(device, float_type, (HEADS, KV_HEADS, HEAD_DIM), place, reach)


@pytest.mark.parametrize("room", [32, 64, 96])
@pytest.mark.parametrize("place", [(97, 0, 16), (100, 5, 37), (128, 40, 40), (300, 3, 8)])
def test_old_positions_have_made_way_for_new_ones(
    device: str, float_type: torch.dtype, place: tuple[int, int, int], room: int
) -> None:
    compare(device, float_type, (HEADS, KV_HEADS, HEAD_DIM), place, 23, room=room)


def test_a_ring_is_whole_blocks_of_keys() -> None:
    assert all(RING_STEP % blocks.keys == 0 for blocks in BLOCKS.values())


@pytest.mark.parametrize("heads", [(2, 2, 32), (4, 1, 64), (4, 2, 256), (8, 1, 512)])
def test_heads_of_every_size(
    device: str, float_type: torch.dtype, heads: tuple[int, int, int]
) -> None:
    compare(device, float_type, heads, (45, 3, 20), 23)


@pytest.mark.parametrize("programs", [1, 8, 32])
def test_any_number_of_splits(
    device: str, float_type: torch.dtype, programs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "PROGRAMS", programs)
    compare(device, float_type, (HEADS, KV_HEADS, HEAD_DIM), (100, 5, 37), 23)


@pytest.mark.parametrize("size", [0.0, 1e-3, 30.0])
def test_scores_of_any_size(device: str, float_type: torch.dtype, size: float) -> None:
    compare(device, float_type, (HEADS, KV_HEADS, HEAD_DIM), (20, 0, 9), UNLIMITED, size)


@pytest.mark.parametrize(("tiles", "parts"), [(1, 8), (32, 8), (64, 4), (128, 2), (300, 1)])
def test_small_canvases_are_split_and_large_ones_hardly(tiles: int, parts: int) -> None:
    assert splits(tiles) == parts


@pytest.mark.parametrize("parts", [2, 8])
@pytest.mark.parametrize("head_dim", [256, 512])
@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int, head_dim: int, parts: int) -> None:
    blocks = BLOCKS[head_dim]
    tensors = ["q", "prefix_key", "prefix_value", "row_key", "row_value"]
    sizes = ["rows", "heads", "room", "kv_heads", "reach"]
    built = build(
        arch,
        kernel="fillwright.kernels.gpu.canvas_attention:canvas_attention_kernel",
        types={
            **dict.fromkeys(tensors, "*bf16"),
            "part": "*fp32",
            "part_lse": "*fp32",
            "where": "*i32",
            **dict.fromkeys(sizes, "i32"),
        },
        constants={
            "GROUP": 2 if head_dim == 256 else 8,
            "D": head_dim,
            "SPLITS": parts,
            "BLOCK_M": blocks.rows,
            "BLOCK_N": blocks.keys,
            "DOT": "tl.bfloat16",
        },
        aligned=[*tensors, "part", "room", "heads"],
        num_warps=blocks.warps,
        num_stages=2,
    )
    assert built.spills == 0
    assert built.has("HMMA", "HGMMA")
    assert built.has("LDGSTS")
    merged = build(
        arch,
        kernel="fillwright.kernels.gpu.canvas_attention:merge_kernel",
        types={"part": "*fp32", "part_lse": "*fp32", "out": "*bf16", "pairs": "i32"},
        constants={"D": head_dim, "SPLITS": parts},
        aligned=["part", "out", "pairs"],
        num_warps=4,
    )
    assert merged.spills == 0
