from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from fillwright.kernels.gpu.geglu import BLOCK, gate


@pytest.mark.parametrize(("rows", "intermediate"), [(1, 1), (3, 704), (5, 2112)])
def test_equals_torch(device: str, float_type: torch.dtype, rows: int, intermediate: int) -> None:
    x = torch.randn(rows, 2 * intermediate, generator=torch.Generator().manual_seed(0))
    x[0, 0], x[-1, -1] = -50.0, 50.0
    x = x.to(device, float_type)
    left, right = x.float().chunk(2, dim=-1)
    expected = (F.gelu(left, approximate="tanh") * right).to(float_type)
    torch.testing.assert_close(gate(x), expected)


@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int) -> None:
    built = build(
        arch,
        kernel="fillwright.kernels.gpu.geglu:gate_kernel",
        types={"gate_up": "*bf16", "out": "*bf16", "intermediate": "i32"},
        constants={"BLOCK": BLOCK},
        aligned=["gate_up", "out", "intermediate"],
        num_warps=4,
    )
    assert built.spills == 0
    assert built.has("LDG")
