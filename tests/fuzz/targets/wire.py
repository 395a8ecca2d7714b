"""The daemon's HTTP interface with all dialects: an input is two lines of JSON, `[method, path]`
and a body, or what is no JSON as a body. Nothing is answered with a fault of ours, and what is
refused gets a sentence.

The engine says what is asked of it in upper case, at once.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

from fillwright.engine.daemon.access import PRIVATE
from fillwright.engine.daemon.app import build_app
from fillwright.engine.daemon.metrics import Metrics
from fillwright.engine.daemon.resident import Resident
from fillwright.engine.request import (
    Doubt,
    DoubtRequest,
    Doubts,
    Draft,
    FileText,
    Infill,
    InfillRequest,
    WorkspaceMemory,
)

MOST_CANDIDATES = 8


class Forgetful:
    """Remembers nothing."""

    is_used = True

    def take(self, workspace: str, file: FileText) -> None: ...
    def renew(self, workspace: str) -> None: ...
    def forget_unused(self) -> None: ...
    def clear(self) -> None: ...
    def known(self) -> tuple[WorkspaceMemory, ...]:
        return ()


class Echo:
    """An engine without a model."""

    model_name, device, warning, languages = "echo", "none", None, ("python",)
    context_tokens, doubts_by, is_calibrated = 100, None, None
    remembered = Forgetful()

    def infill(
        self, request: InfillRequest, cancelled: Callable[[], bool]
    ) -> Iterator[Draft | Infill]:
        texts = tuple(request.document[:200].upper() for _ in request.holes)
        yield Draft(1, 0, texts, tuple(((0, len(text)),) for text in texts))
        ones = tuple((1.0,) for _ in texts)
        others = (texts,) * (min(request.candidates, MOST_CANDIDATES) - 1)
        yield Infill(texts, ones, "settled", 1, 1, "draft", "echo", "none", alternatives=others)

    def doubts(self, request: DoubtRequest, cancelled: Callable[[], bool]) -> Doubts:
        places = (Doubt(request.start, request.end, "x", 1.0),)
        return Doubts(places, request.end, "causal", "settled", "echo", "none")


RESIDENT = Resident(lambda progress: Echo())
APP = build_app(RESIDENT, Metrics())
LOOP = asyncio.new_event_loop()


def run(data: bytes) -> None:
    first, _, body = data.partition(b"\n")
    try:
        method, path = json.loads(first)
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": str(method),
            "path": str(path),
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "state": {"user": PRIVATE},
        }
    except (ValueError, TypeError, RecursionError):
        return
    status, answer = LOOP.run_until_complete(asyncio.wait_for(asked(scope, body), 15))
    assert status in (200, 400, 404, 405, 503), (status, answer)
    if status in (400, 404, 405) and method != "HEAD":
        assert json.loads(answer)["error"]["message"].strip()


async def asked(scope: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    """Status and body of an answer, as a server for ASGI gets them."""
    given = [{"type": "http.request", "body": body}]
    sent: list[dict[str, Any]] = []
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if given:
            return given.pop()
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    try:
        await APP(scope, receive, send)  # type: ignore[arg-type]
    finally:
        ended.set()
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])
