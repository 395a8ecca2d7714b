import pytest
import torch
from torch import Generator

from fillwright.engine.diffusion.noise import HybridNoise
from fillwright.engine.training.noising import Corrupted, Corruption

VOCABULARY, MASK = 100, 3
NOISE = HybridNoise(VOCABULARY, MASK, 0.2)
TARGET = torch.full((64, 50), 50)
GUESS = torch.full((64, 50), 77)
REST = {"edit_share": 0.0, "rising_share": 0.0}


def corrupted(corruption: Corruption, seed: int = 0) -> Corrupted:
    return corruption(TARGET, GUESS, Generator().manual_seed(seed))


def test_what_is_not_replaced_is_the_truth() -> None:
    found = corrupted(Corruption(NOISE))
    assert (found.ids[~found.replaced] == 50).all()


def test_ways_have_their_shares_of_the_canvases() -> None:
    full = drafted = 0
    shares = Corruption(NOISE, full_share=0.25, draft_share=0.5, edit_share=0.0, rising_share=0.0)
    for seed in range(20):
        found = corrupted(shares, seed)
        full += int(found.replaced.all(1).sum())
        drafted += int(((found.ids == 77) & found.replaced).sum(1).gt(10).sum())
    assert abs(full / (64 * 20) - 0.25) < 0.05
    assert 0.25 < drafted / (64 * 20) < 0.5


def test_a_drafted_canvas_carries_guesses_and_no_noise() -> None:
    found = corrupted(Corruption(NOISE, full_share=0.0, draft_share=1.0, draft_level=0.5, **REST))
    assert set(found.ids.unique().tolist()) == {50, 77}
    shares = found.replaced.float().mean(1)
    assert float(shares.max()) < 0.75
    assert 0.2 < float(shares.mean()) < 0.3


def test_levels_are_spread_evenly() -> None:
    found = corrupted(Corruption(NOISE, full_share=0.0, draft_share=0.0, **REST))
    shares = found.replaced.float().mean(1).sort().values
    even = (torch.arange(64) + 0.5) / 64
    assert float((shares - even).abs().max()) < 0.25
    noise = found.ids[found.replaced]
    assert 0.75 < float((noise == MASK).float().mean()) < 0.85


def test_noise_rises_from_left_to_right() -> None:
    only = {"full_share": 0.0, "draft_share": 0.0, "edit_share": 0.0, "rising_share": 1.0}
    masks = HybridNoise(VOCABULARY, MASK, 0.0)
    sharp = corrupted(Corruption(masks, **only, slope=0)).replaced
    assert not (sharp[:, :-1] & ~sharp[:, 1:]).any(), "clean after noise"
    clean = (~sharp).sum(1).sort().values.tolist()
    assert clean[0] == 0
    assert clean[-1] >= 40
    assert 8 < clean[32] < 18, "mostly less than half of the canvas"
    sloping = corrupted(Corruption(masks, **only, slope=20)).replaced
    assert (sloping[:, :-1] & ~sloping[:, 1:]).any(), "clean after noise"
    shares = sloping.float().mean(0)
    assert float(shares[:5].mean()) < float(shares[10:15].mean()) < float(shares[-5:].mean())


def test_shares_beyond_the_whole_are_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.10"):
        Corruption(NOISE, full_share=0.5, draft_share=0.5, edit_share=0.1, rising_share=0.0)


def test_an_edited_canvas_has_one_token_too_many_or_too_few() -> None:
    target = torch.arange(10, 30).repeat(64, 1)
    edits = Corruption(NOISE, full_share=0.0, draft_share=0.0, edit_share=1.0, rising_share=0.0)
    found = edits(target, target, Generator().manual_seed(0))
    kinds = set()
    for ids in found.ids.tolist():
        longer = next(i for i, token in enumerate([*ids, -1]) if token != 10 + i)
        inserted = ids[longer + 1 :] == list(range(10 + longer, 29))
        deleted = ids[longer:-1] == list(range(11 + longer, 30))
        assert inserted or deleted or longer == 20
        kinds.add("inserted" if inserted else "deleted")
    assert kinds == {"inserted", "deleted"}
    assert torch.equal(found.replaced, found.ids != target)


def test_one_level_for_measuring() -> None:
    for level in (0.0, 0.3, 1.0):
        found = Corruption(NOISE).at_level(TARGET, level, Generator().manual_seed(0))
        assert abs(float(found.replaced.float().mean()) - level) < 0.05
        assert (found.ids[~found.replaced] == 50).all()
