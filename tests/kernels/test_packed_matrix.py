import pytest
import torch

from fillwright.kernels.geglu import geglu
from fillwright.kernels.packed_matrix import PackedMatrix, PackedMlps, can_pack

CPU = torch.device("cpu")
here = pytest.mark.skipif(
    not can_pack(torch.bfloat16, CPU), reason="this CPU does not multiply bfloat16"
)


def drawn(*shape: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=random).bfloat16()


@here
@pytest.mark.parametrize("rows", [(1,), (64,), (3, 7), (700,)])
def test_the_product_is_that_of_the_matrix(rows: tuple[int, ...]) -> None:
    x, matrix = drawn(*rows, 48), drawn(48, 40)
    ours = x @ PackedMatrix.pack(matrix)
    assert ours.dtype == torch.bfloat16
    torch.testing.assert_close(ours, (x.float() @ matrix.float()).bfloat16(), rtol=1e-2, atol=1e-2)


@here
@pytest.mark.parametrize("rows", [1, 5, 64])
def test_each_mlp_is_geglu(rows: int) -> None:
    x, gate_ups, downs = drawn(rows, 32), drawn(2, 32, 96) / 4, drawn(2, 48, 32) / 4
    ours = PackedMlps.pack([*gate_ups], [*downs])(x.float())
    for mine, gate_up, down in zip(ours, gate_ups, downs, strict=True):
        wanted = geglu(x.float(), gate_up.float(), down.float())
        torch.testing.assert_close(mine.float(), wanted, rtol=2e-2, atol=5e-2)


def test_only_bfloat16_is_packed() -> None:
    assert not can_pack(torch.float32, CPU)
    with pytest.raises(ValueError, match="bfloat16"):
        PackedMatrix.pack(torch.ones(4, 4))
