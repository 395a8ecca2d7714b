"""DiffusionGemma on vLLM, a fake: it refuses what the real 0.32.0 refuses, in its words.

As there, it says what the model would write in every row, pinned ones too, takes keys that it does
not know in silence, and is gone for good after `prompt_logprobs`. `make vllm-peer` holds it against
the real one (`adapters/test_vllm_diffusion_peer.py`). Tokens are bytes, and five names.
"""

from tests.engine.remote.conftest import giving, raw, refusing

WIDTH = 64
MODEL = "dg"
CONTEXT = 8192
SPECIAL = {"<bos>": 256, "<eos>": 257, "<|turn>": 258, "<turn|>": 259, "<pad>": 260}
VOCABULARY = 272
END = SPECIAL["<turn|>"]
ENDS = (SPECIAL["<eos>"], END)
UNSUPPORTED = ("min_p", "seed", "min_tokens", "logit_bias", "bad_words", "allowed_token_ids")


class FakeVllm:
    """`writes` and an end mark stand on every canvas, or `writes_before_pins`, or the free rows are
    `rows`. `after` is what the model would say in pinned rows, None: what is pinned there, but for
    the first `misses`. With `fits` it disagrees with every pin after a hole of another length."""

    def __init__(self, server):
        self.writes, self.writes_before_pins = "len(x)", None
        self.after, self.misses, self.dead = None, 0, False
        self.rows = self.fits = None
        self.server = server
        entry = {"id": MODEL, "max_model_len": CONTEXT}
        server.says["/v1/models"] = giving({"data": [entry]})
        server.says["/version"] = giving({"version": "0.32.0"})
        server.says["/tokenize"] = self.tokenize
        server.says["/detokenize"] = self.detokenize
        server.says["/v1/completions"] = self.complete

    @property
    def asked(self):
        return [b for b in self.server.bodies("/v1/completions") if b["max_tokens"] > 1]

    def tokenize(self, exchange):
        ids = encode(exchange.asked_for["prompt"])
        giving({"count": len(ids), "max_model_len": CONTEXT, "tokens": ids})(exchange)

    def detokenize(self, exchange):
        giving({"prompt": decode(exchange.asked_for["tokens"])})(exchange)

    def complete(self, exchange):
        body = exchange.asked_for
        if self.dead or "prompt_logprobs" in body:
            self.dead = True
            raw(b"", 500)(exchange)
        elif body["model"] != MODEL:
            said = f"The model `{body['model']}` does not exist. Valid aliases: {MODEL}."
            error = {"message": said, "type": "NotFoundError", "param": "model", "code": 404}
            refusing(404, {"error": error})(exchange)
        elif (refusal := refused(body)) is not None:
            error = {"message": refusal, "type": "BadRequestError", "param": None, "code": 400}
            refusing(400, {"error": error})(exchange)
        else:
            giving(self.answer(body))(exchange)

    def answer(self, body):
        """Canvas after canvas, until an end mark or `max_tokens`; what is read only is one."""
        canvas = body.get("vllm_xargs", {})
        length = canvas.get("diffusion_canvas_length", WIDTH)
        most, ids, finish = body.get("max_tokens", 16), [], "length"
        if canvas.get("diffusion_read_only"):
            ids = self.canvas(canvas, length)
        else:
            while len(ids) < most:
                ids += self.canvas(canvas, length)
            end = next((row for row, token in enumerate(ids) if token in ENDS), most)
            ids, finish = ids[: end + 1], "stop" if end < most else "length"
        ids = ids[:most]
        choice = {"index": 0, "text": "never looked at", "finish_reason": finish, "logprobs": None}
        if body.get("return_token_ids"):
            choice |= {"token_ids": ids, "prompt_token_ids": body["prompt"]}
        if "logprobs" in body:
            choice["logprobs"] = {
                "token_logprobs": [-0.25] * len(ids),
                "tokens": [decode([row]) for row in ids],
            }
        return {"model": MODEL, "choices": [choice]}

    def canvas(self, canvas, length):
        pinned = canvas.get("diffusion_pinned", ())
        text = (pinned and self.writes_before_pins) or self.writes
        rows = [*text.encode(), *[END] * length][:length]
        if self.rows is not None:
            free = iter(self.rows)
            rows = [0 if place in pinned else next(free) for place in range(length)]
        for number, place in enumerate(pinned):
            held = canvas["diffusion_seed_canvas"][place]
            is_missed = number < self.misses or self.fits not in (None, min(pinned))
            rows[place] = (held + is_missed) if self.after is None else self.after
        return rows


def refused(body):
    """The sentence, None for what is taken; in the order of vLLM's checks."""
    canvas = body.get("vllm_xargs", {})
    width = canvas.get("diffusion_canvas_length")
    seed, pinned = canvas.get("diffusion_seed_canvas"), canvas.get("diffusion_pinned")
    served = width or WIDTH
    if len(body.get("stop", ())) > 4:
        return f"List should have at most 4 items after validation, not {len(body['stop'])}"
    if "suffix" in body:
        return "suffix requires text prompt input for FIM completion rendering"
    if "response_format" in body:
        return (
            "Structured outputs are not yet supported for diffusion language models. Remove the "
            "structured output constraint (e.g. `response_format`, `structured_outputs`) from the "
            "request."
        )
    if any(key in body for key in UNSUPPORTED) or body.get("temperature", 1) != 1:
        return (
            "The temperature, min_p, seed, min_tokens, logit_bias, bad_words, and "
            "allowed_token_ids sampling parameters are not yet supported with diffusion models."
        )
    checks = [
        (
            width is None or (type(width) is int and 0 < width <= WIDTH),
            "diffusion_canvas_length must be a positive integer no larger than the served canvas.",
        ),
        (seed is None or type(seed) is list, "diffusion_seed_canvas must be a list of token ids."),
        (
            type(seed) is not list or all(0 <= token < VOCABULARY for token in seed),
            f"diffusion_seed_canvas ids must be in [0, {VOCABULARY}).",
        ),
        (
            seed is None or len(seed) == served,
            f"diffusion_seed_canvas must hold exactly {served} ids, got {len(seed or ())}.",
        ),
        (
            pinned is None or seed is not None,
            "diffusion_pinned needs a diffusion_seed_canvas to hold.",
        ),
        (
            all(0 <= place < served for place in pinned or ()),
            "diffusion_pinned positions must lie inside the canvas.",
        ),
        (
            canvas.get("diffusion_max_steps", 1) > 0,
            "diffusion_max_steps must be a positive integer.",
        ),
        (
            canvas.get("diffusion_read_only", 0) in (0, 1),
            "diffusion_read_only must be a boolean (or 0/1).",
        ),
        (
            not canvas.get("diffusion_constrained") or "logprob_token_ids" in body,
            "diffusion_constrained needs logprob_token_ids: they are the allowed set.",
        ),
    ]
    wrong = next((sentence for is_right, sentence in checks if not is_right), None)
    return wrong and f"{wrong} (parameter=extra_args)"


def encode(text):
    for name, number in SPECIAL.items():
        if name in text:
            before, after = text.split(name, 1)
            return [*encode(before), number, *encode(after)]
    return list(text.encode())


def decode(ids):
    names = {number: name for name, number in SPECIAL.items()}
    whole = b"".join(bytes([i]) if i < 256 else names.get(i, "").encode() for i in ids)
    return whole.decode(errors="replace")
