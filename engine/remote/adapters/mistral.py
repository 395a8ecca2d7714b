"""Mistral's fill-in-the-middle, for Codestral: asked like a completion, answered like a chat.

No real one was met; the form is that of Mistral's own client, 3.7.0.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from fillwright.engine.remote.choices import end_of, first_choice, said_in_chat
from fillwright.engine.remote.question import Piece, Question, Server

DEFAULT_MODEL = "codestral-latest"


@dataclass
class Mistral:
    """One model of Mistral's."""

    model: str = DEFAULT_MODEL
    name: str = "mistral"
    gives_likelihoods: bool = False
    keeps_text_apart: bool = False

    async def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """See `Adapter`."""
        body = {
            "model": self.model,
            "prompt": question.prefix,
            "suffix": question.suffix,
            "max_tokens": question.tokens,
            "temperature": question.temperature,
            "random_seed": question.seed,
            "stream": True,
            **({"stop": list(question.stops)} if question.stops else {}),
        }
        async with aclosing(server.events("/v1/fim/completions", body)) as events:
            async for event in events:
                choice = first_choice(event)
                yield Piece(said_in_chat(choice), None, end_of(choice.get("finish_reason")))
