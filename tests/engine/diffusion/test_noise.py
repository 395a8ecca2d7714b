import pytest
import torch
from torch import Generator

from fillwright.engine.diffusion.noise import DraftNoise, HybridNoise, UniformNoise

SHAPE = torch.Size([4, 5000])


def test_uniform_noise_covers_the_vocabulary_evenly(generator: Generator) -> None:
    counts = UniformNoise(20).draw(SHAPE, generator).flatten().bincount(minlength=20)
    assert counts.shape == (20,)
    assert ((counts.double() - 1000) ** 2 / 1000).sum() < 43.8  # chi-square, 19 d.f., 99.9 %


def test_hybrid_noise_is_mostly_the_mask_token(generator: Generator) -> None:
    tokens = HybridNoise(20, mask_token=7, uniform_share=0.2).draw(SHAPE, generator)
    share = (tokens == 7).double().mean()
    assert share == pytest.approx(0.8 + 0.2 / 20, abs=0.01)
    others = tokens[tokens != 7].bincount(minlength=20)
    assert (others > 0).sum() == 19


@pytest.mark.parametrize(("share", "only_mask"), [(0.0, True), (1.0, False)])
def test_hybrid_noise_at_its_ends(share: float, only_mask: bool, generator: Generator) -> None:
    tokens = HybridNoise(20, 7, share).draw(SHAPE, generator)
    assert bool((tokens == 7).all()) is only_mask


@pytest.mark.parametrize(("mask", "share"), [(20, 0.1), (-1, 0.1), (3, 1.5)])
def test_hybrid_noise_refuses_nonsense(mask: int, share: float) -> None:
    with pytest.raises(ValueError, match=r"mask token|uniform share"):
        HybridNoise(20, mask, share)


def test_draft_noise_replaces_its_share_of_the_draft(generator: Generator) -> None:
    draft = torch.full(SHAPE, 100)
    tokens = DraftNoise(draft, 0.3, UniformNoise(20)).draw(SHAPE, generator)
    assert (tokens < 20).double().mean() == pytest.approx(0.3, abs=0.02)
    assert set(tokens.unique().tolist()) == {*range(20), 100}


def test_draft_noise_at_level_0_is_the_draft_for_every_canvas(generator: Generator) -> None:
    draft = torch.arange(5000)
    tokens = DraftNoise(draft, 0.0, UniformNoise(20)).draw(SHAPE, generator)
    assert torch.equal(tokens, draft.expand(SHAPE))


def test_rows_of_a_draft_may_differ_in_their_level(generator: Generator) -> None:
    level = torch.tensor([0.0, 1.0, 0.0, 1.0])[:, None]
    tokens = DraftNoise(torch.full(SHAPE, 100), level, UniformNoise(20)).draw(SHAPE, generator)
    assert (tokens[::2] == 100).all()
    assert (tokens[1::2] < 20).all()


@pytest.mark.parametrize("level", [-0.1, 1.1, torch.tensor([0.5, 2.0])])
def test_a_level_that_is_no_share_is_refused(level: float | torch.Tensor) -> None:
    with pytest.raises(ValueError, match="noise level"):
        DraftNoise(torch.zeros(2), level, UniformNoise(20))
