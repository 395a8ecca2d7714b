import pytest

from fillwright.engine.diffusion.passage import Edits, OpenHole, Passage

MASK, EXPAND, DELETE = 8, 9, 10
EDITS = Edits(DELETE, EXPAND)


def hole(*tokens: int, limit: int = 12, expansions: int = 12) -> OpenHole:
    return OpenHole(tokens, tuple(0.1 * (i + 1) for i in range(len(tokens))), limit, expansions)


def test_an_expand_makes_two_open_rows() -> None:
    after = hole(1, EXPAND, 3).edited([False, True, False], MASK, EDITS)
    assert after.tokens == (1, MASK, MASK, 3)
    assert after.probabilities == pytest.approx((0.1, 0.0, 0.0, 0.3))
    assert after.expansions == 11


def test_a_delete_takes_the_open_rows_behind_it() -> None:
    after = hole(1, MASK, DELETE, MASK, 5, MASK).edited(
        [False, True, True, True, False, True], MASK, EDITS
    )
    assert after.tokens == (1, MASK, 5)
    assert after.probabilities == pytest.approx((0.1, 0.2, 0.5))


def test_where_all_expand_only_the_last_have_room() -> None:
    full = hole(EXPAND, EXPAND, EXPAND, limit=4).edited([True] * 3, MASK, EDITS)
    assert full.tokens == (MASK,) * 4
    spent = hole(EXPAND, EXPAND, EXPAND, expansions=2).edited([True] * 3, MASK, EDITS)
    assert (len(spent.tokens), spent.expansions, spent.may_grow) == (5, 0, False)


def test_ids_and_starts_of_several_holes() -> None:
    passage = Passage(((1, 2), (), (3,)), (hole(4, 5), hole(6)))
    assert passage.ids == [1, 2, 4, 5, 6, 3]
    assert passage.starts == [2, 4]


def test_what_is_no_passage_is_refused() -> None:
    with pytest.raises(ValueError, match="text more"):
        Passage(((1,),), (hole(4),))
    with pytest.raises(ValueError, match="text more"):
        Passage(((1,),), ())
    with pytest.raises(ValueError, match="limit"):
        hole(1, 2, 3, limit=2)
