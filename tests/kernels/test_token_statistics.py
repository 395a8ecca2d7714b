import pytest
import torch
from torch.distributions import Categorical

from fillwright.kernels.token_statistics import likeliest, token_statistics


@pytest.mark.parametrize("vocabulary", [2, 63, 1000])
@pytest.mark.parametrize("temperature", [0.4, 0.8, 1.0])
def test_matches_a_double_precision_softmax(vocabulary: int, temperature: float) -> None:
    logits = 8 * torch.randn(3, 7, vocabulary, generator=torch.Generator().manual_seed(1))
    seen = token_statistics(logits, temperature)
    exact = Categorical(logits=logits.double() / temperature)

    torch.testing.assert_close(seen.probabilities.double(), exact.probs, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(seen.entropy.double(), exact.entropy(), atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(seen.tempered.softmax(-1), seen.probabilities)
    assert torch.equal(seen.token, logits.argmax(-1))


def test_entropy_of_a_sure_row_is_exact_and_never_nan() -> None:
    logits = torch.zeros(1, 5, 100)
    logits[..., 3] = torch.tensor([1.0, 10.0, 20.0, 30.0, 1e30])
    seen = token_statistics(logits, 0.4)
    exact = Categorical(logits=logits.double() / 0.4).entropy()
    torch.testing.assert_close(seen.entropy.double(), exact, atol=1e-7, rtol=1e-5)


def test_a_forbidden_token_has_no_mass() -> None:
    logits = torch.zeros(1, 1, 4)
    logits[..., 2] = -torch.inf
    seen = token_statistics(logits, 0.8)
    assert seen.probabilities[0, 0, 2] == 0
    torch.testing.assert_close(seen.entropy, torch.tensor([[3.0]]).log())


def test_leaves_the_logits_alone() -> None:
    logits = torch.randn(1, 4, 9)
    before = logits.clone()
    token_statistics(logits, 0.5)
    assert torch.equal(logits, before)


@pytest.mark.parametrize("vocabulary", [1, 97, 130, 1024])
def test_of_equal_logits_the_first_is_the_token(vocabulary: int) -> None:
    logits = torch.randint(3, (1, 500, vocabulary), generator=torch.Generator().manual_seed(2))
    wanted = (logits == logits.amax(-1, keepdim=True)).int().argmax(-1)
    assert torch.equal(likeliest(logits.float()), wanted)
