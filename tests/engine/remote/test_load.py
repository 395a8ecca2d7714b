"""Many simulated editors before one server: each request is counted, whatever became of it."""

import random
from itertools import islice

import pytest

from fillwright.engine.errors import EngineFailed
from fillwright.engine.remote.load import Tally, load, typing
from fillwright.engine.remote.settings import RemoteSettings
from tests.engine.remote.conftest import refusing, serving

SOURCE = "def total(prices):\n    return sum(prices) + 1\n\nwidth = 3 + 4\n"


def test_every_request_is_counted_once(server):
    serving(server, "len(x)")
    tally = load(RemoteSettings(server.url, samples=1), 3, 1.5, [SOURCE])
    assert tally.asked == len(tally.seconds) + tally.cancelled > 3
    assert tally.errors == {}
    p50, p95, p99 = tally.percentiles
    assert 0 < p50 <= p95 <= p99


def test_failures_are_counted_by_what_they_say(server):
    serving(server, "x")
    works = server.says["/v1/completions"]
    calls = []

    def dying(exchange):
        calls.append(exchange)
        (works if len(calls) < 3 else refusing(503, {}, Retry_After="9"))(exchange)

    server.says["/v1/completions"] = dying
    tally = load(RemoteSettings(server.url, samples=1), 2, 1.5, [SOURCE])
    assert tally.errors
    assert all("is busy; trying again in" in sentence for sentence in tally.errors)
    assert tally.asked == len(tally.seconds) + tally.cancelled + sum(tally.errors.values())


def test_a_server_that_is_not_there_is_said_at_once():
    with pytest.raises(EngineFailed, match="cannot be reached"):
        load(RemoteSettings("http://127.0.0.1:9"), 2, 60, [SOURCE])


def test_typing_is_the_same_for_the_same_seed_and_asks_at_a_words_end():
    one, other = (list(islice(typing([SOURCE], random.Random(7)), 20)) for _ in range(2))
    assert one == other
    for request, pause_s in one:
        [hole] = request.holes
        assert request.document[hole.start - 1] == " "
        assert request.document[hole.end] == "\n"
        assert pause_s >= 0.05


def test_no_answers_have_no_percentiles():
    assert Tally().percentiles == (0, 0, 0)
