"""Scores against values from elsewhere, and the interval against its promise."""

import random

import pytest

from fillwright.engine.evaluation.scores import (
    clustered_share,
    edit_similarity,
    exact,
    wilson,
)


@pytest.mark.parametrize(
    ("fill", "gold", "same"),
    [
        ("  return x", "  return x", True),
        ("  return x  \n", "  return x", True),
        ("a  \nb", "a\nb\n\n", True),
        (" return x", "  return x", False),
        ("a\n\nb", "a\nb", False),
        ("", "x", False),
    ],
)
def test_exact_but_for_white_space_at_line_ends(fill: str, gold: str, same: bool) -> None:
    assert exact(fill, gold) is same


@pytest.mark.parametrize(
    ("fill", "gold", "similarity"),
    # "abcd" and "bcde" is the example of Python's own documentation of the ratio
    [("abcd", "bcde", 0.75), ("", "", 1.0), ("", "x", 0.0), ("x = 1\n", "x = 1", 1.0)],
)
def test_edit_similarity(fill: str, gold: str, similarity: float) -> None:
    assert edit_similarity(fill, gold) == similarity


def test_wilson_is_the_interval_of_the_textbooks() -> None:
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    for passed, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(passed / n, n) == pytest.approx((low, high), abs=5e-5)


def test_groups_of_one_change_nothing() -> None:
    share = clustered_share([True] * 81 + [False] * 182, [str(i) for i in range(263)])
    assert (share.low, share.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (share.n, share.groups) == (263, 263)


def test_copies_of_an_item_count_once() -> None:
    passed = [i % 3 == 0 for i in range(40)]
    once = clustered_share(passed, [str(i) for i in range(40)])
    copies = clustered_share(passed * 6, [str(i) for i in range(40)] * 6)
    assert (copies.low, copies.high) == pytest.approx((once.low, once.high), abs=0.002)


def test_the_interval_holds_what_it_promises() -> None:
    """Items of a group share a rate; 95 of 100 intervals should hold the mean rate."""
    source = random.Random(1)
    held = naive_held = 0
    for _ in range(400):
        passed, groups = [], []
        for group in range(80):
            rate = source.betavariate(0.6, 1.4)
            for _ in range(source.randint(1, 12)):
                passed.append(source.random() < rate)
                groups.append(str(group))
        share = clustered_share(passed, groups)
        held += share.low <= 0.3 <= share.high
        low, high = wilson(share.value, share.n)
        naive_held += low <= 0.3 <= high
    assert 0.92 <= held / 400 <= 0.98
    assert naive_held / 400 < 0.85


@pytest.mark.parametrize("passed", [True, False])
def test_a_perfect_score_is_not_a_certain_one(passed: bool) -> None:
    share = clustered_share([passed] * 90, [str(i // 3) for i in range(90)])
    assert share.high - share.low == pytest.approx(wilson(1.0, 30)[1] - wilson(1.0, 30)[0])


def test_nothing_has_no_score() -> None:
    with pytest.raises(ValueError, match="0 items"):
        clustered_share([], [])
