from collections import Counter
from random import Random

import pytest

from fillwright.engine.diffusion.passage import Edits
from fillwright.engine.training.expanding import OpenRows, open_rows

MASK, EXPAND, DELETE = 97, 98, 99
EDITS = Edits(DELETE, EXPAND)
BEFORE, AFTER, MIDDLE = [1, 2], [3], list(range(10, 22))


def drawn(seed: int, middle: list[int] = MIDDLE, edits: Edits = EDITS) -> OpenRows:
    return open_rows((BEFORE, AFTER), middle, 18, MASK, edits, Random(seed))


def undone(found: OpenRows) -> Counter[str]:
    """What the answers would do to the sequence, checked against the middle that it came from:
    every token is known, answered, or swallowed by the expand before it."""
    ids, answers = list(found.ids), dict(zip(found.rows, found.targets, strict=True))
    assert ids[:2] == BEFORE
    assert ids[-1:] == AFTER
    seen, place = Counter[str](), 0
    for row in range(2, len(ids) - 1):
        said = answers.get(row, ids[row])
        assert (ids[row] == MASK) == (row in answers)
        if said == DELETE:
            seen["deleted"] += 1
        elif said == EXPAND:
            seen["expanded"] += 1
            place += 2
        else:
            assert said == MIDDLE[place]
            seen["token"] += 1
            place += 1
    # an expand may have taken the first of the deletions in
    assert place in (len(MIDDLE), len(MIDDLE) + 1)
    return seen


def test_every_answer_leads_back_to_the_middle() -> None:
    total = Counter[str]()
    for seed in range(300):
        total += undone(drawn(seed))
    assert all(total[kind] > 100 for kind in ("deleted", "expanded", "token"))


def test_all_deletions_count_as_one_token() -> None:
    for seed in range(50):
        found = drawn(seed)
        deleted = [
            weight
            for weight, target in zip(found.weights, found.targets, strict=True)
            if target == DELETE
        ]
        assert not deleted or sum(deleted) == pytest.approx(1)
        assert all(
            weight == 1
            for weight, target in zip(found.weights, found.targets, strict=True)
            if target != DELETE
        )


def test_an_empty_middle_is_all_deletions() -> None:
    for seed in range(20):
        found = drawn(seed, middle=[])
        assert set(found.targets) == {DELETE}
        assert 1 <= len(found.rows) <= 18
    with pytest.raises(ValueError, match="empty hole"):
        open_rows((BEFORE, AFTER), [], 0, MASK, EDITS, Random(0))


def test_without_an_expand_token_nothing_is_merged() -> None:
    for seed in range(50):
        found = drawn(seed, edits=Edits(DELETE))
        assert len(found.ids) - found.targets.count(DELETE) == len(BEFORE + MIDDLE + AFTER)


def test_in_a_share_of_the_holes_filling_begins() -> None:
    begun = sum(len(found.rows) == 18 == len(found.ids) - 3 for found in map(drawn, range(400)))
    # 0.8 of them do not grow; half of these have all rows, and of half all are open
    assert 50 < begun < 130
