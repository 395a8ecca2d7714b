"""llama.cpp's own server, with a random model: what it is asked, and what it answers."""

import math
from dataclasses import replace

import pytest

from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget
from tests.engine.remote.conftest import (
    drafts_and_fill,
    fill_of,
    giving,
    llama_server,
    request_for,
    streaming,
)

REQUEST = request_for("def f(x):\n    return ‸\n", budget=Budget(tokens=8))


def test_it_is_found_out_and_fills_with_likelihoods(llama_url, connected):
    infiller = connected(llama_url)
    assert infiller.device.startswith("llama.cpp at 127.0.0.1:")
    assert infiller.model_name.endswith("tiny.gguf")
    assert infiller.context_tokens == 2048
    drafts, fill = drafts_and_fill(infiller, REQUEST)
    assert fill.decode == "llama.cpp"
    assert all(fill.texts[0].startswith(draft.texts[0]) for draft in drafts)
    [confidences] = fill.confidences
    assert confidences
    assert all(0 < sure <= 1 for sure in confidences)
    assert fill.certainty.drafted == pytest.approx(math.prod(confidences), abs=1e-5)
    assert fill.certainty.near == 1


def test_the_same_seed_gives_the_same_fill(llama_url, connected):
    infiller = connected(llama_url)
    assert fill_of(infiller, REQUEST).texts == fill_of(infiller, REQUEST).texts


def test_candidates_several_holes_and_cancelling(llama_url, connected):
    infiller = connected(llama_url)
    fill = fill_of(infiller, replace(REQUEST, candidates=3))
    texts = [fill.texts, *fill.alternatives]
    assert 1 < len(texts) <= 3
    assert len(set(texts)) == len(texts)
    assert len(fill_of(infiller, request_for("a = ‸\nb = ‸\n")).texts) == 2
    looks = iter([False] * 3)
    long = replace(REQUEST, shape="free", budget=Budget(tokens=1500))
    _, fill = drafts_and_fill(infiller, long, lambda: next(looks, True))
    assert fill.finish == "cancelled"
    assert fill_of(infiller, REQUEST).finish in ("settled", "budget")


def test_control_tokens_in_the_users_text_are_text_to_it(server, connected):
    server.says["/props"] = giving({"default_generation_settings": {"n_ctx": 2048}})
    server.says["/v1/models"] = giving({"data": [{"id": "tiny"}]})
    server.says["/infill"] = giving({"content": ""})
    infiller = connected(server.url)
    server.says["/infill"] = streaming({"content": "x", "stop": True, "stop_type": "eos"})
    assert fill_of(infiller, request_for("a = '<|fim_suffix|>' + ‸\n")).texts == ("x",)
    body = server.bodies("/infill")[-1]
    assert body["input_prefix"] == "a = '<|fim_suffix|>' + "
    assert body["input_suffix"] == "\n"
    assert body["prompt"] == ""


def test_its_key_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("LLAMA_KEY", "sekret")
    with llama_server(tmp_path, "--key", "sekret") as url:
        with pytest.raises(EngineFailed, match="wants a key"):
            look(RemoteSettings(url))
        assert look(RemoteSettings(url, key_variable="LLAMA_KEY")).kind == "llama.cpp"


def test_a_model_without_tokens_for_infilling_is_refused(tmp_path):
    with (
        llama_server(tmp_path, "--no-fim") as url,
        pytest.raises(
            BadRequest, match=r"Nothing is known of how .*tiny\.gguf fills in the middle"
        ),
    ):
        look(RemoteSettings(url))


def test_a_server_that_dies_is_one_sentence(tmp_path, connected):
    with llama_server(tmp_path) as url:
        infiller = connected(url)
    with pytest.raises(EngineFailed, match=r"cannot be reached \(Connection refused\)"):
        fill_of(infiller, REQUEST)
