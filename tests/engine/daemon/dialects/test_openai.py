"""OpenAI's completions: their fields in, their forms out."""

import asyncio
import json

import pytest

from fillwright.engine.daemon.access import PRIVATE
from fillwright.engine.daemon.app import build_app
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.request import Hole

PATIENCE_S = 20


async def test_an_openai_completion_fills_between_prompt_and_suffix(http, infiller):
    answer = await http.post(
        "/v1/completions",
        json={
            "model": "anything",
            "prompt": "def f():\n    ",
            "suffix": "\n\nprint(f())",
            "max_tokens": 32,
            "temperature": 0.2,
            "top_p": 1,
            "seed": 5,
            "stop": None,
        },
    )
    body = answer.json()
    assert body["object"] == "text_completion"
    assert body["model"] == "scripted"
    [choice] = body["choices"]
    assert choice["text"] == "DEF F():\n    \n\nPRINT(F())"
    assert (choice["index"], choice["finish_reason"], choice["logprobs"]) == (0, "stop", None)
    [request] = infiller.requests
    assert request.document == "def f():\n    \n\nprint(f())"
    assert request.holes == (Hole(13, 13),)
    assert (request.budget.tokens, request.seed, request.candidates) == (32, 5, 1)


async def test_several_choices_and_stop_strings(http):
    answer = await http.post(
        "/v1/completions", json={"prompt": "ab; cd; ef", "n": 2, "stop": [" E", ";"]}
    )
    assert [choice["text"] for choice in answer.json()["choices"]] == ["AB", "candidate 2"]


async def test_line_ends_go_back_as_they_came(http, infiller):
    answer = await http.post("/v1/completions", json={"prompt": "a\r\n", "suffix": "\r\nb"})
    assert infiller.requests[0].document == "a\n\nb"
    assert answer.json()["choices"][0]["text"] == "A\r\n\r\nB"


async def test_a_stream_is_one_chunk_and_the_end_mark(http):
    answer = await http.post("/v1/completions", json={"prompt": "ab", "stream": True})
    first, last, rest = answer.text.split("\n\n")
    assert json.loads(first.removeprefix("data: "))["choices"][0]["text"] == "AB"
    assert (last, rest) == ("data: [DONE]", "")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "lacks 'prompt'"),
        ({"prompt": [1, 2]}, "is no str"),
        ({"prompt": ["a", "b"]}, "is no str"),
        ({"prompt": "a", "max_tokens": 0, "n": 0}, "at least 1 candidate"),
        ({"prompt": "a", "max_tokens": 0, "n": 10**30}, "at most 128 candidates"),
        ({"prompt": "a", "n": 0}, "at least 1 candidate"),
        ({"prompt": "a", "echo": True}, "no echo"),
        ({"prompt": "a", "logprobs": 5}, "no echo and no logprobs"),
        ([], "must be a JSON object"),
    ],
)
async def test_an_openai_request_that_cannot_be_served_gets_a_sentence(http, body, sentence):
    answer = await http.post("/v1/completions", json=body)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ({"prompt": ["a; b"]}, {"prompt": "a; b"}),
        ({"prompt": "a; b", "stop": ";"}, {"prompt": "a; b", "stop": [";"]}),
        ({"prompt": "a", "logprobs": 0}, {"prompt": "a"}),
        ({"prompt": "a", "logprobs": False}, {"prompt": "a"}),
        ({"prompt": "a", "max_tokens": -1}, {"prompt": "a", "max_tokens": 128}),
    ],
)
async def test_other_ways_to_say_the_same(http, infiller, given, same):
    infiller.allow(3)
    one, other = [await http.post("/v1/completions", json=body) for body in (given, same)]
    assert one.status_code == 200
    assert one.json()["choices"] == other.json()["choices"]
    assert infiller.requests[0] == infiller.requests[1]


async def test_no_tokens_are_written_without_the_engine(http, infiller):
    answer = await http.post("/v1/completions", json={"prompt": "a", "max_tokens": 0, "n": 2})
    choices = answer.json()["choices"]
    assert [(each["text"], each["finish_reason"]) for each in choices] == [("", "length")] * 2
    assert infiller.requests == []


async def test_what_was_used_is_told_in_the_answer_and_where_it_is_wanted_in_a_stream(
    http, infiller
):
    infiller.allow(6)
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    answer = await http.post("/v1/completions", json={"prompt": "ab"})
    assert answer.json()["usage"] == usage
    body = {"prompt": "ab", "stream": True}
    plain = events(await http.post("/v1/completions", json=body))
    assert [set(event) >= {"usage"} for event in plain] == [False]
    body["stream_options"] = {"include_usage": True}
    said, used = events(await http.post("/v1/completions", json=body))
    assert (said["choices"][0]["text"], said["usage"]) == ("AB", None)
    assert (used["choices"], used["usage"]) == ([], usage)
    assert used["id"] == said["id"]


async def test_a_stop_string_ends_a_choice_for_a_reason(http, infiller):
    infiller.finish = "budget"
    answer = await http.post("/v1/completions", json={"prompt": "ab\r\ncd", "stop": "\r\n"})
    assert (choice(answer)["text"], choice(answer)["finish_reason"]) == ("AB", "stop")
    infiller.allow(3)
    answer = await http.post("/v1/completions", json={"prompt": "ab", "stop": "x"})
    assert (choice(answer)["text"], choice(answer)["finish_reason"]) == ("AB", "length")


@pytest.mark.parametrize("path", ["/beta/completions", "/v1/beta/completions", "/completions"])
async def test_the_same_at_the_other_places_where_clients_ask(http, path):
    answer = await http.post(path, json={"model": "any", "prompt": "a", "suffix": "b"})
    assert answer.json()["object"] == "text_completion"
    assert choice(answer)["text"] == "AB"


def choice(answer):
    [choice] = answer.json()["choices"]
    return choice


def events(answer):
    """The JSON events of a stream, whose last is OpenAI's end mark."""
    *said, last, rest = answer.text.split("\n\n")
    assert (last, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in said]


async def test_a_failing_model_is_an_error_with_a_sentence(http):
    answer = await http.post("/v1/completions", json={"prompt": "crash"})
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "EngineFailed"


async def test_a_client_that_leaves_stops_the_model(resident, infiller):
    async def receive():
        return messages.pop(0) if messages else await left.wait() and {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    left, sent = asyncio.Event(), []
    messages = [{"type": "http.request", "body": b'{"prompt": "abc"}', "more_body": False}]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/completions",
        "headers": [],
        "query_string": b"",
        "state": {"user": PRIVATE},
    }
    serving = asyncio.create_task(build_app(resident, Metrics())(scope, receive, send))
    await asyncio.to_thread(infiller.at_step.get, timeout=PATIENCE_S)
    left.set()
    async with asyncio.timeout(PATIENCE_S):
        await serving
    assert infiller.cancelled()
