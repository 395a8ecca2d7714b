from collections.abc import Iterator
from itertools import count, islice

import pytest

from fillwright.engine.training.feed import SEEDS_APART, feed


def draw(seed: int) -> Iterator[int]:
    return (seed + step for step in count())


def test_without_workers_the_process_draws_itself() -> None:
    assert list(islice(feed(draw, seed=5, workers=0), 3)) == [5, 6, 7]


@pytest.mark.slow
def test_workers_draw_from_different_seeds() -> None:
    drawn = list(islice(feed(draw, seed=5, workers=2), 6))
    assert sorted(drawn) == sorted([5, 6, 7, *(5 + SEEDS_APART + step for step in range(3))])
