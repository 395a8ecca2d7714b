"""Many simulated editors before one server: each request is counted, whatever became of it."""

import json
import random
from itertools import islice

import pytest

from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.remote.load import RECORD, Asked, Record, Tally, load, replayed
from fillwright.engine.remote.settings import RemoteSettings
from tests.engine.remote.conftest import refusing, serving

TEXT = "total = sum(prices)\nwidth = 3\n"
BUSY = Record(TEXT, tuple(Asked(number * 100, 8, None) for number in range(4)))


@pytest.mark.slow
def test_every_request_is_counted_once(server):
    serving(server, "len(x)")
    record = Record(TEXT, (Asked(0, 8, None), Asked(400, 12, 401), Asked(500, 28, None)))
    tally = load(RemoteSettings(server.url, samples=1), 3, 4, record)
    assert tally.asked == len(tally.seconds) + tally.cancelled > 6
    assert tally.cancelled > 0
    assert tally.errors == {}
    p50, p95, p99 = tally.percentiles
    assert 0 < p50 <= p95 <= p99


@pytest.mark.slow
def test_failures_are_counted_by_what_they_say(server):
    serving(server, "x")
    works = server.says["/v1/completions"]
    calls = []

    def dying(exchange):
        calls.append(exchange)
        (works if len(calls) < 3 else refusing(503, {}, Retry_After="9"))(exchange)

    server.says["/v1/completions"] = dying
    tally = load(RemoteSettings(server.url, samples=1), 2, 3, BUSY)
    assert tally.errors
    assert all("is busy; trying again in" in sentence for sentence in tally.errors)
    assert tally.asked == len(tally.seconds) + tally.cancelled + sum(tally.errors.values())


def test_a_server_that_is_not_there_is_said_at_once():
    with pytest.raises(EngineFailed, match="cannot be reached"):
        load(RemoteSettings("http://127.0.0.1:9"), 2, 60, BUSY)


def test_each_editor_begins_elsewhere_and_goes_round():
    record = Record(TEXT, (Asked(100, 8, 150), Asked(600, 28, None), Asked(900, 29, None)))
    round_s = 0.8 + 2
    begins = set()
    for user in range(20):
        steps = list(islice(replayed(record, random.Random(user), user), 7))
        begins.add((steps[0].at_s, steps[0].request.holes[0].start))
        assert steps == list(islice(replayed(record, random.Random(user), user), 7))
        assert [step.at_s for step in steps] == sorted(step.at_s for step in steps)
        for step, again in zip(steps, steps[3:], strict=False):
            assert again.at_s - step.at_s == pytest.approx(round_s)
            assert (again.request, again.wanted_s) == (step.request, step.wanted_s)
        # given up when it was, else when the next one comes
        wanted = {step.request.holes[0].start - len(f"# {user}\n"): step.wanted_s for step in steps}
        assert wanted == pytest.approx({8: 0.05, 28: 0.3, 29: 2.0})
    assert len(begins) == 20


def test_what_is_asked_is_the_line_so_far_in_the_finished_file():
    record = Record(TEXT, (Asked(0, 8, None),))
    step = next(replayed(record, random.Random(0), 3))
    [hole] = step.request.holes
    assert step.request.document[: hole.start] == "# 3\ntotal = "
    assert step.request.document[hole.end :] == "\nwidth = 3\n"


def test_the_record_that_comes_along_was_typed_with_pauses_and_requests_given_up():
    record = Record.read(RECORD)
    assert len(record.requests) > 50
    assert any(asked.given_up_ms for asked in record.requests)
    assert all(asked.typed <= len(record.text) for asked in record.requests)


@pytest.mark.parametrize("broken", ["", "{}", "[]", '{"text": "", "requests": []}'])
def test_what_is_no_record_is_one_sentence(broken, tmp_path):
    file = tmp_path / "typing.json"
    file.write_text(broken)
    with pytest.raises(BadRequest, match=r"is no record of typing"):
        Record.read(file)
    file.write_text(json.dumps({"text": "ab", "requests": [{"ms": 1, "typed": 1}]}))
    with pytest.raises(BadRequest, match="given_up_ms"):
        Record.read(file)


def test_no_answers_have_no_percentiles():
    assert Tally().percentiles == (0, 0, 0)
