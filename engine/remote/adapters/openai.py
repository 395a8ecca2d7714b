"""OpenAI's completions, as vLLM, LM Studio, SGLang and many others offer them: with a `suffix`
where the server fills in itself, or with a prompt in the form that the model was taught.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from fillwright.engine.remote.choices import end_of, first_choice
from fillwright.engine.remote.question import Piece, Question, Server
from fillwright.engine.remote.refusals import RefusedError
from fillwright.engine.remote.templates import MOST_STOPS, Family

PATH = "/v1/completions"


@dataclass
class Completions:
    """One model of a server. `family` None: the server has a `suffix`."""

    model: str
    family: Family | None = None
    path: str = PATH
    name: str = "openai"
    gives_likelihoods: bool = True
    keeps_text_apart: bool = False

    async def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """See `Adapter`. A server that refuses log probabilities is not asked for them again."""
        while True:
            try:
                async with aclosing(server.events(self.path, self._body(question))) as events:
                    async for event in events:
                        yield piece_of(event)
                return
            except RefusedError as error:
                if not (self.gives_likelihoods and "logprobs" in error.reason):
                    raise
                self.gives_likelihoods = False

    def _body(self, question: Question) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "prompt": question.prefix,
            "max_tokens": question.tokens,
            "temperature": question.temperature,
            "seed": question.seed,
            "stream": True,
        }
        stops = question.stops
        if self.family is None:
            body["suffix"] = question.suffix
        else:
            body["prompt"] = self.family.prompt(question.prefix, question.suffix, question.context)
            stops = (*stops, *self.family.stops)
        if stops:
            body["stop"] = list(stops[:MOST_STOPS])
        if self.gives_likelihoods:
            body["logprobs"] = 1
        return body


def piece_of(event: dict[str, Any]) -> Piece:
    """The piece in a chunk of a stream of completions; one without choices says nothing."""
    choice = first_choice(event)
    text = choice.get("text")
    return Piece(
        text if isinstance(text, str) else "",
        _log_probabilities(choice.get("logprobs")),
        end_of(choice.get("finish_reason")),
    )


def _log_probabilities(scores: Any) -> tuple[float, ...] | None:
    """OpenAI's form for completions, or that for chats, which llama.cpp uses for both."""
    if not isinstance(scores, dict):
        return None
    if isinstance(content := scores.get("content"), list):
        return tuple(float(token["logprob"]) for token in content)
    if isinstance(known := scores.get("token_logprobs"), list):
        return tuple(float(score) for score in known if score is not None)
    return None
