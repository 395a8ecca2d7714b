"""The same cases before the fake and before a real vLLM with a random DiffusionGemma, whose URL is
in FILLWRIGHT_VLLM_PEER: `make vllm-peer` builds and starts one.

A random model writes anything, so only what holds of every model is looked at. In the interpreter
a canvas takes seconds.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from fillwright.engine.errors import EngineFailed
from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget
from tests.engine.remote.conftest import ScriptedServer, fill_of, request_for
from tests.engine.remote.fake_vllm import ENDS, MODEL, VOCABULARY, WIDTH, FakeVllm

PEER = os.environ.get("FILLWRIGHT_VLLM_PEER")
# a server of one's own may be ended
IS_OURS = "FILLWRIGHT_VLLM_PEER_IS_OURS" in os.environ
NO_PEER = "no real vLLM: run `make vllm-peer`, or name one in FILLWRIGHT_VLLM_PEER"
DASHBOARD = Path(__file__).parents[4] / "docs/team-dashboard.json"
PROMPT = [256, 70, 71, 72]
SEED = [*range(70, 78)]
EIGHT = {"diffusion_canvas_length": 8}
HELD = EIGHT | {"diffusion_seed_canvas": SEED}
UNSUPPORTED = (
    "The temperature, min_p, seed, min_tokens, logit_bias, bad_words, and allowed_token_ids "
    "sampling parameters are not yet supported with diffusion models."
)
TOO_WIDE = "diffusion_canvas_length must be a positive integer no larger than the served canvas."
REFUSED = [
    ({"diffusion_seed_canvas": []}, {}, f"must hold exactly {WIDTH} ids, got 0."),
    ({"diffusion_seed_canvas": [2**31 - 1] * WIDTH}, {}, f"ids must be in [0, {VOCABULARY})."),
    ({"diffusion_canvas_length": 0}, {}, TOO_WIDE),
    ({"diffusion_canvas_length": WIDTH + 1}, {}, TOO_WIDE),
    (EIGHT | {"diffusion_seed_canvas": [1, 2, 3]}, {}, "must hold exactly 8 ids, got 3."),
    (EIGHT | {"diffusion_seed_canvas": "abc"}, {}, "must be a list of token ids."),
    (EIGHT | {"diffusion_pinned": [0]}, {}, "needs a diffusion_seed_canvas to hold."),
    (HELD | {"diffusion_pinned": [8]}, {}, "positions must lie inside the canvas."),
    (EIGHT | {"diffusion_max_steps": 0}, {}, "must be a positive integer."),
    (EIGHT | {"diffusion_read_only": 2}, {}, "must be a boolean (or 0/1)."),
    (EIGHT | {"diffusion_constrained": 1}, {}, "they are the allowed set."),
    (EIGHT, {"seed": 1}, UNSUPPORTED),
    (EIGHT, {"temperature": 0.0}, UNSUPPORTED),
    (EIGHT, {"min_tokens": 1}, UNSUPPORTED),
    (EIGHT, {"logit_bias": {"70": 1}}, UNSUPPORTED),
    (EIGHT, {"suffix": "x"}, "suffix requires text prompt input"),
    (EIGHT, {"stop": list("abcde")}, "at most 4 items after validation, not 5"),
    (EIGHT, {"response_format": {"type": "json_object"}}, "Structured outputs are not yet"),
]


@pytest.fixture(params=["fake", "real"])
def url(request):
    if request.param == "real":
        if PEER is None:
            pytest.skip(NO_PEER)
        yield PEER
        return
    server = ScriptedServer()
    # with one pin that it would have written otherwise, as a random model does
    FakeVllm(server).misses = 1
    yield server.url
    server.close()


def ask(url, canvas, **options):
    body = {"model": MODEL, "prompt": PROMPT, "max_tokens": 8, "return_token_ids": True}
    body |= {"vllm_xargs": canvas} | options
    return httpx.post(f"{url}/v1/completions", json=body, timeout=120, trust_env=False)


def ids_of(answer):
    assert answer.status_code == 200, answer.text
    [choice] = answer.json()["choices"]
    return choice["token_ids"]


@pytest.mark.parametrize(("canvas", "options", "sentence"), REFUSED)
def test_what_it_refuses_it_refuses_in_these_words(url, canvas, options, sentence):
    answer = ask(url, canvas, **options)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_another_model_is_not_found(url):
    answer = ask(url, EIGHT, model="other")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith("The model `other` does not exist.")


def test_the_probe_finds_canvas_and_vocabulary(url):
    found = look(RemoteSettings(url))
    assert (found.kind, found.model, found.version) == ("vllm-diffusion", MODEL, "0.32.0")
    assert (found.canvas.width, found.canvas.vocabulary) == (WIDTH, VOCABULARY)


def test_text_and_ids_are_the_same_there_and_back(url):
    text = "a<|turn>b é<bos>"
    asked = {"prompt": text, "add_special_tokens": False}
    ids = httpx.post(f"{url}/tokenize", json=asked, trust_env=False).json()["tokens"]
    assert ids == [97, 258, 98, 32, 195, 169, 256]
    back = httpx.post(f"{url}/detokenize", json={"tokens": ids}, trust_env=False)
    assert back.json()["prompt"] == text


def test_what_is_read_only_is_one_canvas_whatever_else_is_asked_for(url):
    answer = ask(url, EIGHT | {"diffusion_read_only": 1}, max_tokens=40)
    assert len(ids_of(answer)) == 8
    assert answer.json()["choices"][0]["finish_reason"] == "length"


def test_otherwise_it_goes_on_until_an_end_mark(url):
    ids = ids_of(ask(url, EIGHT, max_tokens=16))
    assert len(ids) == 16 or ids[-1] in ENDS


def test_fewer_tokens_than_the_canvas_has_cut_it(url):
    ids = ids_of(ask(url, EIGHT, max_tokens=4))
    assert len(ids) == 4 or ids[-1] in ENDS


def test_a_pin_holds_what_the_model_sees_and_not_what_it_says(url):
    """Every row is pinned, in a text that no model would write."""
    seed = [(7 * place * place) % 256 for place in range(WIDTH)]
    pinned = {"diffusion_seed_canvas": seed, "diffusion_pinned": [*range(WIDTH)]}
    said = ids_of(ask(url, pinned | {"diffusion_read_only": 1}, max_tokens=WIDTH))
    same = sum(one == other for one, other in zip(said, seed, strict=True))
    assert 0 < same < WIDTH


def test_probabilities_and_words_come_with_the_ids(url):
    canvas = HELD | {"diffusion_pinned": [6, 7], "diffusion_read_only": 1, "diffusion_max_steps": 2}
    answer = ask(url, canvas, logprobs=1)
    scores = answer.json()["choices"][0]["logprobs"]
    assert len(ids_of(answer)) == len(scores["token_logprobs"]) == len(scores["tokens"]) == 8
    assert all(score <= 0 for score in scores["token_logprobs"])


def test_keys_that_it_does_not_know_are_taken_in_silence(url):
    canvas = EIGHT | {"diffusion_read_only": 1, "diffusion_unheard_of": 1}
    assert len(ids_of(ask(url, canvas, unheard_of=1))) == 8


@pytest.mark.parametrize("length", ["auto", "end-mark", "search", "contract"])
def test_a_hole_is_filled(url, connected, length):
    request = request_for("a = ‸\nb = 1\n", budget=Budget(tokens=4, steps=3), length=length)
    fill = fill_of(connected(url), request)
    assert (fill.decode, fill.model) == ("vllm-diffusion", MODEL)
    assert len(fill.texts) == 1
    assert "\n" not in fill.texts[0]
    assert all(0 < sure <= 1 for sure in fill.confidences[0])
    assert fill.certainty is not None


def test_holes_that_share_a_canvas_are_filled(url, connected):
    request = request_for("a = ‸\nb = ‸\nc = 3\n", budget=Budget(tokens=4, steps=3))
    fill = fill_of(connected(url), request)
    assert len(fill.texts) == 2
    assert not any("\n" in text for text in fill.texts)


@pytest.mark.skipif(PEER is None, reason=NO_PEER)
def test_it_counts_what_the_teams_dashboard_shows():
    shown = set(re.findall(r"vllm:\w+", DASHBOARD.read_text("utf-8")))
    counted = httpx.get(f"{PEER}/metrics", trust_env=False).text
    assert len(shown) > 5
    assert [name for name in shown if f"\n{name}{{" not in counted] == []


def test_probabilities_of_the_prompt_end_the_server(url, connected):
    """The last test: the real one is gone after it."""
    if url == PEER and not IS_OURS:
        pytest.skip("this server is not ours to end")
    infiller = connected(url, samples=1)
    with suppress(httpx.TransportError):
        assert ask(url, EIGHT, prompt_logprobs=1).status_code == 500
    request = request_for("a = ‸\n", budget=Budget(tokens=4, steps=1))
    with pytest.raises(EngineFailed):
        fill_of(infiller, request)
