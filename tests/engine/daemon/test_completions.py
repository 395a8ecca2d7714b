"""OpenAI's and llama.cpp's protocols: their fields in, their forms out."""

import asyncio
import json

import httpx
import pytest

from fillwright.engine.daemon.app import build_app
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.request import Hole, Snippet

PATIENCE_S = 20


@pytest.fixture
async def http(resident, infiller):
    infiller.allow(3)
    transport = httpx.ASGITransport(build_app(resident, Metrics()))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://engine", timeout=PATIENCE_S
    ) as http:
        yield http


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
        ({"prompt": "a", "max_tokens": 0}, "at least 1 token"),
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


async def test_llama_cpp_infill_puts_the_prompt_behind_the_prefix(http, infiller):
    answer = await http.post(
        "/infill",
        json={
            "id_slot": 0,
            "input_prefix": "def f():\n",
            "input_suffix": "\n",
            "input_extra": [{"filename": "other.py", "text": "x = 1\r\n"}],
            "prompt": "    ret",
            "n_predict": 16,
            "t_max_predict_ms": 250,
            "samplers": ["top_k"],
            "cache_prompt": True,
        },
    )
    body = answer.json()
    assert body["content"] == "DEF F():\n    RET\n"
    assert ": " not in answer.text, "llama.vim looks for a quote right behind the colon"
    assert (body["stop"], body["stop_type"], body["tokens_predicted"]) == (True, "eos", 2)
    [request] = infiller.requests
    assert request.document == "def f():\n    ret\n"
    assert request.holes == (Hole(16, 16),)
    assert request.context == (Snippet("other.py", "x = 1\n"),)
    assert (request.budget.tokens, request.budget.deadline_ms) == (16, 250)


async def test_llama_cpp_warm_up_fills_nothing(http, infiller):
    answer = await http.post(
        "/infill", json={"input_prefix": "a", "input_suffix": "b", "n_predict": 0}
    )
    assert answer.json()["content"] == ""
    assert infiller.requests == []


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
    }
    serving = asyncio.create_task(build_app(resident, Metrics())(scope, receive, send))
    await asyncio.to_thread(infiller.at_step.get, timeout=PATIENCE_S)
    left.set()
    async with asyncio.timeout(PATIENCE_S):
        await serving
    assert infiller.cancelled()
