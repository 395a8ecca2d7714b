"""The daemon's HTTP interface: our own `/v1/infill`, `/v1/doubts`, `/load` and metrics; others' in
`dialects`.

Knows nothing of sockets, processes or who may call (`server`), and nothing of models.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from fillwright.engine.daemon.dialects import about, llama_cpp, mistral, openai
from fillwright.engine.daemon.dialects.answering import given, user_of
from fillwright.engine.daemon.live_fill import LiveFill
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.daemon.resident import EngineBusy, Resident
from fillwright.engine.daemon.wire import event_name, event_to_json, from_json, to_json
from fillwright.engine.errors import BadRequest, EngineFailed, EngineUnavailable, FillwrightError
from fillwright.engine.request import DoubtRequest, InfillRequest, Memories

Handler = Callable[[Resident, Request], Awaitable[Response]]
FAILED = 500
STATUSES: Mapping[type[FillwrightError], int] = {
    BadRequest: 400,
    about.UnknownModel: 404,
    EngineBusy: 429,
    EngineUnavailable: 503,
}
"""Of each error that is not a failure of the engine."""


def build_app(resident: Resident, metrics: Metrics) -> Starlette:
    """The application over `resident`; errors are `{"error": {"type", "message"}}`."""

    def route(path: str, method: str, handler: Handler) -> Route:
        return Route(path, partial(handler, resident), methods=[method])

    async def count(resident: Resident, request: Request) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Starlette(
        routes=[
            route("/v1/infill", "POST", infill),
            route("/v1/doubts", "POST", doubts),
            route("/load", "GET", health),
            route("/v1/memory", "POST", memory),
            route("/v1/memory", "DELETE", forget),
            route("/load", "POST", load),
            route("/metrics", "GET", count),
            *(route(path, method, handler) for (path, method), handler in OTHERS.items()),
        ],
        exception_handlers={
            FillwrightError: _refuse,
            HTTPException: _refuse,
            Exception: _refuse,
            ClientDisconnect: _nobody_reads,
        },
    )


async def completions(resident: Resident, request: Request) -> Response:
    """llama.cpp's `/completion` by another name, unless the body has what only OpenAI's must have:
    so it comes from a client whose base URL ends before `/v1`."""
    plain = await given(request)
    is_openai = "model" in plain and "n_predict" not in plain
    return await (openai.complete if is_openai else llama_cpp.completion)(resident, request)


OTHERS: Mapping[tuple[str, str], Handler] = {
    ("/v1/completions", "POST"): openai.complete,
    # DeepSeek's
    ("/beta/completions", "POST"): openai.complete,
    ("/v1/beta/completions", "POST"): openai.complete,
    ("/v1/fim/completions", "POST"): mistral.fill_in_the_middle,
    ("/fim/completions", "POST"): mistral.fill_in_the_middle,
    ("/infill", "POST"): llama_cpp.infill,
    ("/completion", "POST"): llama_cpp.completion,
    ("/completions", "POST"): completions,
    ("/v1/models", "GET"): about.models,
    ("/v1/models/{id:path}", "GET"): about.model,
    ("/models", "GET"): about.models,
    ("/models/{id:path}", "GET"): about.model,
    ("/props", "GET"): about.props,
    ("/health", "GET"): about.health,
    ("/v1/health", "GET"): about.health,
}
"""What other people's clients call."""


async def infill(resident: Resident, request: Request) -> Response:
    """`InfillRequest` in; server-sent events out: `draft`s, then one `infill` or `error`."""
    wanted, user = from_json(await request.body(), InfillRequest), user_of(request)
    if user and wanted.adapter:
        raise BadRequest("An adapter's folder is the engine's own user's to name; ask without one.")
    if user:
        # whose name one user gives is not for another to know of
        wanted = replace(wanted, workspace="")
    return FillStream(LiveFill(resident, wanted, user))


async def doubts(resident: Resident, request: Request) -> Response:
    """`DoubtRequest` in; server-sent events out: one `doubts` or `error`."""
    wanted = from_json(await request.body(), DoubtRequest)
    return FillStream(LiveFill(resident, wanted, user_of(request)))


async def memory(resident: Resident, request: Request) -> Response:
    """`Memories` in, which are taken in while no fill waits; answers as `/load`, whose process
    and workspaces tell a client whether what it sent before is still there. For the owner alone."""
    _only_owner(request)
    resident.remember(from_json(await request.body(), Memories))
    return await health(resident, request)


async def forget(resident: Resident, request: Request) -> Response:
    """Forget every project. For the owner alone."""
    _only_owner(request)
    await asyncio.to_thread(resident.forget_all)
    return await health(resident, request)


async def health(resident: Resident, request: Request) -> Response:
    """`Health`, for our own client: status 200 when the model is ready, 503 when it is not."""
    now = replace(resident.health(), pid=os.getpid())
    if user_of(request):
        now = replace(now, remembered=(), to_remember=0)
    status_code = 200 if now.status == "ready" else 503
    return Response(to_json(now), status_code, media_type="application/json")


async def load(resident: Resident, request: Request) -> Response:
    """Try a failed load again."""
    resident.start()
    return await health(resident, request)


def _only_owner(request: Request) -> None:
    if user_of(request):
        raise BadRequest("Only the daemon's owner has files remembered by it.")


class FillStream(StreamingResponse):
    """A fill as server-sent events; it is cancelled when the client closes the connection."""

    def __init__(self, fill: LiveFill) -> None:
        super().__init__(
            _as_server_sent_events(fill),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )
        self._fill = fill

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._fill.cancel()


async def _as_server_sent_events(fill: LiveFill) -> AsyncIterator[str]:
    async for event in fill.events():
        yield f"event: {event_name(event)}\ndata: {event_to_json(event)}\n\n"


async def _refuse(request: Request, error: Exception) -> Response:
    match error:
        case HTTPException():
            status_code = error.status_code
            said: FillwrightError = BadRequest(f"No {request.method} {request.url.path} here.")
        case FillwrightError():
            status_code, said = STATUSES.get(type(error), FAILED), error
        case _:
            status_code, said = FAILED, EngineFailed("The engine failed; its log says where.")
    body = f'{{"error": {event_to_json(said)}}}'
    return Response(body, status_code, media_type="application/json")


async def _nobody_reads(request: Request, error: Exception) -> Response:
    return Response(status_code=499)
