from collections.abc import Callable
from typing import Any

import pytest
import torch

from fillwright.kernels.gpu.scaled_matrix import (
    BLOCK_K,
    BLOCK_M,
    BLOCK_N,
    E4M3,
    STAGES,
    WARPS,
    ScaledMatrix,
)


def matrix(outputs: list[int], inputs: int, device: str, dtype: torch.dtype) -> ScaledMatrix:
    random = torch.Generator().manual_seed(inputs)
    parts = [
        (
            (100 * torch.randn(rows, inputs, generator=random))
            .clamp(-448, 448)
            .to(E4M3)
            .to(device),
            (torch.rand(rows, 1, generator=random) * inputs**-0.5 / 50).to(device),
        )
        for rows in outputs
    ]
    return ScaledMatrix.side_by_side(parts, dtype)


@pytest.mark.parametrize("rows", [1, 17, 64, 130])
@pytest.mark.parametrize(("outputs", "inputs"), [([40], 24), ([33, 7, 60], 200), ([256], 129)])
def test_equals_the_dequantised_product(
    device: str, float_type: torch.dtype, rows: int, outputs: list[int], inputs: int
) -> None:
    ours = matrix(outputs, inputs, device, float_type)
    x = torch.randn(2, rows, inputs, generator=torch.Generator().manual_seed(rows))
    x = x.to(device, float_type)
    result = x @ ours
    assert result.dtype == float_type
    tolerance = 1e-4 if float_type == torch.float32 else 2e-2
    wanted = x.float() @ ours.dequantised()
    torch.testing.assert_close(result.float(), wanted, rtol=tolerance, atol=tolerance)


def test_rows_that_are_far_apart_in_size_keep_their_own_scale(
    device: str, float_type: torch.dtype
) -> None:
    parts = [
        (torch.full((2, 16), 448.0).to(E4M3).to(device), torch.tensor([[1e-20], [1e20]]).to(device))
    ]
    ours = ScaledMatrix.side_by_side(parts, float_type)
    result = torch.ones(1, 16, device=device, dtype=float_type) @ ours
    wanted = torch.tensor([[448 * 16e-20, 448 * 16e20]], device=device)
    torch.testing.assert_close(result.float(), wanted, rtol=1e-2, atol=0)


def test_no_rows_are_no_product(device: str, float_type: torch.dtype) -> None:
    ours = matrix([8], 16, device, float_type)
    assert (torch.empty(0, 16, device=device, dtype=float_type) @ ours).shape == (0, 8)


def test_strided_rows_are_rows(device: str, float_type: torch.dtype) -> None:
    ours = matrix([8], 16, device, float_type)
    wide = torch.randn(5, 32, device=device, dtype=float_type)
    assert torch.equal(wide[:, 16:] @ ours, wide[:, 16:].contiguous() @ ours)


@pytest.mark.parametrize("arch", [89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int) -> None:
    pointers = {"x": "*bf16", "weight": "*fp8e4nv", "scale": "*fp32", "out": "*bf16"}
    sizes = ["rows", "outputs", "inputs"]
    built = build(
        arch,
        kernel="fillwright.kernels.gpu.scaled_matrix:scaled_product_kernel",
        types={**pointers, **dict.fromkeys(sizes, "i32")},
        constants={
            "BLOCK_M": BLOCK_M,
            "BLOCK_N": BLOCK_N,
            "BLOCK_K": BLOCK_K,
            "DOT": "tl.bfloat16",
        },
        aligned=[*pointers, *sizes],
        num_warps=WARPS,
        num_stages=STAGES,
    )
    assert built.spills == 0
    assert built.has("HMMA", "HGMMA")
    assert built.has("LDGSTS")
