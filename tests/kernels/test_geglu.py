import math

import torch

from fillwright.kernels.geglu import geglu


def test_is_the_formula() -> None:
    random = torch.Generator().manual_seed(0)
    x = 2 * torch.randn(2, 3, 5, generator=random)
    gate, up = torch.randn(7, 5, generator=random), torch.randn(7, 5, generator=random)
    down = torch.randn(5, 7, generator=random)
    g, u = x.double() @ gate.double().T, x.double() @ up.double().T
    gelu = g / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (g + 0.044715 * g**3)))
    wanted = (gelu * u) @ down.double().T
    torch.testing.assert_close(geglu(x, gate, up, down), wanted.float(), rtol=1e-5, atol=1e-4)


def test_nothing_in_nothing_out() -> None:
    gate, up, down = torch.ones(7, 5), torch.ones(7, 5), torch.ones(5, 7)
    assert not geglu(torch.zeros(3, 5), gate, up, down).any()
