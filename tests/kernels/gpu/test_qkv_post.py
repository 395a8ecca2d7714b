from collections.abc import Callable
from typing import Any

import pytest
import torch

from fillwright.kernels.gpu.qkv_post import HeadNorms, angle_tables, qkv_post
from fillwright.kernels.rms_norm import rms_norm
from fillwright.kernels.rotary import rotary

HEADS, KV_HEADS, DIM, EPS = 4, 2, 32, 1e-6


@pytest.mark.parametrize("has_values", [True, False])
@pytest.mark.parametrize(
    ("place", "room"), [((0, 0, 1), 20), ((9, 3, 7), 29), ((5000, 4, 4), 5020), ((5022, 4, 6), 32)]
)
def test_is_norm_gain_and_rotary(
    device: str,
    float_type: torch.dtype,
    has_values: bool,
    place: tuple[int, int, int],
    room: int,
) -> None:
    """Of rows at a place: prefix, tail and rows; the last one's cache is full and begins again."""
    prefix, tail, rows = place
    random = torch.Generator().manual_seed(rows)
    products = HEADS + (2 if has_values else 1) * KV_HEADS
    raw = torch.randn(rows, products * DIM, generator=random).to(device, float_type)
    gains = torch.rand(2, DIM, generator=random).to(device) + 0.5
    # half of the pairs do not turn
    frequencies = torch.cat((1e4 ** -torch.linspace(0, 1, DIM // 4), torch.zeros(DIM // 4)))
    frequencies = frequencies.to(device)
    norms = HeadNorms(gains[0], gains[1], EPS, HEADS, KV_HEADS, has_values)
    cached = torch.full((2, 2, KV_HEADS, room, DIM), torch.nan, device=device)
    cached = cached.to(float_type)
    q, (key, value) = qkv_post(
        raw, norms, angle_tables(frequencies, prefix + rows), (cached[0], cached[1]),
        torch.tensor([1, prefix, tail], dtype=torch.int32, device=device),
    )  # fmt: skip

    normed = rms_norm(raw.view(1, rows, products, DIM), None, EPS)
    angles = (torch.arange(prefix, prefix + rows, device=device)[:, None] * frequencies)[
        None, :, None
    ]
    cos = torch.cat((angles.cos(), angles.cos()), -1)
    sin = torch.cat((-angles.sin(), angles.sin()), -1)
    tolerance = (
        {"rtol": 1e-5, "atol": 1e-5}
        if float_type == torch.float32
        else {"rtol": 2e-2, "atol": 2e-2}
    )
    wanted_q = rotary(normed[:, :, :HEADS] * gains[0], cos, sin)[0]
    wanted_key = rotary(normed[:, :, HEADS : HEADS + KV_HEADS] * gains[1], cos, sin)[0]
    wanted_value = normed[0, :, -KV_HEADS:]
    for ours, wanted in ((q, wanted_q), (key, wanted_key), (value, wanted_value)):
        torch.testing.assert_close(ours.float(), wanted, **tolerance)
    written = torch.arange(prefix, prefix + tail) % room
    others = [row for row in range(room) if row not in written.tolist()]
    for kept, given in zip(cached, (key, value), strict=True):
        assert torch.equal(kept[1, :, written], given[:tail].transpose(0, 1))
        assert kept[0].isnan().all()
        assert kept[1, :, others].isnan().all()


@pytest.mark.parametrize(("half", "kv_heads", "has_values"), [(128, 8, True), (256, 2, False)])
@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(
    build: Callable[..., Any], arch: int, half: int, kv_heads: int, has_values: bool
) -> None:
    halves = ["raw", "q", "key", "value", "cached_key", "cached_value"]
    floats = ["query_gain", "key_gain", "cos", "sin"]
    built = build(
        arch,
        kernel="fillwright.kernels.gpu.qkv_post:qkv_post_kernel",
        types={
            **dict.fromkeys(halves, "*bf16"),
            **dict.fromkeys(floats, "*fp32"),
            "where": "*i32",
            "eps": "fp32",
            "room": "i32",
        },
        constants={"HEADS": 16, "KV_HEADS": kv_heads, "HAS_VALUES": has_values, "HALF": half},
        aligned=[*halves, *floats, "room"],
        num_warps=1,
    )
    assert built.spills == 0
