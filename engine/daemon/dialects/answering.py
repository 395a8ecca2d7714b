"""From another protocol's request to our fill, and back to its JSON.

Knows HTTP; knows no protocol's fields.
"""

import asyncio
import json

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from fillwright.engine.daemon.live_fill import LiveFill
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.daemon.wire import parse_json
from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.engine.request import Infill, InfillRequest

DONE = "[DONE]"
"""The last event of OpenAI's streams."""


async def given(request: Request) -> dict[str, object]:
    """The fields of a JSON object that are not null: null means the default in every protocol.

    Raises `BadRequest` with a sentence.
    """
    plain = parse_json(await request.body())
    if not isinstance(plain, dict):
        raise BadRequest("The request must be a JSON object.")
    return {name: value for name, value in plain.items() if value is not None}


def user_of(request: Request) -> str:
    """Who asks: the id of one of those who share the daemon, or "" for its owner."""
    user: str = request.state.user
    return user


def in_a_list(value: object) -> object:
    """A bare string as a list of one: how both are allowed to say stop strings."""
    return [value] if isinstance(value, str) else value


def out_of_a_list(value: object) -> object:
    """The only one of a list: how a single prompt may be sent."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


async def fill(resident: Resident, request: Request, wanted: InfillRequest) -> Infill:
    """The fill. Raises `ClientDisconnect`, the work being cancelled, when nobody waits for it."""
    live = LiveFill(resident, wanted, user_of(request))
    finished = asyncio.ensure_future(live.outcome())
    left = asyncio.ensure_future(_disconnect(request))
    try:
        await asyncio.wait({finished, left}, return_when=asyncio.FIRST_COMPLETED)
        if not finished.done():
            raise ClientDisconnect
        outcome = finished.result()
    finally:
        live.cancel()
        finished.cancel()
        left.cancel()
    if isinstance(outcome, FillwrightError):
        raise outcome
    return outcome


def json_answer(answer: object, status_code: int = 200) -> Response:
    """One JSON value."""
    return Response(_text(answer), status_code, media_type="application/json")


def event_stream(*events: object) -> Response:
    """Server-sent events, all at once: a fill settles as a whole."""
    said = (event if isinstance(event, str) else _text(event) for event in events)
    text = "".join(f"data: {each}\n\n" for each in said)
    return Response(text, media_type="text/event-stream")


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _text(answer: object) -> str:
    """Compact, as llama.cpp writes it: llama.vim takes no other. All of it ASCII, for a broken
    document may have lone surrogates."""
    return json.dumps(answer, separators=(",", ":"))
