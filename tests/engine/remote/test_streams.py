"""Objects out of bodies, however these are cut."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.remote.streams import BadAnswerError, objects

EVENTS = [{"text": "a\nb"}, {"text": "é"}, {"n": [1, 2]}]
SSE = "".join(f"event: x\r\ndata: {json.dumps(e, ensure_ascii=False)}\r\n\r\n" for e in EVENTS)
NDJSON = "\n".join(json.dumps(event) for event in EVENTS)


def read(body, cuts=(), form="sse"):
    async def chunks():
        left = body
        for cut in cuts:
            yield left[:cut]
            left = left[cut:]
        yield left

    async def every():
        return [found async for found in objects(chunks(), form)]

    return asyncio.run(every())


@given(st.lists(st.integers(0, 9), max_size=30))
def test_events_come_whole_however_they_are_cut(cuts):
    assert read(SSE.encode(), cuts) == EVENTS
    assert read(NDJSON.encode(), cuts, "ndjson") == EVENTS


def test_comments_are_passed_over_and_done_is_the_end():
    body = b": hello\n\n" + SSE.encode() + b"data: [DONE]\n\ndata: never looked at\n\n"
    assert read(body) == EVENTS


def test_one_object_is_a_stream_of_one():
    assert read(json.dumps(EVENTS[0], indent=2).encode()) == EVENTS[:1]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "an empty answer"),
        (b"\n\n", "an empty answer"),
        (b"<html>", "something else than JSON"),
        (b"data: {", "something else than JSON"),
        (b'data: "text"\n\n', "another form"),
        (b"data: \xff\n\n", "not UTF-8"),
        (b"[" * 100_000, "something else than JSON"),
        (b"x" * (4 * 1024 * 1024 + 1), "more than 4 MB"),
    ],
)
def test_a_body_that_is_none_is_called_what_it_is(body, what):
    with pytest.raises(BadAnswerError, match=what):
        read(body)
