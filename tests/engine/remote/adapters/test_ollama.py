"""Ollama, by a server that answers as its source says; no real one was met."""

import pytest

from fillwright.engine.errors import EngineFailed
from tests.engine.remote.conftest import fill_of, giving, request_for, streaming


def ollama(server, *texts, capabilities=("completion", "insert"), model="qwen2.5-coder:7b"):
    server.says["/api/tags"] = giving({"models": [{"name": model}]})
    server.says["/api/show"] = giving({"capabilities": list(capabilities), "template": "..."})
    events = [{"model": model, "response": text, "done": False} for text in texts]
    last = {"model": model, "response": "", "done": True, "done_reason": "stop"}
    server.says["/api/generate"] = streaming(*events, last, end=b"", form="{}\n")


def test_a_model_with_a_place_for_a_suffix_gets_one(server, connected):
    ollama(server, "len", "(x)")
    infiller = connected(server.url)
    assert infiller.device.startswith("ollama at")
    fill = fill_of(infiller, request_for("a = ‸\nb = 1\n"))
    assert fill.texts == ("len(x)",)
    # no probabilities: two are compared
    assert fill.certainty.whole == pytest.approx(0.75)
    body = server.bodies("/api/generate")[-1]
    assert (body["prompt"], body["suffix"]) == ("a = ", "\nb = 1\n")
    assert body["options"]["stop"] == ["\n"]
    assert "raw" not in body


def test_a_model_without_gets_a_raw_prompt_in_its_family_s_form(server, connected):
    ollama(server, "x", capabilities=("completion",), model="starcoder2:3b")
    assert fill_of(connected(server.url), request_for("a = ‸\n")).texts == ("x",)
    body = server.bodies("/api/generate")[-1]
    assert body["raw"] is True
    assert body["prompt"] == "<fim_prefix>a = <fim_suffix>\n<fim_middle>"
    assert "suffix" not in body


def test_a_model_that_cannot_fill_in_is_refused_before_any_text_is_sent(server, connected):
    ollama(server, "x", capabilities=("completion",), model="llama3.2:1b")
    with pytest.raises(EngineFailed, match=r"how llama3.2:1b fills in the middle"):
        connected(server.url)
    assert not server.bodies("/api/generate")


def test_an_error_in_its_stream_is_a_sentence(server, connected):
    ollama(server, "x")
    infiller = connected(server.url)
    server.says["/api/generate"] = streaming(
        {"error": "model runner has stopped"}, form="{}\n", end=b""
    )
    with pytest.raises(EngineFailed, match="stopped in the middle: model runner has stopped"):
        fill_of(infiller, request_for("a = ‸\n"))
