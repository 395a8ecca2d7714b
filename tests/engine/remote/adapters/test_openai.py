"""Completions with a suffix or a template, against llama.cpp's real ones and a scripted server."""

import pytest

from fillwright.engine.request import Budget
from tests.engine.remote.conftest import (
    completions,
    fill_of,
    giving,
    raw,
    refusing,
    request_for,
    serving,
)


def test_llama_cpp_takes_the_template_road_too(llama_url, connected):
    infiller = connected(llama_url, kind="openai", template="qwen")
    assert infiller.adapter.name == "openai"
    fill = fill_of(infiller, request_for("def f(x):\n    return ‸\n", budget=Budget(tokens=6)))
    assert fill.confidences[0]


def test_a_suffix_is_sent_where_the_server_fills_in_itself(server, connected):
    serving(server, "len(x)", model="some-model")
    infiller = connected(server.url, kind="openai-suffix")
    assert fill_of(infiller, request_for("a = ‸\nb = 1\n")).texts == ("len(x)",)
    body = server.bodies("/v1/completions")[-1]
    assert (body["prompt"], body["suffix"]) == ("a = ", "\nb = 1\n")
    assert body["model"] == "some-model"


def test_a_server_that_refuses_log_probabilities_is_asked_without(server, connected):
    serving(server, "x")
    infiller = connected(server.url, samples=1)

    def strict(exchange):
        if "logprobs" in server.bodies("/v1/completions")[-1]:
            refusing(422, {"detail": "Unexpected fields in the request: {'logprobs'}"})(exchange)
        else:
            completions("len(x)")(exchange)

    server.says["/v1/completions"] = strict
    assert fill_of(infiller, request_for("a = ‸\n")).texts == ("len(x)",)
    asked = len(server.asked)
    assert fill_of(infiller, request_for("b = ‸\n")).texts == ("len(x)",)
    assert len(server.asked) == asked + 1


def test_an_answer_that_is_not_streamed_is_taken_whole(server, connected):
    serving(server, "x")
    infiller = connected(server.url, samples=1)
    whole = {"choices": [{"text": "len(x)", "finish_reason": "stop"}], "usage": {}}
    server.says["/v1/completions"] = giving(whole)
    assert fill_of(infiller, request_for("a = ‸\n")).texts == ("len(x)",)


def test_a_chunk_without_choices_says_nothing(server, connected):
    serving(server, "x")
    infiller = connected(server.url, samples=1)
    body = b'data: {"choices": [{"text": "x"}]}\r\n\r\ndata: {"choices": [], "usage": {}}\r\n\r\n'
    server.says["/v1/completions"] = raw(body)
    assert fill_of(infiller, request_for("a = ‸\n")).texts == ("x",)


@pytest.mark.parametrize(
    ("url", "path"), [("/v1", "/v1"), ("/v1/completions", "/v1/completions"), ("/sub/v1/", "/sub")]
)
def test_the_url_may_end_as_in_other_tools(server, connected, url, path):
    base = "/sub" if "sub" in url else ""
    server.says[f"{base}/v1/models"] = giving({"data": [{"id": "starcoder2-3b"}]})
    server.says[f"{base}/v1/completions"] = completions("x")
    infiller = connected(f"{server.url}{url}")
    assert fill_of(infiller, request_for("a = ‸\n")).texts == ("x",)
    assert "<fim_prefix>a = <fim_suffix>" in server.bodies(f"{base}/v1/completions")[-1]["prompt"]
