"""DiffusionGemma on vLLM: our prompt and our canvas, by `vllm_xargs` of 0.32 and newer.

The first canvas of a hole is free, and an end mark says where the hole ends. Further ones, in
parallel requests, have a length each, with the beginning of the text after the hole pinned to their
end: the model says all the same what it would have written there, and a canvas whose pins it mostly
disagrees with has the wrong length. Where a request asks for a way to find the length, the first
fill is that of `vllm_lengths`. Where something was typed before the hole, what it said begins the
canvas of its next first fill, half of it as noise. Several holes share a canvas, with the text
between them pinned. One canvas per request: pins hold on every block, the seed on the first only.

What kills such a server (`prompt_logprobs`) and what it refuses (`seed`, `temperature`, `suffix`)
is never sent.
"""

import math
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fillwright.engine.infill.denoising.lengths import LEAST_SUFFIX, longest_pinned
from fillwright.engine.infill.prompts.chat import BEGIN, END_OF_TEXT, END_OF_TURN, TURN, task
from fillwright.engine.infill.typed_pins import SHOWN
from fillwright.engine.remote.adapters.vllm_canvas import Answer, Canvas
from fillwright.engine.remote.adapters.vllm_lengths import LengthFinder
from fillwright.engine.remote.question import (
    JointAnswer,
    JointQuestion,
    Piece,
    Question,
    Server,
)

