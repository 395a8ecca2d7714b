from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from fillwright.kernels import canvas_attention as torch_op
from fillwright.kernels.gpu.canvas_attention import (
    BLOCKS,
    SPLITS,
    UNLIMITED,
    canvas_attention,
)

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


@pytest.mark.parametrize("reach", [UNLIMITED, 23])
@pytest.mark.parametrize(
    ("prefix", "tail", "rows"),
    [(0, 0, 1), (0, 7, 7), (0, 0, 40), (1, 0, 16), (100, 0, 37), (300, 5, 38), (64, 90, 90)],
)
def test_every_row_sees_what_it_may(
    device: str, float_type: torch.dtype, prefix: int, tail: int, rows: int, reach: int
) -> None:
    random = torch.Generator().manual_seed(prefix + rows)
    q = torch.randn(rows, HEADS, HEAD_DIM, generator=random) / 3
    key, value = torch.randn(2, rows, KV_HEADS, HEAD_DIM, generator=random)
    # what lies behind the prefix in the cache is no number, and must not be seen
    room = prefix + 50
    cached = torch.randn(2, 2, KV_HEADS, room, HEAD_DIM, generator=random)
    cached[:, 1, :, prefix:] = torch.nan
    cached[:, 0] = torch.nan
    given = [each.to(device, float_type) for each in (q, key, value, *cached)]
    q, key, value, *cached = given
    ours = canvas_attention(
        q,
        (key, value),
        (cached[0], cached[1]),
        torch.tensor([1, prefix, tail], dtype=torch.int32, device=device),
        reach,
    )
    before = [(each[1:, :, :prefix].float()) for each in cached]
    wanted = torch_op.reference(
        q.float().transpose(0, 1)[None],
        (key.float().transpose(0, 1)[None], value.float().transpose(0, 1)[None]),
        [(before[0], before[1])],
        mask(prefix, tail, rows, reach).to(device),
        causal=False,
    )
    tolerance = 1e-5 if float_type == torch.float32 else 2e-2
    wanted = wanted[0].transpose(0, 1)
    torch.testing.assert_close(ours.float(), wanted, rtol=tolerance, atol=tolerance)


def test_scores_of_any_size(device: str, float_type: torch.dtype) -> None:
    random = torch.Generator().manual_seed(0)
    q = 40 * torch.randn(9, HEADS, HEAD_DIM, generator=random)
    key, value = 40 * torch.randn(2, 9, KV_HEADS, HEAD_DIM, generator=random)
    q, key, value = (each.to(device, float_type) for each in (q, key, value))
    none = torch.zeros(1, KV_HEADS, 16, HEAD_DIM, device=device, dtype=float_type)
    where = torch.zeros(3, dtype=torch.int32, device=device)
    ours = canvas_attention(q, (key, value), (none, none), where, UNLIMITED)
    assert ours.isfinite().all()


@pytest.mark.parametrize("head_dim", [256, 512])
@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int, head_dim: int) -> None:
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
            "SPLITS": SPLITS,
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
        constants={"D": head_dim, "SPLITS": SPLITS},
        aligned=["part", "out", "pairs"],
        num_warps=4,
    )
    assert merged.spills == 0
