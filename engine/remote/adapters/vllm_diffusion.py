"""DiffusionGemma on vLLM: our prompt and our canvas, by `vllm_xargs` of 0.32 and newer.

The first canvas of a hole is free, and an end mark says where the hole ends. Further ones, in
parallel requests, have a length each, with the beginning of the text after the hole pinned to their
end: the model says all the same what it would have written there, and a canvas whose pins it mostly
disagrees with has the wrong length. One canvas per request: pins hold on every block, the seed on
the first only.

What kills such a server (`prompt_logprobs`) and what it refuses (`seed`, `temperature`, `suffix`)
is never sent.
"""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fillwright.engine.infill.prompts.chat import BEGIN, END_OF_TEXT, END_OF_TURN, TURN, task
from fillwright.engine.remote.question import Piece, Question, Server

END_MARKS = (END_OF_TURN, END_OF_TEXT)
CONTROL_TOKENS = (BEGIN, END_OF_TEXT, TURN, END_OF_TURN, "<pad>", "<unk>", "<mask>")
CLOSING = "\n```"
PINNED = 8
AGREED = 0.5
LENGTHS = (8, 16, 24, 32)


@dataclass
class VllmDiffusion:
    """One model, with a canvas of at most `width` tokens, which are below `vocabulary`."""

    model: str
    width: int
    vocabulary: int
    name: str = "vllm-diffusion"
    # it gives some, but of a canvas whose length was right
    gives_likelihoods: bool = False
    keeps_text_apart: bool = False
    _ends: frozenset[int] = field(default=frozenset(), init=False)

    async def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """See `Adapter`. All of it is one piece, or one per token where these spell the text."""
        prompt = await _ids(server, _prompt(question))
        if not self._ends:
            marks = [await _ids(server, mark) for mark in END_MARKS]
            self._ends = frozenset(ids[0] for ids in marks if len(ids) == 1)
        pins: list[int] = []
        if question.number:
            pins = (await _ids(server, question.suffix[: PINNED * 6]))[:PINNED]
        free = self._free(question, len(pins))
        body = self._body(question, prompt, free, pins)
        choice = (await server.ask("/v1/completions", body))["choices"][0]
        written, scores = choice["token_ids"], choice.get("logprobs") or {}
        if _agreeing(written[free:], pins) < AGREED * len(pins):
            yield Piece("", None, "length")
            return
        kept = next((i for i, token in enumerate(written[:free]) if token in self._ends), free)
        ended = kept < free or bool(pins)
        for piece in await _pieces(server, written[:kept], scores):
            yield piece
        yield Piece("", None, "stop" if ended else "length")

    def _free(self, question: Question, pinned: int) -> int:
        """How many tokens of the canvas are the hole's."""
        wanted = question.tokens + 1
        if question.number:
            wanted = LENGTHS[(question.number - 1) % len(LENGTHS)]
        return max(1, min(wanted, self.width - pinned))

    def _body(
        self, question: Question, prompt: list[int], free: int, pins: list[int]
    ) -> dict[str, Any]:
        length = free + len(pins)
        canvas: dict[str, Any] = {"diffusion_canvas_length": length, "diffusion_read_only": 1}
        if pins:
            noise = random.Random(question.seed)
            seed = [noise.randrange(self.vocabulary) for _ in range(free)]
            canvas["diffusion_seed_canvas"] = [*seed, *pins]
            canvas["diffusion_pinned"] = list(range(free, length))
        if question.steps is not None:
            canvas["diffusion_max_steps"] = question.steps
        return {
            "model": self.model,
            "prompt": prompt,
            "max_tokens": length,
            "logprobs": 1,
            "return_token_ids": True,
            "vllm_xargs": canvas,
        }


def _prompt(question: Question) -> str:
    """The text that becomes the prompt's ids; of control tokens only ours are in it."""
    asked = task(question.suffix, question.language, None, question.context)
    turn = f"{BEGIN}{TURN}user\n{asked}{END_OF_TURN}\n{TURN}model\n"
    return f"{turn}```{question.language}\n{question.prefix}"


def _agreeing(said: Sequence[int], pins: Sequence[int]) -> int:
    return sum(one == other for one, other in zip(said, pins, strict=False))


async def _ids(server: Server, text: str) -> list[int]:
    answer = await server.ask("/tokenize", {"prompt": text, "add_special_tokens": False})
    return [int(token) for token in answer["tokens"]]


async def _pieces(server: Server, ids: list[int], scores: dict[str, Any]) -> list[Piece]:
    """The text of ids with their log probabilities. The server's own `text` begins with that of the
    prompt where this ends within a character, so that is not looked at."""
    if not ids:
        return []
    text: str = (await server.ask("/detokenize", {"tokens": ids}))["prompt"]
    known = [float(score) for score in scores.get("token_logprobs") or ()][: len(ids)]
    words = [str(word) for word in scores.get("tokens") or ()][: len(ids)]
    whole = text.split(CLOSING, 1)[0]
    if len(known) < len(ids):
        return [Piece(whole)]
    if "".join(words) != text:
        return [Piece(whole, tuple(known))]
    pieces, left = [], len(whole)
    for word, score in zip(words, known, strict=True):
        if left <= 0:
            break
        pieces.append(Piece(word[:left], (score,)))
        left -= len(word)
    return pieces
