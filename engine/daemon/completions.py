"""Other people's completion protocols over our fills: OpenAI's and llama.cpp's.

Knows their JSON, and nothing of how fills are made. Both send what stands before and behind one
hole. Their knobs of left-to-right sampling (temperature, top_p, penalties ...) have no meaning
for an engine that denoises and are passed over; what would change the answer's form is refused.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from fillwright.engine.daemon.live_fill import LiveFill
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.wire import from_plain, parse_json
from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest, Snippet

TOKENS = 128


@dataclass(frozen=True)
class OpenAiCompletion:
    """What we read of the body of `/v1/completions`; `language` is our addition."""

    prompt: str
    suffix: str = ""
    max_tokens: int = TOKENS
    n: int = 1
    seed: int = 0
    stop: tuple[str, ...] = ()
    stream: bool = False
    echo: bool = False
    logprobs: int | None = None
    language: str = "plaintext"

    def __post_init__(self) -> None:
        if self.echo or self.logprobs is not None:
            raise ValueError("this engine has no echo and no logprobs")


@dataclass(frozen=True)
class LlamaCppExtra:
    """A piece of another file."""

    text: str
    filename: str = ""


@dataclass(frozen=True)
class LlamaCppInfill:
    """What we read of the body of `/infill`; `prompt` is what already stands in the hole."""

    input_prefix: str
    input_suffix: str
    prompt: str = ""
    input_extra: tuple[LlamaCppExtra, ...] = ()
    n_predict: int = TOKENS
    t_max_predict_ms: float = 0
    seed: int = 0
    stop: tuple[str, ...] = ()
    stream: bool = False
    language: str = "plaintext"


async def openai(resident: Resident, request: Request) -> Response:
    """Answer `/v1/completions`; `max_tokens` defaults to 128, as nobody wants OpenAI's 16."""
    plain = _given(await request.body())
    if isinstance(plain.get("stop"), str):
        plain["stop"] = [plain["stop"]]
    body = from_plain(plain, OpenAiCompletion)
    wanted = _around_hole(
        body.prompt,
        body.suffix,
        language=body.language,
        candidates=body.n,
        tokens=body.max_tokens,
        seed=body.seed,
    )
    infill = await _fill(resident, request, wanted)
    line_end = "\r\n" if "\r\n" in body.prompt + body.suffix else "\n"
    choices = [
        {
            "index": index,
            "text": _until(body.stop, texts[0]).replace("\n", line_end),
            "logprobs": None,
            "finish_reason": "stop" if infill.finish == "settled" else "length",
        }
        for index, texts in enumerate((infill.texts, *infill.alternatives))
    ]
    answer = {
        "id": f"cmpl-{uuid.uuid4().hex}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": infill.model,
        "choices": choices,
    }
    if body.stream:
        return _event_stream(_text(answer), "[DONE]")
    return _json(answer)


async def llama_cpp(resident: Resident, request: Request) -> Response:
    """Answer `/infill`. With `n_predict` 0, which warms llama.cpp's cache, it fills nothing."""
    body = from_plain(_given(await request.body()), LlamaCppInfill)
    prefix, suffix = body.input_prefix + body.prompt, body.input_suffix
    answer: dict[str, object] = {"index": 0, "content": "", "stop": True, "tokens_predicted": 0}
    if body.n_predict != 0:
        wanted = _around_hole(
            prefix,
            suffix,
            language=body.language,
            context=tuple(Snippet(extra.filename, _lf(extra.text)) for extra in body.input_extra),
            tokens=TOKENS if body.n_predict < 0 else body.n_predict,
            deadline_ms=body.t_max_predict_ms or None,
            seed=body.seed,
        )
        infill = await _fill(resident, request, wanted)
        line_end = "\r\n" if "\r\n" in prefix + suffix else "\n"
        answer |= {
            "content": _until(body.stop, infill.texts[0]).replace("\n", line_end),
            "stop_type": "eos" if infill.finish == "settled" else "limit",
            "tokens_predicted": infill.tokens,
            "model": infill.model,
            "timings": dict(infill.timings_ms),
        }
    return _event_stream(_text(answer)) if body.stream else _json(answer)


def _given(body: bytes) -> dict[str, object]:
    """The fields of a JSON object that are not null: null means the default in both protocols."""
    plain = parse_json(body)
    if not isinstance(plain, dict):
        raise BadRequest("The request must be a JSON object.")
    return {name: value for name, value in plain.items() if value is not None}


def _around_hole(
    prefix: str,
    suffix: str,
    *,
    language: str,
    tokens: int,
    seed: int,
    candidates: int = 1,
    deadline_ms: float | None = None,
    context: tuple[Snippet, ...] = (),
) -> InfillRequest:
    before, behind = _lf(prefix), _lf(suffix)
    try:
        return InfillRequest(
            document=before + behind,
            holes=(Hole(len(before), len(before)),),
            language=language,
            context=context,
            candidates=candidates,
            budget=Budget(tokens=tokens, deadline_ms=deadline_ms),
            seed=seed,
        )
    except ValueError as error:
        raise BadRequest(f"The request cannot be used: {error}.") from error


async def _fill(resident: Resident, request: Request, wanted: InfillRequest) -> Infill:
    """The fill. Raises `ClientDisconnect`, the work being cancelled, when nobody waits for it."""
    fill = LiveFill(resident, wanted)
    finished = asyncio.ensure_future(fill.outcome())
    left = asyncio.ensure_future(_disconnect(request))
    try:
        await asyncio.wait({finished, left}, return_when=asyncio.FIRST_COMPLETED)
        if not finished.done():
            raise ClientDisconnect
        outcome = finished.result()
    finally:
        fill.cancel()
        finished.cancel()
        left.cancel()
    if isinstance(outcome, FillwrightError):
        raise outcome
    return outcome


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _until(stop: Sequence[str], text: str) -> str:
    """`text` up to the first of the stop strings."""
    return text[: min((text.find(mark) for mark in stop if mark and mark in text), default=None)]


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _json(answer: object) -> Response:
    return Response(_text(answer), media_type="application/json")


def _text(answer: object) -> str:
    """Compact, as llama.cpp writes it: llama.vim takes no other. All of it ASCII, for a broken
    document may have lone surrogates."""
    return json.dumps(answer, separators=(",", ":"))


def _event_stream(*data: str) -> Response:
    """A fill settles as a whole, so its stream is one event, and the end mark of the protocol."""
    text = "".join(f"data: {each}\n\n" for each in data)
    return Response(text, media_type="text/event-stream")
