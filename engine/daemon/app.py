"""The daemon's HTTP interface: our own `/v1/infill`, health and metrics; others' in `completions`.

Knows nothing of sockets, processes or who may call (`server`), and nothing of models.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from fillwright.engine.daemon import completions
from fillwright.engine.daemon.live_fill import LiveFill
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.daemon.resident import EngineBusy, Resident
from fillwright.engine.daemon.wire import event_name, event_to_json, from_json, to_json
from fillwright.engine.errors import BadRequest, EngineFailed, EngineUnavailable, FillwrightError
from fillwright.engine.request import InfillRequest, Memories

Handler = Callable[[Resident, Request], Awaitable[Response]]


def build_app(resident: Resident, metrics: Metrics) -> Starlette:
    """The application over `resident`; errors are `{"error": {"type", "message"}}`."""

    def route(path: str, method: str, handler: Handler) -> Route:
        return Route(path, partial(handler, resident), methods=[method])

    async def count(resident: Resident, request: Request) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Starlette(
        routes=[
            route("/v1/infill", "POST", infill),
            route("/v1/completions", "POST", completions.openai),
            route("/infill", "POST", completions.llama_cpp),
            route("/v1/memory", "POST", memory),
            route("/health", "GET", health),
            route("/load", "POST", load),
            route("/metrics", "GET", count),
        ],
        exception_handlers={
            FillwrightError: _refuse,
            HTTPException: _refuse,
            Exception: _refuse,
            ClientDisconnect: _nobody_reads,
        },
    )


async def infill(resident: Resident, request: Request) -> Response:
    """`InfillRequest` in; server-sent events out: `draft`s, then one `infill` or `error`."""
    return FillStream(LiveFill(resident, from_json(await request.body(), InfillRequest)))


async def memory(resident: Resident, request: Request) -> Response:
    """`Memories` in, which are taken in while no fill waits; answers as `/health`, whose process
    tells a client whether what it sent before is still there."""
    resident.remember(from_json(await request.body(), Memories))
    return await health(resident, request)


async def health(resident: Resident, request: Request) -> Response:
    """`Health`: status 200 when the model is ready, 503 when it is not."""
    now = replace(resident.health(), pid=os.getpid())
    status_code = 200 if now.status == "ready" else 503
    return Response(to_json(now), status_code, media_type="application/json")


async def load(resident: Resident, request: Request) -> Response:
    """Try a failed load again; answers as `/health`."""
    resident.start()
    return await health(resident, request)


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
            codes = {BadRequest: 400, EngineBusy: 429, EngineUnavailable: 503}
            status_code, said = codes.get(type(error), 500), error
        case _:
            status_code, said = 500, EngineFailed("The engine failed; its log says where.")
    body = f'{{"error": {event_to_json(said)}}}'
    return Response(body, status_code, media_type="application/json")


async def _nobody_reads(request: Request, error: Exception) -> Response:
    return Response(status_code=499)
