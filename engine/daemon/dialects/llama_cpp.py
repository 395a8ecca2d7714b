"""llama.cpp's own completions: `/infill` and `/completion`, with the answers its clients read.

Knows their JSON (llama.cpp's tools/server/README.md), and nothing of how fills are made. Knobs of
left-to-right sampling have no meaning for an engine that denoises and are passed over.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from fillwright.engine.daemon.dialects.answering import (
    event_stream,
    fill,
    given,
    in_a_list,
    json_answer,
    out_of_a_list,
)
from fillwright.engine.daemon.dialects.place import TOKENS, PromptPlace, Said
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.wire import from_plain
from fillwright.engine.errors import BadRequest
from fillwright.engine.request import Budget, Infill, Snippet

Answer = dict[str, object]


@dataclass(frozen=True)
class Extra:
    """A piece of another file."""

    text: str
    filename: str = ""


@dataclass(frozen=True)
class Completion:
    """What we read of the body; `prompt` is what already stands in the hole, `language` our
    addition.

    `n_predict` 0 only warms llama.cpp's cache, below 0 it leaves the number to us.
    `t_max_predict_ms`, from the first text on, acts when a line is whole; 0 and less: never.
    """

    prompt: str = ""
    input_prefix: str = ""
    input_suffix: str = ""
    input_extra: tuple[Extra, ...] = ()
    n_predict: int = TOKENS
    n_cmpl: int = 1
    t_max_predict_ms: float = 0
    seed: int = 0
    stop: tuple[str, ...] = ()
    stream: bool = False
    response_fields: tuple[str, ...] = ()
    language: str = ""

    def __post_init__(self) -> None:
        if self.n_cmpl < 1:
            raise ValueError(f"a request needs at least 1 candidate, not {self.n_cmpl}")

    @property
    def place(self) -> PromptPlace:
        """Where the hole is."""
        context = tuple(Snippet(extra.filename, extra.text) for extra in self.input_extra)
        if not self.input_prefix:
            alone = PromptPlace.in_prompt(self.prompt, self.input_suffix, self.language)
            return replace(alone, context=context)
        return PromptPlace(
            self.input_prefix + self.prompt, self.input_suffix, self.language, context
        )

    @property
    def budget(self) -> Budget:
        """What the fill may cost."""
        return Budget(
            TOKENS if self.n_predict < 0 else self.n_predict,
            line_deadline_ms=self.t_max_predict_ms if self.t_max_predict_ms > 0 else None,
        )


async def infill(resident: Resident, request: Request) -> Response:
    """Answer `/infill`: several candidates are a list, one is an object."""
    plain = await given(request)
    if "prompt" not in plain and "input_prefix" not in plain:
        raise BadRequest("The request lacks 'input_prefix'.")
    return await _complete(resident, request, plain)


async def completion(resident: Resident, request: Request) -> Response:
    """Answer `/completion`, which has a prompt and nothing after it."""
    plain = await given(request)
    if "prompt" not in plain:
        raise BadRequest("The request lacks 'prompt'.")
    return await _complete(resident, request, plain)


async def _complete(resident: Resident, request: Request, plain: dict[str, object]) -> Response:
    if "prompt" in plain:
        plain["prompt"] = out_of_a_list(plain["prompt"])
    if "stop" in plain:
        plain["stop"] = in_a_list(plain["stop"])
    if "n" in plain:
        plain.setdefault("n_cmpl", plain["n"])
    body = from_plain(plain, Completion)
    place = body.place
    if body.n_predict == 0:
        model = resident.health().model or ""
        made = Infill(("",), ((),), "budget", 0, 0, "", model, "")
    else:
        # in a thread, for it may have to guess the language
        wanted = await asyncio.to_thread(place.request, body.budget, body.seed, body.n_cmpl)
        made = await fill(resident, request, wanted)
    settings = _settings(body, resident.health().context_tokens)
    answers = [
        _answer(index, place.said(texts[0], body.stop), made)
        | {"prompt": body.prompt, "generation_settings": settings}
        for index, texts in enumerate((made.texts, *made.alternatives))
    ]
    if body.stream:
        return event_stream(*(event for answer in answers for event in _events(answer)))
    shown = [_fields(answer, body.response_fields) for answer in answers]
    return json_answer(shown[0] if body.n_cmpl == 1 else shown)


def _answer(index: int, said: Said, made: Infill) -> Answer:
    stop_type = "eos" if made.finish == "settled" else "limit"
    return {
        "index": index,
        "content": said.text,
        "tokens": [],
        "stop": True,
        "model": made.model,
        "tokens_predicted": made.tokens,
        "tokens_evaluated": made.prompt_tokens,
        "has_new_line": "\n" in said.text,
        "truncated": False,
        "stop_type": "word" if said.stopped_by else stop_type,
        "stopping_word": said.stopped_by,
        "tokens_cached": made.cached_tokens,
        "timings": _timings(made),
    }


def _settings(body: Completion, context_tokens: int | None) -> Answer:
    return {
        "n_ctx": context_tokens,
        "n_predict": body.n_predict,
        "n_cmpl": body.n_cmpl,
        "seed": body.seed,
        "stop": body.stop,
        "stream": body.stream,
        "t_max_predict_ms": body.t_max_predict_ms,
    }


def _timings(made: Infill) -> dict[str, float]:
    """llama.cpp's names; what was in the prefix KV cache already is no part of the prompt's."""
    read = made.prompt_tokens - made.cached_tokens
    reading = made.timings_ms.get("prefill", 0.0)
    writing = made.timings_ms.get("draft", 0.0) + made.timings_ms.get("denoise", 0.0)
    return {
        "cache_n": made.cached_tokens,
        **_pace("prompt", read, reading),
        **_pace("predicted", made.candidate_tokens, writing),
    }


def _pace(name: str, tokens: int, ms: float) -> dict[str, float]:
    return {
        f"{name}_n": tokens,
        f"{name}_ms": ms,
        f"{name}_per_token_ms": ms / tokens if tokens else 0.0,
        f"{name}_per_second": 1000 * tokens / ms if ms else 0.0,
    }


def _fields(answer: Answer, paths: Sequence[str]) -> Answer:
    """What the request wants to see: of `timings/prompt_n` the value, under that whole name."""
    if not paths:
        return answer
    found: Answer = {}
    for path in paths:
        value: object = answer
        for name in path.split("/"):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            found[path] = value
    return found


def _events(answer: Answer) -> tuple[Answer, Answer]:
    """The text, and then all the rest: so llama.cpp ends a stream."""
    first = {
        "index": answer["index"],
        "content": answer["content"],
        "tokens": [],
        "stop": False,
        "tokens_predicted": answer["tokens_predicted"],
        "tokens_evaluated": answer["tokens_evaluated"],
    }
    return first, answer | {"content": ""}
