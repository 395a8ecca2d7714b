import math

import torch
from torch import Tensor

from fillwright.kernels.geglu import geglu

RANDOM = torch.Generator().manual_seed(0)
X = 2 * torch.randn(2, 3, 5, generator=RANDOM)
GATE_UP = torch.randn(2, 5, 14, generator=RANDOM)
DOWN = torch.randn(2, 7, 5, generator=RANDOM)


def formula(x: Tensor, gate_up: Tensor, down: Tensor) -> Tensor:
    g, u = x.double() @ gate_up[:, :7].double(), x.double() @ gate_up[:, 7:].double()
    gelu = g / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (g + 0.044715 * g**3)))
    return ((gelu * u) @ down.double()).float()


def test_is_the_formula() -> None:
    wanted = formula(X, GATE_UP[0], DOWN[0])
    torch.testing.assert_close(geglu(X, GATE_UP[0], DOWN[0]), wanted, rtol=1e-5, atol=1e-4)


def test_mlps_side_by_side_each_have_their_own_rows_and_weights() -> None:
    wanted = torch.stack([formula(X[i], GATE_UP[i], DOWN[i]) for i in range(2)])
    torch.testing.assert_close(geglu(X, GATE_UP, DOWN), wanted, rtol=1e-5, atol=1e-4)


def test_nothing_in_nothing_out() -> None:
    assert not geglu(torch.zeros(3, 5), torch.ones(5, 14), torch.ones(7, 5)).any()
