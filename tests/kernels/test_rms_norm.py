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
def test_bfloat16_is_rounded_once_at_the_end(weight: torch.Tensor | None) -> None:
    x, gain = X.bfloat16(), None if weight is None else weight.bfloat16()
    normed = rms_norm(x, gain, 1e-6)
    assert normed.dtype == torch.bfloat16
    torch.testing.assert_close(normed, formula(x, gain, 1e-6).bfloat16(), rtol=2**-8, atol=0)
    assert (normed == formula(x, gain, 1e-6).bfloat16()).float().mean() > 0.99


def test_a_row_of_zeros_stays_zero() -> None:
    assert not rms_norm(torch.zeros(2, 64), WEIGHT, 1e-6).any()


def test_gradients_are_those_of_the_formula() -> None:
    x, weight = X.double().requires_grad_(), WEIGHT.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x, w: rms_norm(x, w, 1e-6), (x[:1, :2, :8], weight[:8]))
