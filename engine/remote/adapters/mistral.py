"""Mistral's fill-in-the-middle, for Codestral: asked like a completion, answered like a chat.

No real one was met; the form is that of Mistral's own client, 3.7.0.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

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
                yield _piece(event)


def _piece(event: dict[str, Any]) -> Piece:
    choices = event.get("choices")
    if not choices or not isinstance(choices, list) or not isinstance(choices[0], dict):
        return Piece("")
    choice = choices[0]
    # not streamed, a whole message comes
    said = choice.get("delta") or choice.get("message") or {}
    text, end = said.get("content"), choice.get("finish_reason")
    return Piece(
        text if isinstance(text, str) else "",
        None,
        None if end is None else "length" if end == "length" else "stop",
    )
