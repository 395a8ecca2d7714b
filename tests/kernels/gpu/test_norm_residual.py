from collections.abc import Callable
from typing import Any

import pytest
import torch

from fillwright.kernels.gpu.norm_residual import LayerNorms, after_attention, after_mlps
from fillwright.kernels.rms_norm import rms_norm

EPS = 1e-6
GAINS = 8


@pytest.mark.parametrize(("rows", "width"), [(1, 32), (7, 100), (3, 2816)])
def test_each_chain_is_that_of_a_layer(
    device: str, float_type: torch.dtype, rows: int, width: int
) -> None:
    random = torch.Generator().manual_seed(width)
    gains = (torch.rand(GAINS, width, generator=random) + 0.5).to(device)
    encoder, decoder = torch.tensor([0.7], device=device), torch.tensor([1.3], device=device)
    norms = LayerNorms(*gains, encoder, decoder, EPS)
    attended, dense, routed = torch.randn(3, rows, width, generator=random).to(device, float_type)
    residual = (100 * torch.randn(rows, width, generator=random)).to(device)
    tail = rows // 2
    exact = float_type == torch.float32
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if exact else {"rtol": 2e-2, "atol": 2e-2}

    wanted = residual + rms_norm(attended, norms.after_attention, EPS)
    ours = after_attention(attended, residual, norms)
    torch.testing.assert_close(residual, wanted, rtol=1e-5, atol=1e-4)
    before = (norms.before_dense, norms.before_experts, norms.router)
    for mine, gain in zip(ours, before, strict=True):
        assert mine.dtype == float_type
        torch.testing.assert_close(mine.float(), rms_norm(wanted, gain, EPS), **tolerance)

    mixed = rms_norm(dense, norms.after_dense, EPS) + rms_norm(routed, norms.after_experts, EPS)
    wanted = wanted + rms_norm(mixed, norms.after_mlps, EPS)
    wanted[:tail] *= encoder
    wanted[tail:] *= decoder
    following = after_mlps(
        dense, routed, residual, norms, torch.tensor([0, 0, tail], dtype=torch.int32, device=device)
    )
    torch.testing.assert_close(residual, wanted, rtol=1e-5, atol=1e-4)
    following_wanted = rms_norm(wanted, norms.next_layer, EPS)
    torch.testing.assert_close(following.float(), following_wanted, **tolerance)


@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int) -> None:
    place = "fillwright.kernels.gpu.norm_residual"
    outs = ["out1", "out2", "out3"]
    gains = ["after", "gain1", "gain2", "gain3"]
    attention = build(
        arch,
        kernel=f"{place}:attention_kernel",
        types={
            **dict.fromkeys(["attended", *outs], "*bf16"),
            **dict.fromkeys(["residual", *gains], "*fp32"),
            "width": "i32",
            "eps": "fp32",
        },
        constants={"BLOCK": 4096},
        aligned=["attended", *outs, "residual", *gains, "width"],
        num_warps=8,
    )
    gains = ["gain1", "gain2", "after", "next_gain"]
    mlps = build(
        arch,
        kernel=f"{place}:mlps_kernel",
        types={
            **dict.fromkeys(["dense", "routed", "out"], "*bf16"),
            **dict.fromkeys(["residual", *gains, "encoder", "decoder"], "*fp32"),
            "where": "*i32",
            "width": "i32",
            "eps": "fp32",
        },
        constants={"BLOCK": 4096},
        aligned=["dense", "routed", "out", "residual", *gains, "width"],
        num_warps=8,
    )
    for built in (attention, mlps):
        assert built.spills == 0
