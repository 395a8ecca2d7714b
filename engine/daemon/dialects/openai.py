"""OpenAI's completions, with `suffix`, as vLLM, LM Studio and DeepSeek have them too.

Knows their JSON, and nothing of how fills are made. Knobs of left-to-right sampling (temperature,
top_p, penalties ...) have no meaning for an engine that denoises and are passed over; what would
change the answer's form is refused.
"""

import asyncio
import time
import uuid
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from fillwright.engine.daemon.dialects.answering import (
    DONE,
    event_stream,
    fill,
    given,
    in_a_list,
    json_answer,
    out_of_a_list,
)
from fillwright.engine.daemon.dialects.place import TOKENS, PromptPlace
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.wire import from_plain
from fillwright.engine.request import Budget


@dataclass(frozen=True)
class StreamOptions:
    """Whether a stream ends with what was used."""

    include_usage: bool = False


@dataclass(frozen=True)
class Completion:
    """What we read of the body; `language` is our addition. `max_tokens` below 0 leaves the number
    to us."""

    prompt: str
    suffix: str = ""
    max_tokens: int = TOKENS
    n: int = 1
    seed: int = 0
    stop: tuple[str, ...] = ()
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    echo: bool = False
    logprobs: int | None = None
    language: str = ""

    def __post_init__(self) -> None:
        if self.echo or self.logprobs is not None:
            raise ValueError("this engine has no echo and no logprobs")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the candidates, as far as the request wants it, and why it ends there."""

    text: str
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Completed:
    """What became of a request."""

    choices: tuple[Choice, ...]
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def usage(self) -> dict[str, int]:
        """The tokens that were read and written."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }

    def head(self, kind: str) -> dict[str, object]:
        """What every answer begins with; `kind` is what OpenAI calls its object."""
        return {
            "id": f"cmpl-{uuid.uuid4().hex}",
            "object": kind,
            "created": int(time.time()),
            "model": self.model,
        }


async def complete(resident: Resident, request: Request) -> Response:
    """Answer `/v1/completions`; `max_tokens` defaults to 128, as nobody wants OpenAI's 16."""
    body = await read(request)
    completed = await completion(resident, request, body)
    answer = completed.head("text_completion")
    choices = [
        {
            "index": index,
            "text": choice.text,
            "logprobs": None,
            "finish_reason": choice.finish_reason,
        }
        for index, choice in enumerate(completed.choices)
    ]
    if not body.stream:
        return json_answer(answer | {"choices": choices, "usage": completed.usage})
    if not body.stream_options.include_usage:
        return event_stream(answer | {"choices": choices}, DONE)
    last = answer | {"choices": [], "usage": completed.usage}
    return event_stream(answer | {"choices": choices, "usage": None}, last, DONE)


async def read(request: Request) -> Completion:
    """The request. Raises `BadRequest` with a sentence."""
    plain = await given(request)
    if "prompt" in plain:
        plain["prompt"] = out_of_a_list(plain["prompt"])
    if "stop" in plain:
        plain["stop"] = in_a_list(plain["stop"])
    # 0 and false ask for none
    if not plain.get("logprobs"):
        plain.pop("logprobs", None)
    # Mistral's name
    if "random_seed" in plain:
        plain.setdefault("seed", plain["random_seed"])
    return from_plain(plain, Completion)


async def completion(resident: Resident, request: Request, body: Completion) -> Completed:
    """The candidates; with `max_tokens` 0 an empty one, for which nothing is done.

    Raises `BadRequest` with a sentence, what a fill raises, and `ClientDisconnect`.
    """
    place = PromptPlace.in_prompt(body.prompt, body.suffix, body.language)
    budget = Budget(body.max_tokens if body.max_tokens > 0 else TOKENS)
    # in a thread, for it may have to guess the language
    wanted = await asyncio.to_thread(place.request, budget, body.seed, body.n)
    if body.max_tokens == 0:
        return Completed((Choice("", "length"),) * body.n, resident.health().model or "")
    made = await fill(resident, request, wanted)
    ended = "stop" if made.finish == "settled" else "length"
    said = [place.said(texts[0], body.stop) for texts in (made.texts, *made.alternatives)]
    return Completed(
        tuple(Choice(each.text, "stop" if each.stopped_by else ended) for each in said),
        made.model,
        made.prompt_tokens,
        made.candidate_tokens,
    )
