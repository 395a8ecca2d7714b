"""Ranks and areas, beside what they are by their definitions."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.evaluation.doubt import DoubtedPlace, DoubtRecord, Look
from fillwright.engine.evaluation.doubt_summary import (
    area_under_curve,
    chance_among_first,
    doubt_table,
)

SCORES = st.lists(st.sampled_from([0.0, 1.0, 2.5, 4.0]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("line", "scores", "first", "three"),
    [
        (1, [1.0, 3.0, 2.0], 1.0, 1.0),
        (0, [1.0, 3.0, 2.0], 0.0, 1.0),
        (0, [1.0, 1.0, 1.0, 1.0], 0.25, 0.75),
        (0, [1.0, 2.0, 2.0, 1.0], 0.0, 0.5),
    ],
)
def test_equal_lines_share_their_places(
    line: int, scores: list[float], first: float, three: float
) -> None:
    assert chance_among_first(line, scores, 1) == first
    assert chance_among_first(line, scores, 3) == three


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_in_order(
    positive: list[float], negative: list[float]
) -> None:
    pairs = [(one > other) + (one == other) / 2 for one, other in product(positive, negative)]
    assert area_under_curve(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


def test_what_is_told_is_counted_from_the_threshold_on() -> None:
    places = DoubtedPlace(0, 4.0, False), DoubtedPlace(1, 9.0, True)
    swapped = Look((1.0, 5.0), (1.0, 5.0), places, 3.0)
    untouched = Look((1.0, 1.0), (1.0, 1.0), (DoubtedPlace(0, 4.0, False),), 3.0)
    record = DoubtRecord("x", "x", "operator", "causal", 1, swapped, untouched)
    told = {
        gain: [list(column.cells)[2] for column in doubt_table([record], gain).columns][-4:-1]
        for gain in (3.0, 5.0, 10.0)
    }
    assert told == {
        3.0: ["100.0", "100.0", "50.0"],
        5.0: ["100.0", "100.0", "0.0"],
        10.0: ["0.0", "0.0", "0.0"],
    }
