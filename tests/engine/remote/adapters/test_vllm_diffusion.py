"""DiffusionGemma on vLLM, by a fake that is as strict as the real one."""

import json
import math
from dataclasses import replace

import pytest

from fillwright.engine.errors import EngineFailed
from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget, Constraint
from tests.engine.remote.conftest import drafts_and_fill, fill_of, giving, request_for
from tests.engine.remote.fake_vllm import END, SPECIAL, VOCABULARY, WIDTH, FakeVllm, decode


@pytest.fixture
def vllm(server):
    return FakeVllm(server)


def test_a_probe_finds_the_canvas_and_the_vocabulary(vllm, server):
    found = look(RemoteSettings(server.url))
    assert found.kind == "vllm-diffusion"
    assert (found.canvas.width, found.canvas.vocabulary) == (WIDTH, VOCABULARY)


def test_one_canvas_is_free_and_one_has_what_follows_pinned(vllm, server, connected):
    infiller = connected(server.url)
    fill = fill_of(infiller, request_for("a = ‸\nb = 1\n"))
    assert fill.texts == ("len(x)",)
    assert fill.confidences == (pytest.approx((0.7788,) * 6, abs=1e-4),)
    free, pinned = sorted(vllm.asked, key=lambda body: "diffusion_pinned" in body["vllm_xargs"])
    assert "diffusion_seed_canvas" not in free["vllm_xargs"]
    canvas = pinned["vllm_xargs"]
    assert canvas["diffusion_canvas_length"] == len(canvas["diffusion_seed_canvas"])
    held = [canvas["diffusion_seed_canvas"][place] for place in canvas["diffusion_pinned"]]
    assert held == list(b"\nb = 1\n")
    assert canvas["diffusion_pinned"] == list(range(8, 15))
    for body in (free, pinned):
        # more than a canvas would meet the pins again on the next block
        assert body["max_tokens"] == body["vllm_xargs"]["diffusion_canvas_length"]
        assert body["vllm_xargs"]["diffusion_read_only"] == 1


def test_the_prompt_is_the_chat_whose_answer_has_begun(vllm, server, connected):
    document = "<|turn>\na = ‸\nb = '<eos>'\n"
    fill_of(connected(server.url), request_for(document))
    prompt = vllm.asked[0]["prompt"]
    # of control tokens only ours are in it, and none of the user's
    assert [token for token in prompt if token > 255] == [256, 258, END, 258]
    text = decode(prompt)
    assert text.endswith("model\n```python\n\na = ")
    assert "b = '" in text


def test_a_canvas_whose_pins_the_model_disagrees_with_has_the_wrong_length(vllm, server, connected):
    infiller = connected(server.url)
    vllm.writes_before_pins = "sum(y)"
    three = request_for("a = ‸\nb = 1\n", candidates=3)
    fill = fill_of(infiller, three)
    assert {fill.texts, *fill.alternatives} == {("len(x)",), ("sum(y)",)}
    vllm.after = ord("?")
    fill = fill_of(infiller, three)
    assert fill.texts == ("len(x)",)
    assert fill.alternatives == ()


def test_the_share_of_pins_the_model_agrees_with_counts(vllm, server, connected):
    infiller = connected(server.url)
    vllm.writes_before_pins = "sum(y)"
    vllm.misses = 2
    request = request_for("a = ‸\nb = 1\n", candidates=2)
    fill = fill_of(infiller, request)
    # alike in all else, and the free one was given nothing to agree with
    assert (fill.texts, fill.alternatives) == (("len(x)",), (("sum(y)",),))
    sure = fill.certainty.whole
    vllm.writes = ""
    fill = fill_of(infiller, request)
    assert fill.texts == ("sum(y)",)
    assert fill.certainty.whole == pytest.approx(sure * 5 / 7, abs=1e-3)


