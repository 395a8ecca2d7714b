"""Mercury's fill-in-the-middle, Inception's text-diffusion models: OpenAI's form at Mistral's path.

No real one was met; the form is the one that several clients send.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from fillwright.engine.remote.adapters.openai import piece_of
from fillwright.engine.remote.question import Piece, Question, Server

DEFAULT_MODEL = "mercury-edit-2"
# it does not take an empty one
NO_SUFFIX = "<|endoftext|>"


@dataclass
class Mercury:
    """One model of Inception's."""

    model: str = DEFAULT_MODEL
    name: str = "mercury"
    gives_likelihoods: bool = False
    keeps_text_apart: bool = False

    async def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """See `Adapter`."""
        body = {
            "model": self.model,
            "prompt": question.prefix,
            "suffix": question.suffix or NO_SUFFIX,
            "max_tokens": question.tokens,
            "stream": True,
            **({"stop": list(question.stops)} if question.stops else {}),
        }
        async with aclosing(server.events("/v1/fim/completions", body)) as events:
            async for event in events:
                yield piece_of(event)
