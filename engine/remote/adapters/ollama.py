"""Ollama's `/api/generate`: with a `suffix` where the model's template has a place for one, else
raw, with a prompt in the form that the model was taught. Streams are one object a line.

No real one was met; the form is that of its source of 2026-08-21.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from fillwright.engine.remote.choices import end_of
from fillwright.engine.remote.question import Piece, Question, Server
from fillwright.engine.remote.templates import Family

# its own default is too small for a file; another one each time would load the model each time
CONTEXT_TOKENS = 8192


@dataclass
class Ollama:
    """One model. `family` None: the model's own template takes the suffix."""

    model: str
    family: Family | None = None
    name: str = "ollama"
    gives_likelihoods: bool = False
    keeps_text_apart: bool = False

    async def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """See `Adapter`."""
        body = self._body(question)
        async with aclosing(server.events("/api/generate", body, "ndjson")) as events:
            async for event in events:
                end = end_of(event.get("done_reason") or "stop") if event.get("done") else None
                yield Piece(str(event.get("response", "")), None, end)

    def _body(self, question: Question) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "prompt": question.prefix,
            "suffix": question.suffix,
            "stream": True,
            "options": {
                "num_predict": question.tokens,
                "num_ctx": CONTEXT_TOKENS,
                "temperature": question.temperature,
                "seed": question.seed,
                "stop": list(question.stops),
            },
        }
        if self.family is not None:
            prompt = self.family.prompt(question.prefix, question.suffix, question.context)
            body |= {"prompt": prompt, "raw": True}
            body["options"]["stop"] += self.family.stops
            del body["suffix"]
        return body