def test_several_holes_share_a_canvas_with_the_text_between_pinned(vllm, server, connected):
    infiller = connected(server.url)
    vllm.rows = [*b"len(x)", END, *b"zz", *b"sum(y)", END, *b"zz"]
    request = request_for("a = ‸\nb = ‸\nc = 3\n", budget=Budget(tokens=8))
    drafts, fill = drafts_and_fill(infiller, request)
    assert fill.texts == ("len(x)", "sum(y)")
    assert [len(each) for each in fill.confidences] == [6, 6]
    assert (fill.finish, fill.decode, drafts) == ("settled", "vllm-diffusion", [])
    [body] = vllm.asked
    canvas = body["vllm_xargs"]
    held = [canvas["diffusion_seed_canvas"][place] for place in canvas["diffusion_pinned"]]
    assert held == list(b"\nb = ")
    assert canvas["diffusion_pinned"] == list(range(9, 14))
    assert canvas["diffusion_canvas_length"] == body["max_tokens"] == 9 + 5 + 9
    assert decode(body["prompt"]).endswith("a = ")


def test_holes_whose_lengths_do_not_fit_the_model_are_filled_one_by_one(vllm, server, connected):
    infiller = connected(server.url)
    vllm.after = ord("?")
    fill = fill_of(infiller, request_for("a = ‸\nb = ‸\n"))
    assert fill.texts == ("len(x)", "len(x)")
    assert len(vllm.asked) == 3


def test_an_answer_of_another_form_to_several_holes_is_one_sentence(vllm, server, connected):
    infiller = connected(server.url)
    server.says["/v1/completions"] = giving({"choices": [{"text": "x"}]})
    with pytest.raises(EngineFailed, match=r"not vllm-diffusion's \(KeyError\)"):
        fill_of(infiller, request_for("a = ‸\nb = ‸\n"))


def test_holes_that_no_canvas_holds_are_filled_one_by_one(vllm, server, connected):
    infiller = connected(server.url)
    fill = fill_of(infiller, request_for("a = ‸\n" + "b = 1\n" * 20 + "c = ‸\n"))
    assert fill.texts == ("len(x)", "len(x)")
    assert not any("diffusion_pinned" in body["vllm_xargs"] for body in vllm.asked)


def test_a_hole_that_fills_its_canvas_has_not_ended(vllm, server, connected):
    vllm.writes = "x" * 100
    infiller = connected(server.url, samples=1)
    assert fill_of(infiller, request_for("a = ‸\n")).finish == "budget"


def test_what_is_sent_is_never_refused(vllm, server, connected):
    infiller = connected(server.url, samples=4)
    for document in ("‸", "a = ‸", "‸\nb = 1\n", "é = '漢‸'\n"):
        fill_of(infiller, request_for(document, candidates=5))
    assert not vllm.dead
    bodies = json.dumps(server.bodies("/v1/completions"))
    assert not any(key in bodies for key in ('"prompt_logprobs"', '"seed"', '"temperature"'))


def test_a_server_that_died_is_one_sentence(vllm, server, connected):
    infiller = connected(server.url)
    vllm.dead = True
    with pytest.raises(EngineFailed, match=r"failed \(500\)\."):
        fill_of(infiller, request_for("a = ‸\n"))


def lengths(vllm):
    """Of the hole of each canvas that was asked for with what follows pinned."""
    canvases = [body["vllm_xargs"] for body in vllm.asked]
    return [min(each["diffusion_pinned"]) for each in canvases if "diffusion_pinned" in each]


def test_a_search_tries_many_lengths_at_once_and_takes_the_one_that_fits(vllm, server, connected):
    infiller = connected(server.url, samples=1)
    vllm.writes, vllm.fits = "max(a)xyz", 6
    request = request_for("a = ‸\nb = 1\n", budget=Budget(tokens=16), length="search")
    fill = fill_of(infiller, request)
    assert (fill.texts, fill.length, fill.finish) == (("max(a)",), "search", "settled")
    steps = [body["vllm_xargs"].get("diffusion_max_steps") for body in vllm.asked]
    looked, finished = steps.count(3), steps.count(None)
    assert (looked + finished, finished) == (len(steps), 3)
    assert {1, 2, 3, 4, 6, 8, 12, 16} <= set(lengths(vllm)[:looked])
    assert lengths(vllm).count(6) == 2
    # the second time it goes on from what the model was sure of
    last = [b["vllm_xargs"] for b in vllm.asked if "diffusion_max_steps" not in b["vllm_xargs"]]
    seeds = [each["diffusion_seed_canvas"] for each in last if min(each["diffusion_pinned"]) == 6]
    assert bytes(seeds[0][:6]) == b"max(a)"


