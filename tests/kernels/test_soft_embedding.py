import pytest
import torch

from fillwright.kernels.soft_embedding import soft_embedding

EMBEDDING = torch.randn(30, 8, generator=torch.Generator().manual_seed(0))


def test_is_the_mean_embedding_under_the_softmax() -> None:
    logits = torch.full((1, 2, 30), -1e4)
    logits[0, 0, 4] = logits[0, 0, 9] = 2.0
    logits[0, 1, 7] = 0.0
    expected = torch.stack((1.5 * (EMBEDDING[4] + EMBEDDING[9]), 3.0 * EMBEDDING[7]))
    torch.testing.assert_close(soft_embedding(logits, EMBEDDING, 3.0)[0], expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_row_that_says_nothing_is_zero_and_disturbs_no_other(dtype: torch.dtype) -> None:
    logits = torch.randn(1, 3, 30)
    whole = soft_embedding(logits, EMBEDDING.to(dtype), 3.0)
    logits[0, 1] = -torch.inf
    logits[0, 2, 5] = -torch.inf
    partly = soft_embedding(logits, EMBEDDING.to(dtype), 3.0)
    assert torch.equal(partly[0, 0], whole[0, 0])
    assert not partly[0, 1].any()
    assert partly[0, 2].isfinite().all()
    assert partly[0, 2].any()


def test_a_nan_is_not_hidden() -> None:
    logits = torch.zeros(1, 1, 30)
    logits[0, 0, 3] = torch.nan
    assert soft_embedding(logits, EMBEDDING, 1.0).isnan().all()


def test_the_softmax_is_float32_even_of_bfloat16_logits() -> None:
    logits = torch.randn(1, 2, 30, generator=torch.Generator().manual_seed(1)).bfloat16()
    expected = 2.0 * logits.double().softmax(-1) @ EMBEDDING.double()
    torch.testing.assert_close(
        soft_embedding(logits, EMBEDDING, 2.0), expected.float(), rtol=1e-5, atol=1e-5
    )
    assert soft_embedding(logits, EMBEDDING.bfloat16(), 2.0).dtype == torch.bfloat16
