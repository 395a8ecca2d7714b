"""Mistral's fill in the middle: asked like a completion, answered like a chat."""

import json

import pytest

from fillwright.engine.request import Hole

BODY = {"model": "codestral-latest", "prompt": "ab; ", "suffix": "cd", "random_seed": 7}


@pytest.mark.parametrize("path", ["/v1/fim/completions", "/fim/completions"])
async def test_a_fill_is_a_message(http, infiller, path):
    answer = (await http.post(path, json=BODY | {"stop": "D", "max_tokens": 9})).json()
    assert (answer["object"], answer["model"]) == ("chat.completion", "scripted")
    [choice] = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": "AB; C"}
    assert choice["finish_reason"] == "stop"
    assert answer["usage"] == {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    [request] = infiller.requests
    assert (request.document, request.holes) == ("ab; cd", (Hole(4, 4),))
    assert (request.seed, request.budget.tokens) == (7, 9)


async def test_a_stream_has_a_delta_and_the_end_mark(http):
    answer = await http.post("/v1/fim/completions", json=BODY | {"stream": True})
    first, last, rest = answer.text.split("\n\n")
    event = json.loads(first.removeprefix("data: "))
    assert event["object"] == "chat.completion.chunk"
    assert event["choices"][0]["delta"] == {"role": "assistant", "content": "AB; CD"}
    assert event["choices"][0]["finish_reason"] == "stop"
    assert event["usage"]["total_tokens"] == 9
    assert (last, rest) == ("data: [DONE]", "")


async def test_what_cannot_be_served_gets_a_sentence(http):
    answer = await http.post("/v1/fim/completions", json={"suffix": "a"})
    assert answer.status_code == 400
    assert "lacks 'prompt'" in answer.json()["error"]["message"]