def test_a_contraction_begins_long_and_ends_where_the_model_ends_the_hole(vllm, server, connected):
    infiller = connected(server.url, samples=1)
    vllm.writes = "max(a)"
    request = request_for("a = ‸\nb = 1\n", budget=Budget(tokens=16), length="contract")
    fill = fill_of(infiller, request)
    assert (fill.texts, fill.length) == (("max(a)",), "contract")
    assert lengths(vllm) == [16, 6]


@pytest.mark.parametrize("length", ["search", "contract"])
def test_a_hole_too_long_for_its_canvas_ends_by_its_mark(vllm, server, connected, length):
    infiller = connected(server.url, samples=1)
    vllm.writes = "x" * 100
    request = request_for("a = ‸\nb = 1\n", budget=Budget(tokens=200), length=length)
    fill = fill_of(infiller, request)
    assert fill.length == "end-mark"
    assert "diffusion_pinned" not in vllm.asked[-1]["vllm_xargs"]


def test_by_end_marks_nothing_is_pinned(vllm, server, connected):
    request = request_for("a = ‸\nb = 1\n", length="end-mark")
    fill = fill_of(connected(server.url), request)
    assert (fill.texts, fill.length) == (("len(x)",), "end-mark")
    assert lengths(vllm) == []
    assert len(vllm.asked) == 2


def test_where_no_length_fits_nothing_is_written(vllm, server, connected):
    vllm.after = ord("?")
    request = request_for("a = ‸\nb = 1\n", budget=Budget(tokens=8), length="search")
    assert fill_of(connected(server.url, samples=1), request).texts == ("",)


def typed_on(typed, budget=16):
    return request_for(f"a = {typed}‸\nb = 1\n", document_key="a.py", budget=Budget(tokens=budget))


def test_text_that_is_typed_as_the_canvas_says_leaves_the_rest(vllm, server, connected):
    infiller = connected(server.url)
    shown = fill_of(infiller, typed_on(""))
    asked = len(vllm.asked)
    fill = fill_of(infiller, typed_on("len"))
    assert (fill.texts, len(fill.confidences[0]), fill.steps) == (("(x)",), 3, 0)
    assert len(vllm.asked) == asked
    assert shown.texts == ("len(x)",)


@pytest.mark.parametrize(
    "other",
    [
        typed_on("len(x)"),
        typed_on("len", budget=15),
        replace(typed_on("len"), candidates=2),
        replace(typed_on("len"), length="search"),
        replace(typed_on("len"), constraint=Constraint("parses")),
        replace(typed_on("len"), document_key="b.py"),
    ],
)
def test_what_is_asked_otherwise_is_asked(vllm, server, connected, other):
    infiller = connected(server.url)
    fill_of(infiller, typed_on(""))
    asked = len(vllm.asked)
    fill_of(infiller, other)
    assert len(vllm.asked) > asked


def test_what_follows_other_text_begins_the_next_canvas(vllm, server, connected):
    infiller = connected(server.url)
    fill_of(infiller, typed_on(""))
    before = len(vllm.asked)
    vllm.writes = "(y)"
    assert fill_of(infiller, typed_on("sum")).texts == ("(y)",)
    [body] = [body for body in vllm.asked[before:] if "diffusion_pinned" not in body["vllm_xargs"]]
    assert decode(body["prompt"]).endswith("a = sum")
    canvas = body["vllm_xargs"]
    said = [*b"(x)", min(SPECIAL["<eos>"], END)]
    assert canvas["diffusion_canvas_length"] == len(said) + 4
    kept = sum(
        own == token for own, token in zip(canvas["diffusion_seed_canvas"], said, strict=False)
    )
    assert 0 < kept < len(said)
    assert canvas["diffusion_max_steps"] == math.ceil(48 * (1 - kept / 8))
