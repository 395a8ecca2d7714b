from random import Random

import pytest
import torch

from fillwright.engine.diffusion.passage import Edits
from fillwright.engine.infill.masked.layout import Marks
from fillwright.engine.training.masked_rows import MaskedBatch, MaskedRows

MASK, EXPAND, DELETE, PAD = 97, 98, 99, 0
BEFORE, MIDDLE, AFTER = list(range(1, 9)), list(range(20, 26)), list(range(40, 50))
ROWS = MaskedRows(30, 12, Marks(MASK, Edits(DELETE, EXPAND), None, None, ()), PAD)


def batch(seed: int, after: list[int] = AFTER) -> MaskedBatch:
    return ROWS.batch([(BEFORE, MIDDLE, after)] * 8, Random(seed))


def test_every_answer_is_asked_of_the_row_before_a_mask() -> None:
    found = batch(0)
    assert found.ids.shape == (8, 30)
    flat = found.ids.flatten()
    assert (flat[found.places + 1] == MASK).all()
    assert int((flat == MASK).sum()) == len(found.places)
    assert found.targets.shape == found.weights.shape == found.places.shape
    assert (found.weights > 0).all()


def test_text_around_is_masked_in_half_of_the_rows_and_answered_as_it_was() -> None:
    seen = [0, 0]
    for seed in range(20):
        found = batch(seed)
        answers = dict(zip((found.places + 1).tolist(), found.targets.tolist(), strict=True))
        for number, row in enumerate(found.ids):
            outside = [place for place in range(1, len(BEFORE)) if row[place] == MASK]
            seen[bool(outside)] += 1
            for place in outside:
                assert answers[30 * number + place] == BEFORE[place]
    assert min(seen) > 20


def test_a_short_row_is_filled_up_and_nothing_is_asked_there() -> None:
    found = batch(3, after=[])
    assert (found.ids[:, -1] == PAD).all()
    targets = {EXPAND, DELETE, *BEFORE, *MIDDLE}
    assert set(found.targets.tolist()) <= targets


@pytest.mark.parametrize("seed", range(3))
def test_what_is_drawn_is_drawn_again(seed: int) -> None:
    for one, other in zip(batch(seed), batch(seed), strict=True):
        assert torch.equal(one, other)
