import pytest
import torch

from fillwright.kernels.rms_norm import rms_norm

X = 5 * torch.randn(3, 7, 64, generator=torch.Generator().manual_seed(0))
WEIGHT = torch.rand(64, generator=torch.Generator().manual_seed(1))


def formula(x: torch.Tensor, weight: torch.Tensor | None, eps: float) -> torch.Tensor:
    wide = x.double()
    gain = 1.0 if weight is None else weight.double()
    return wide / (wide.square().sum(-1, keepdim=True) / x.shape[-1] + eps).sqrt() * gain


@pytest.mark.parametrize("weight", [None, WEIGHT, torch.zeros(64)])
@pytest.mark.parametrize("eps", [1e-6, 10.0])
def test_is_the_formula_with_a_plain_weight(weight: torch.Tensor | None, eps: float) -> None:
    torch.testing.assert_close(rms_norm(X, weight, eps), formula(X, weight, eps).float())


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_bfloat16_is_not_rounded_again(weight: torch.Tensor | None) -> None:
    x, gain = X.bfloat16(), None if weight is None else weight.bfloat16()
    normed = rms_norm(x, gain, 1e-6)
    assert normed.dtype == torch.float32
    torch.testing.assert_close(normed, formula(x, gain, 1e-6).float())


def test_several_gains_give_as_many_results() -> None:
    gains = torch.stack((WEIGHT, 2 * WEIGHT))[:, None, None]
    both = rms_norm(X, gains, 1e-6)
    assert both.shape == (2, *X.shape)
    torch.testing.assert_close(both[1], rms_norm(X, 2 * WEIGHT, 1e-6))


def test_a_row_of_zeros_stays_zero() -> None:
    assert not rms_norm(torch.zeros(2, 64), WEIGHT, 1e-6).any()


def test_gradients_are_those_of_the_formula() -> None:
    x, weight = X.clone().requires_grad_(), WEIGHT.clone().requires_grad_()
    ours = torch.autograd.grad(rms_norm(x, weight, 1e-6).pow(3).sum(), (x, weight))
    wanted = torch.autograd.grad(formula(x, weight, 1e-6).pow(3).sum(), (x, weight))
    torch.testing.assert_close(ours, wanted, rtol=1e-4, atol=1e-4)