END_MARKS = (END_OF_TURN, END_OF_TEXT)
CONTROL_TOKENS = (BEGIN, END_OF_TEXT, TURN, END_OF_TURN, "<pad>", "<unk>", "<mask>")
CLOSING = "\n```"
PINNED = LEAST_SUFFIX
AGREED = 0.5
# fewer rows are no room for a hole and its end mark
LEAST_ROWS = 4
LENGTHS = (8, 16, 24, 32)
ROOM = 4
"""Rows of a canvas that goes on, beyond what it says and an end mark. Set by hand."""
STEPS = 48
"""Of a canvas that begins as noise, where a request does not bound them: DiffusionGemma's own. A
server that makes fewer silently does so."""


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
        await self._learn_ends(server)
        pins = await _after(server, question)
        pieces = None
        if question.begun and not question.number:
            pieces, pins = await self._gone_on(server, question, prompt), []
        elif pins and not question.number:
            pieces = await self._of_found_length(server, question, prompt, pins)
            pins = []
        if pieces is None:
            canvas = Canvas((self._free(question, len(pins)),), (), pins)
            written = await self._written(server, question, prompt, canvas)
            pieces = await self._agreed(server, written, canvas)
        for piece in pieces:
            yield piece

    async def _of_found_length(
        self, server: Server, question: Question, prompt: list[int], pins: list[int]
    ) -> list[Piece] | None:
        """The fill of a hole whose length is found first. None where it is longer than fits on a
        canvas with the text after it: then its end mark says where it ends."""

        async def write(canvas: Canvas, steps: int | None, kept: Mapping[int, int]) -> Answer:
            known = replace(question, steps=steps or question.steps)
            return await self._written(server, known, prompt, canvas, kept)

        longest = longest_pinned(self.width, 0, question.tokens)
        finder = LengthFinder(write, pins, self._ends, longest)
        found = await (finder.search() if question.length == "search" else finder.contract())
        if found.own == longest < question.tokens:
            return None
        canvas = Canvas((found.own,), (), pins)
        pieces = await self._agreed(server, found.answer.without(found.own, found.rows), canvas)
        return [replace(piece, length=question.length) for piece in pieces]

    async def _gone_on(
        self, server: Server, question: Question, prompt: list[int]
    ) -> list[Piece] | None:
        """What a canvas of before becomes, in as many of the steps as there is noise on it: in a
        part of what it said, and in all of its room. None where it is longer than a canvas."""
        said = [*await _ids(server, question.begun), *sorted(self._ends)[:1]]
        canvas = Canvas((len(said) + ROOM,))
        if canvas.length > self.width:
            return None
        chance, (renoised, _) = random.Random(question.seed), SHOWN
        kept = {row: token for row, token in enumerate(said) if chance.random() >= renoised}
        noise = 1 - len(kept) / canvas.length
        known = replace(question, steps=math.ceil(noise * (question.steps or STEPS)))
        written = await self._written(server, known, prompt, canvas, kept)
        return await self._pieces_of(server, written, canvas.holes[0])

    async def _agreed(self, server: Server, written: Answer, canvas: Canvas) -> list[Piece]:
        """What the only hole of a canvas holds; nothing where the model disagrees with most of what
        is after it."""
        agreed = canvas.agreed(written.ids)
        if agreed < AGREED:
            return [Piece("", None, "length", agreed)]
        pieces = await self._pieces_of(server, written, canvas.holes[0], bool(canvas.after))
        return [replace(piece, agreed=agreed) for piece in pieces]

    async def complete_jointly(self, server: Server, question: JointQuestion) -> JointAnswer | None:
        """See `JointAdapter`. None where the model disagrees with most of the text between: then
        the holes' lengths do not fit it."""
        prompt = await _ids(server, _prompt(question))
        await self._learn_ends(server)
        between = [await _ids(server, text) for text in question.between]
        holes = len(between) + 1
        rows = min(question.tokens + 1, (self.width - sum(map(len, between))) // holes)
        if rows < LEAST_ROWS:
            return None
        canvas = Canvas((rows,) * holes, between)
        written = await self._written(server, question, prompt, canvas)
        agreed = canvas.agreed(written.ids)
        if agreed < AGREED:
            return None
        pieces = [await self._pieces_of(server, written, hole) for hole in canvas.holes]
        return JointAnswer(tuple(map(tuple, pieces)), agreed)

    async def _learn_ends(self, server: Server) -> None:
        if not self._ends:
            marks = [await _ids(server, mark) for mark in END_MARKS]
            self._ends = frozenset(ids[0] for ids in marks if len(ids) == 1)

    async def _written(
        self,
        server: Server,
        question: Question | JointQuestion,
        prompt: list[int],
        canvas: Canvas,
        kept: Mapping[int, int] | None = None,
    ) -> Answer:
        """`kept` are ids that free rows begin with."""
        body = self._body(question, prompt, canvas, kept or {})
        choice = (await server.ask("/v1/completions", body))["choices"][0]
        scores = choice.get("logprobs") or {}
        ids = [int(token) for token in choice["token_ids"]]
        known, words = scores.get("token_logprobs") or (), scores.get("tokens") or ()
        return Answer(ids, [float(score) for score in known], [str(word) for word in words])

    async def _pieces_of(
        self, server: Server, written: Answer, hole: range, has_ended: bool = False
    ) -> list[Piece]:
        """What a hole holds before its end mark; `has_ended`: it needs none."""
        own = enumerate(written.ids[hole.start : hole.stop], hole.start)
        end = next((row for row, token in own if token in self._ends), hole.stop)
        pieces = await _pieces(server, written.between(hole.start, end))
        return [*pieces, Piece("", None, "stop" if has_ended or end < hole.stop else "length")]

    def _free(self, question: Question, pinned: int) -> int:
        """How many tokens of the canvas are the hole's."""
        wanted = question.tokens + 1
        if pinned:
            wanted = LENGTHS[(question.number - 1) % len(LENGTHS)]
        return max(1, min(wanted, self.width - pinned))

    def _body(
        self,
        question: Question | JointQuestion,
        prompt: list[int],
        canvas: Canvas,
        kept: Mapping[int, int],
    ) -> dict[str, Any]:
        asked: dict[str, Any] = {"diffusion_canvas_length": canvas.length, "diffusion_read_only": 1}
        pins = canvas.pins
        if known := {**kept, **pins}:
            noise = random.Random(question.seed)
            seed = [noise.randrange(self.vocabulary) for _ in range(canvas.length)]
            for row, token in known.items():
                seed[row] = token
            asked["diffusion_seed_canvas"] = seed
        if pins:
            asked["diffusion_pinned"] = list(pins)
        if question.steps is not None:
            asked["diffusion_max_steps"] = question.steps
        return {
            "model": self.model,
            "prompt": prompt,
            "max_tokens": canvas.length,
            "logprobs": 1,
            "return_token_ids": True,
            "vllm_xargs": asked,
        }


def _prompt(question: Question | JointQuestion) -> str:
    """The text that becomes the prompt's ids; of control tokens only ours are in it."""
    asked = task(question.suffix, question.language, None, question.context)
    turn = f"{BEGIN}{TURN}user\n{asked}{END_OF_TURN}\n{TURN}model\n"
    return f"{turn}```{question.language}\n{question.prefix}"


async def _after(server: Server, question: Question) -> list[int]:
    """The ids after the hole that its canvas ends with; none where an end mark is to end it."""
    is_free = not question.number if question.length == "auto" else question.length == "end-mark"
    return [] if is_free else (await _ids(server, question.suffix[: PINNED * 6]))[:PINNED]


async def _ids(server: Server, text: str) -> list[int]:
    answer = await server.ask("/tokenize", {"prompt": text, "add_special_tokens": False})
    return [int(token) for token in answer["tokens"]]


async def _pieces(server: Server, written: Answer) -> list[Piece]:
    """The text of ids with their log probabilities. The server's own `text` begins with that of the
    prompt where this ends within a character, so that is not looked at."""
    ids, known, words = written.ids, written.log_probabilities, written.words
    if not ids:
        return []
    text: str = (await server.ask("/detokenize", {"tokens": ids}))["prompt"]
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
