"""Products by the CPU's kernels beside those of matrices that were widened."""

import pytest
import torch
from torch import Tensor

from fillwright.engine.model.four_bits import int4_packed
from fillwright.engine.model.quantization import quantise
from fillwright.engine.model.stored_linear import StoredLinear, kernels_here
from fillwright.engine.model.weights import Matrix

OUT, IN = 40, 96


@pytest.fixture
def weight() -> Tensor:
    return torch.randn(OUT, IN, generator=torch.Generator().manual_seed(0))


def stored(weight: Tensor, form: str) -> Matrix:
    if form == "int4":
        return Matrix(*int4_packed(weight, 32))
    cells, scale = quantise(weight)
    return Matrix(cells, scale if form == "int8" else scale[:1, 0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("form", ["int8", "int8, one scale", "int4"])
def test_the_kernels_round_rows_and_nothing_else(
    weight: Tensor, form: str, biased: bool, dtype: torch.dtype
) -> None:
    kernels = kernels_here(1)
    assert kernels is not None
    bias = torch.linspace(-1, 1, OUT, dtype=dtype) if biased else None
    matrix = stored(weight, form)
    widened = StoredLinear(matrix, weight.shape, dtype, bias)
    ours = StoredLinear(matrix, weight.shape, dtype, bias, kernels)
    x = torch.randn(2, 3, IN, generator=torch.Generator().manual_seed(1)).to(dtype)
    wanted, found = widened(x), ours(x)
    assert (found.dtype, found.shape) == (dtype, (2, 3, OUT))
    off = (found - wanted).float().square().mean().sqrt() / wanted.float().std()
    assert 0 < off < 0.02
    # it keeps one copy, padded to what a product reads at once
    assert ours.nbytes < 2.5 * widened.nbytes


@pytest.mark.parametrize(
    "matrix",
    [
        # a group of four columns, a scale of more bits than bfloat16 has, and another type
        Matrix(torch.zeros(OUT, IN // 8, dtype=torch.int32), torch.ones(OUT, IN // 4)),
        Matrix(torch.zeros(OUT, IN // 8, dtype=torch.int32), torch.full((OUT, 3), 0.1)),
        Matrix(torch.zeros(OUT, IN).to(torch.float8_e4m3fn), torch.ones(OUT, 1)),
    ],
    ids=["group", "scale", "type"],
)
def test_what_the_kernels_do_not_take_is_widened(matrix: Matrix) -> None:
    linear = StoredLinear(matrix, torch.Size((OUT, IN)), torch.float32, None, kernels_here(1))
    assert not linear.on_kernels
    x = torch.ones(1, IN)
    assert torch.equal(linear(x), x @ matrix.dequantised(torch.Size((OUT, IN))).float().mT)
