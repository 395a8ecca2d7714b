"""How likely code finds tokens: a distribution, and the one that was written down by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.memory.contexts import SortedContexts, Store
from fillwright.engine.memory.likelihood import log_likelihood

VOCABULARY = 4
STREAMS = st.lists(st.lists(st.integers(0, VOCABULARY - 1), max_size=40), max_size=4)
CONTEXT = st.lists(st.integers(0, VOCABULARY - 1), max_size=10)


def stores(*streams: list[int]) -> list[Store]:
    return [Store(SortedContexts.of([stream], VOCABULARY)) for stream in streams]


@given(STREAMS, CONTEXT)
def test_the_tokens_that_may_come_next_have_1_together(
    streams: list[list[int]], context: list[int]
) -> None:
    known = stores(*streams)
    every = [
        math.exp(log_likelihood(known, context, [token], VOCABULARY)) for token in range(VOCABULARY)
    ]
    assert sum(every) == pytest.approx(1)
    assert min(every) > 0


def test_it_is_witten_and_bells() -> None:
    known = stores([0, 1, 0, 1, 0, 2])
    # after 0: 1 twice and 2 once, and two are new of five; nothing shorter matches
    assert log_likelihood(known, [3, 0], [1], VOCABULARY) == pytest.approx(
        math.log(2 / 5 + 2 / 5 / VOCABULARY)
    )
    # after 1 0: 1 and 2 once each, so half goes to what comes after 0
    longer = 1 / 4 + 1 / 2 * (1 / 5 + 2 / 5 / VOCABULARY)
    assert log_likelihood(known, [1, 0], [2], VOCABULARY) == pytest.approx(math.log(longer))


def test_a_text_is_as_likely_as_its_tokens_one_after_another() -> None:
    known = stores([0, 1, 2, 3, 0, 1, 3], [2, 2, 1])
    one_by_one = (
        log_likelihood(known, [0], [1], VOCABULARY)
        + log_likelihood(known, [0, 1], [2], VOCABULARY)
        + log_likelihood(known, [0, 1, 2], [3], VOCABULARY)
    )
    assert log_likelihood(known, [0], [1, 2, 3], VOCABULARY) == pytest.approx(one_by_one)


def test_without_any_code_all_are_alike() -> None:
    assert log_likelihood([], [1], [2, 3], VOCABULARY) == pytest.approx(2 * math.log(1 / 4))
