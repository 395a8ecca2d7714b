import pytest
import torch

from fillwright.kernels.categorical import categorical


def test_each_token_owns_its_share_of_the_unit_interval() -> None:
    probabilities = torch.tensor([0.25, 0.0, 0.5, 0.25]).expand(6, 4)
    uniform = torch.tensor([0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999])
    assert categorical(probabilities, uniform).tolist() == [0, 0, 2, 2, 3, 3]


def test_frequencies_follow_the_probabilities() -> None:
    generator = torch.Generator().manual_seed(3)
    probabilities = torch.rand(50, generator=generator).softmax(-1)
    uniform = torch.rand(1, 100_000, generator=generator)
    tokens = categorical(probabilities.expand(1, 100_000, 50), uniform)
    expected = probabilities.double() * 100_000
    counts = tokens.flatten().bincount(minlength=50).double()
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert chi_square < 85.4  # 99.9 % quantile, 49 degrees of freedom


def test_tokens_without_mass_are_never_drawn_at_either_end() -> None:
    probabilities = torch.tensor([[0.0, 0.5, 0.5, 0.0]])
    largest = torch.tensor([1.0]).nextafter(torch.tensor([0.0]))
    assert categorical(probabilities, torch.zeros(1)).tolist() == [1]
    assert categorical(probabilities, largest).tolist() == [2]
    assert categorical(probabilities * 0.7, largest).tolist() == [2]


@pytest.mark.parametrize("vocabulary", [97, 130, 1024])
def test_is_the_inverse_transform_of_the_whole_row(vocabulary: int) -> None:
    random = torch.Generator().manual_seed(4)
    probabilities = torch.randn(2, 2000, vocabulary, generator=random).mul(3).softmax(-1)
    probabilities[..., torch.randperm(vocabulary, generator=random)[: vocabulary // 2]] = 0.0
    uniform = torch.rand(2, 2000, generator=random)
    tokens = categorical(probabilities, uniform)
    mass = probabilities.double().cumsum(-1)
    target = uniform.double()[..., None] * mass[..., -1:]
    after = mass.gather(-1, tokens[..., None])
    before = after - probabilities.gather(-1, tokens[..., None])
    assert (before - 1e-6 <= target).all()
    assert (target <= after + 1e-6).all()
    assert (probabilities.gather(-1, tokens[..., None]) > 0).all()
