import torch

from fillwright.kernels.rotary import rotary

HEAD_DIM = 8
FREQUENCIES = torch.tensor([1.0, 0.3, 0.0, 0.0], dtype=torch.float64)


def angles(positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    half = positions[..., None, None] * FREQUENCIES
    cos, sin = half.cos(), half.sin()
    return torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1)


def random(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape))).double()


def test_each_pair_turns_like_a_complex_number() -> None:
    x, positions = random(2, 5, 3, HEAD_DIM), torch.arange(5).double()[None]
    as_complex = torch.complex(x[..., :4], x[..., 4:])
    turned = as_complex * torch.exp(1j * positions[0, :, None, None] * FREQUENCIES)
    wanted = torch.cat((turned.real, turned.imag), dim=-1)
    torch.testing.assert_close(rotary(x, *angles(positions)), wanted)


def test_pairs_of_frequency_zero_stay() -> None:
    x = random(1, 5, 2, HEAD_DIM)
    turned = rotary(x, *angles(torch.arange(100, 105).double()[None]))
    for dimension in (2, 3, 6, 7):
        assert torch.equal(turned[..., dimension], x[..., dimension])


def test_a_product_of_query_and_key_depends_on_their_distance_only() -> None:
    query, key = random(1, 1, 1, HEAD_DIM), random(1, 1, 1, HEAD_DIM) + 1

    def product(at: float, other: float) -> torch.Tensor:
        q = rotary(query, *angles(torch.tensor([[at]]).double()))
        k = rotary(key, *angles(torch.tensor([[other]]).double()))
        return (q * k).sum()

    torch.testing.assert_close(product(3, 8), product(1003, 1008))
    assert not torch.isclose(product(3, 8), product(3, 9))


def test_each_batch_row_has_positions_of_its_own() -> None:
    x, positions = random(2, 5, 3, HEAD_DIM), torch.stack((torch.arange(5), torch.arange(7, 12)))
    together = rotary(x, *angles(positions.double()))
    for row in range(2):
        alone = rotary(x[row : row + 1], *angles(positions[row : row + 1].double()))
        assert torch.equal(together[row : row + 1], alone)
