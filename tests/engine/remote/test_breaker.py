"""When a server that failed is asked again."""

import pytest

from fillwright.engine.errors import EngineFailed
from fillwright.engine.remote.breaker import Breaker


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def breaker(now):
    return Breaker("gpu:8000", lambda: now[0])


def test_three_failures_in_a_row_open_it_for_twenty_seconds(breaker, now):
    for _ in range(2):
        breaker.failed()
    breaker.worked()
    for _ in range(2):
        breaker.failed()
        breaker.check()
    breaker.failed()
    with pytest.raises(EngineFailed) as error:
        breaker.check()
    sentence = "The engine at gpu:8000 does not answer; trying again in 20 s."
    assert str(error.value) == breaker.sentence() == sentence
    now[0] = 20.1
    breaker.check()
    # one more is enough now
    breaker.failed()
    assert breaker.sentence() is not None


def test_a_busy_server_is_left_alone_twice_as_long_each_time(breaker, now):
    waits = []
    for _ in range(8):
        breaker.is_busy(None)
        waits.append(int(breaker.sentence().rsplit(" ", 2)[1]))
        now[0] += 100
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    breaker.worked()
    breaker.is_busy(None)
    assert breaker.sentence().endswith("is busy; trying again in 1 s.")


def test_what_the_server_asks_for_counts_within_bounds(breaker):
    breaker.is_busy(5)
    assert breaker.sentence().endswith("trying again in 5 s.")
    breaker.is_busy(99999)
    assert breaker.sentence().endswith("trying again in 60 s.")
