import pytest
import torch

from fillwright.kernels.lm_head import lm_head

RANDOM = torch.Generator().manual_seed(0)
HIDDEN = 4 * torch.randn(2, 3, 16, generator=RANDOM)
EMBEDDING = torch.randn(40, 16, generator=RANDOM)


@pytest.mark.parametrize("cap", [30.0, 5.0])
def test_is_the_formula(cap: float) -> None:
    scores = HIDDEN.double() @ EMBEDDING.double().T
    logits = lm_head(HIDDEN, EMBEDDING.mT, cap)
    torch.testing.assert_close(logits, (cap * torch.tanh(scores / cap)).float(), rtol=0, atol=1e-5)
    assert scores.abs().max() > cap >= logits.abs().max()


def test_the_softcap_is_not_rounded_to_bfloat16() -> None:
    hidden, embedding = HIDDEN.bfloat16(), EMBEDDING.bfloat16()
    logits = lm_head(hidden, embedding.mT, 30.0)
    assert logits.dtype == torch.float32
    scores = (hidden @ embedding.T).double()
    torch.testing.assert_close(logits.double(), 30 * torch.tanh(scores / 30), rtol=0, atol=1e-5)


def test_gradients_are_those_of_the_formula() -> None:
    hidden, embedding = HIDDEN.clone().requires_grad_(), EMBEDDING.clone().requires_grad_()
    loss = lm_head(hidden, embedding.mT, 30.0).square().sum()
    ours = torch.autograd.grad(loss, (hidden, embedding))
    scores = hidden.double() @ embedding.double().T
    logits = 30 * torch.tanh(scores / 30)
    wanted = torch.autograd.grad(logits.square().sum(), (hidden, embedding))
    torch.testing.assert_close(ours, wanted, rtol=1e-4, atol=1e-3)
