"""DiffusionGemma on vLLM, by a fake that refuses what the real 0.32.0 refused, in its words.

As there, it says what the model would write in every row, pinned ones too, takes keys that it does
not know in silence, and is gone for good after `prompt_logprobs`.
"""

import json

import pytest

from fillwright.engine.errors import EngineFailed
from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget
from tests.engine.remote.conftest import (
    drafts_and_fill,
    fill_of,
    giving,
    raw,
    refusing,
    request_for,
)

WIDTH = 64
SPECIAL = {"<bos>": 256, "<eos>": 257, "<|turn>": 258, "<turn|>": 259}
VOCABULARY = 272
END = SPECIAL["<turn|>"]


class FakeVllm:
    """`writes` and an end mark stand on every canvas, or `writes_before_pins`, or the free rows are
    `rows`; `after` is what the model would say in pinned rows, None: what is pinned there, but for
    the first `misses`. Tokens are bytes."""

    def __init__(self, server):
        self.writes, self.writes_before_pins = "len(x)", None
        self.after, self.misses, self.dead = None, 0, False
        self.rows = None
        self.server = server
        server.says["/v1/models"] = giving({"data": [{"id": "dg", "max_model_len": 8192}]})
        server.says["/version"] = giving({"version": "0.32.0"})
        server.says["/tokenize"] = self.tokenize
        server.says["/detokenize"] = self.detokenize
        server.says["/v1/completions"] = self.complete

    @property
    def asked(self):
        return [b for b in self.server.bodies("/v1/completions") if b["max_tokens"] > 1]

    def tokenize(self, exchange):
        ids = encode(exchange.asked_for["prompt"])
        giving({"count": len(ids), "max_model_len": 8192, "tokens": ids})(exchange)

    def detokenize(self, exchange):
        giving({"prompt": decode(exchange.asked_for["tokens"])})(exchange)

    def complete(self, exchange):
        body = exchange.asked_for
        if self.dead or "prompt_logprobs" in body:
            self.dead = True
            raw(b"", 500)(exchange)
        elif (refusal := refused(body)) is not None:
            error = {"message": refusal, "type": "BadRequestError", "param": "extra_args"}
            refusing(400, {"error": error | {"code": 400}})(exchange)
        else:
            giving(self.answer(body))(exchange)

    def answer(self, body):
        canvas = body["vllm_xargs"]
        length = canvas["diffusion_canvas_length"]
        is_pinned = "diffusion_pinned" in canvas
        text = (is_pinned and self.writes_before_pins) or self.writes
        rows = [*text.encode(), *[END] * length][:length]
        if self.rows is not None:
            free = iter(self.rows)
            pins = canvas.get("diffusion_pinned", ())
            rows = [0 if place in pins else next(free) for place in range(length)]
        for number, place in enumerate(canvas.get("diffusion_pinned", ())):
            pinned = canvas["diffusion_seed_canvas"][place]
            is_missed = number < self.misses
            rows[place] = (pinned + is_missed) if self.after is None else self.after
        scores = {
            "token_logprobs": [-0.25] * length,
            "tokens": [decode([row]) for row in rows],
        }
        choice = {"index": 0, "text": "never looked at", "logprobs": scores, "token_ids": rows}
        return {"choices": [choice | {"finish_reason": "length"}]}


def refused(body):
    canvas = body.get("vllm_xargs", {})
    width = canvas.get("diffusion_canvas_length", WIDTH)
    if {"seed", "temperature", "min_p", "logit_bias"} & set(body):
        return "seed and temperature are not yet supported with diffusion models."
    if "suffix" in body:
        return "suffix is only supported for models with FIM completion rendering"
    if len(body.get("stop", ())) > 4:
        return "at most 4 stop strings"
    if not 0 < width <= WIDTH:
        return (
            "diffusion_canvas_length must be a positive integer no larger than the served canvas."
        )
    if (seed := canvas.get("diffusion_seed_canvas")) is not None:
        if len(seed) != width:
            return f"diffusion_seed_canvas must hold exactly {width} ids, got {len(seed)}."
        if not all(0 <= token < VOCABULARY for token in seed):
            return f"diffusion_seed_canvas ids must be in [0, {VOCABULARY})."
    if pinned := canvas.get("diffusion_pinned"):
        if seed is None:
            return "diffusion_pinned needs a diffusion_seed_canvas to hold."
        if not all(0 <= place < width for place in pinned):
            return "diffusion_pinned positions must lie inside the canvas."
    if canvas.get("diffusion_read_only", 0) not in (0, 1):
        return "diffusion_read_only must be a boolean (or 0/1)."
    return None


def encode(text):
    for name, number in SPECIAL.items():
        if name in text:
            before, after = text.split(name, 1)
            return [*encode(before), number, *encode(after)]
    return list(text.encode())


def decode(ids):
    return bytes(token for token in ids if token < 256).decode(errors="replace")


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
