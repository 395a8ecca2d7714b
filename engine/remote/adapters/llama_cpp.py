"""llama.cpp's own `/infill`: the server knows its model's tokens for it.

It takes user text apart from control tokens, and drops `input_extra` in silence where a slot's
context is no larger than its batch.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from fillwright.engine.remote.question import Piece, Question, Server


@dataclass
class LlamaCpp:
    """One llama.cpp server, whose model it chose when it started."""

    name: str = "llama.cpp"
    gives_likelihoods: bool = True
    keeps_text_apart: bool = True

    async def complete(self, server: Server, question: Question) -> AsyncIterator[Piece]:
        """See `Adapter`."""
        async with aclosing(server.events("/infill", _body(question))) as events:
            async for event in events:
                yield _piece(event)


def _body(question: Question) -> dict[str, Any]:
    return {
        "input_prefix": question.prefix,
        "input_suffix": question.suffix,
        "input_extra": [{"filename": s.path, "text": s.text} for s in question.context],
        # one stands after the prefix and must be there
        "prompt": "",
        "n_predict": question.tokens,
        "temperature": question.temperature,
        "seed": question.seed,
        "stop": list(question.stops),
        "n_probs": 1,
        "cache_prompt": True,
        "stream": True,
    }


def _piece(event: dict[str, Any]) -> Piece:
    ends = {"limit": "length", "eos": "stop", "word": "stop"}
    scores = event.get("completion_probabilities")
    last = event.get("stop") is True
    # the last event of a stream tells all of them again
    known = scores if scores and not (last and not event.get("content")) else None
    return Piece(
        str(event.get("content", "")),
        tuple(float(score["logprob"]) for score in known) if known else None,
        ends.get(str(event.get("stop_type")), "stop") if last else None,  # type: ignore[arg-type]
    )
