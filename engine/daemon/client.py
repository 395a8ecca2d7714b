"""The client of the engine daemon: fills over a private socket, starting the daemon on demand.

Knows nothing of models or of the language server. Imports no torch, and little else, because the
language server's process loads it.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from fillwright.engine.daemon import lifecycle
from fillwright.engine.daemon.http1 import Answer, Streams, exchange
from fillwright.engine.daemon.runtime_dir import EnginePlace, place_of
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.daemon.wire import (
    Health,
    error_from_plain,
    event_from_json,
    from_json,
    parse_json,
    to_json,
)
from fillwright.engine.errors import EngineFailed, EngineUnavailable, FillwrightError
from fillwright.engine.request import DoubtRequest, Doubts, Draft, Infill, InfillRequest, Memories

__all__ = ["EngineClient", "EngineSettings", "Health", "health_at"]

HEALTH_TIMEOUT_S = 10


class EngineClient:
    """One editor's view of the daemon that `settings` names. Safe to share between tasks.

    Holds no connection between calls. Every method may raise `EngineUnavailable` when the daemon
    cannot be started or reached.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings

    async def infill(self, request: InfillRequest) -> AsyncGenerator[Draft | Infill, None]:
        """Drafts as they denoise, then exactly one `Infill`.

        Starts the daemon when there is none and waits for the model to load. Closing the
        generator, or cancelling the task that reads it, stops the work within one denoise step.
        Raises `BadRequest`, `CheckpointError` or `EngineFailed`.
        """
        async with aclosing(self._events("/v1/infill", request)) as events:
            async for event in events:
                assert not isinstance(event, Doubts)
                yield event

    async def fill(
        self, request: InfillRequest, on_draft: Callable[[Draft], None] | None = None
    ) -> Infill:
        """The finished fill; `on_draft` sees every draft before it. Raises as `infill` does."""
        async with aclosing(self.infill(request)) as events:
            async for event in events:
                if isinstance(event, Infill):
                    return event
                if on_draft is not None:
                    on_draft(event)
        raise EngineFailed("The engine ended its answer without a fill.")

    async def doubts(self, request: DoubtRequest) -> Doubts:
        """The unlikely places of the request's first lines; starts and stops as `infill` does.
        Raises BadRequest, as for a model that finds none, CheckpointError or EngineFailed."""
        async with aclosing(self._events("/v1/doubts", request)) as events:
            async for event in events:
                if isinstance(event, Doubts):
                    return event
        raise EngineFailed("The engine ended before it answered.")

    async def health(self) -> Health:
        """How the daemon is. Starts nothing."""
        return await self._health("GET", "/load")

    async def remember(self, memories: Memories) -> Health:
        """Tell the daemon what files say now; with none, only that somebody works there. Starts
        nothing; a daemon of another `pid` than last time, or a workspace of another id, knows
        nothing of what was sent before."""
        return await self._health("POST", "/v1/memory", to_json(memories).encode())

    async def forget_all(self) -> Health:
        """Have the daemon forget every project. Starts nothing."""
        return await self._health("DELETE", "/v1/memory")

    async def start(self) -> Health:
        """Start the daemon when there is none; tries a failed load again. Does not wait for the
        model."""
        await lifecycle.start_once(self.settings, place_of(self.settings), self._answers)
        return await self._health("POST", "/load")

    async def stop(self) -> bool:
        """Stop the daemon; false when there is none."""
        return await lifecycle.stop(place_of(self.settings))

    async def aclose(self) -> None:
        """Nothing to let go of: a connection lives as long as its request. The daemon stays."""

    async def _events(
        self, target: str, request: InfillRequest | DoubtRequest
    ) -> AsyncGenerator[Draft | Infill | Doubts, None]:
        """What the daemon says of a request, up to its result."""
        try:
            async with self._accepted(target, to_json(request).encode()) as answer:
                async for name, data in answer.events():
                    event = event_from_json(name, data)
                    if isinstance(event, FillwrightError):
                        raise event
                    yield event
                    if not isinstance(event, Draft):
                        return
        except OSError as error:
            raise EngineFailed(
                f"The engine ended while it worked; its log is {place_of(self.settings).log}, "
                "and the next request starts it again."
            ) from error

    @asynccontextmanager
    async def _accepted(self, target: str, body: bytes) -> AsyncIterator[Answer]:
        """The answer of a daemon that took the request.

        One that is not there, or leaves before it took the request, is started, once.
        """
        async with AsyncExitStack() as stack:
            try:
                answer = await self._ask(stack, target, body)
            except (OSError, EngineUnavailable):
                await self.start()
                try:
                    answer = await self._ask(stack, target, body)
                except OSError as error:
                    raise EngineUnavailable(
                        "The engine was started but does not take requests; its log is "
                        f"{place_of(self.settings).log}."
                    ) from error
            yield answer

    async def _ask(self, stack: AsyncExitStack, target: str, body: bytes) -> Answer:
        """The answer to a request that was taken; `stack` closes the connection.

        Raises `OSError` when there is no daemon, and what the daemon says when it refuses.
        """
        streams, token = await _connect(place_of(self.settings))
        answer = await stack.enter_async_context(exchange(streams, "POST", target, body, token))
        if answer.status != 200:
            raise error_from_plain(parse_json(await answer.body())["error"])
        return answer

    async def _answers(self) -> bool:
        return (await self.health()).status != "stopped"

    async def _health(self, method: str, target: str, body: bytes = b"") -> Health:
        return await health_at(place_of(self.settings), method, target, body)


async def health_at(
    place: EnginePlace, method: str = "GET", target: str = "/load", body: bytes = b""
) -> Health:
    """How the daemon of a place is, whatever its settings. Starts nothing."""
    try:
        async with asyncio.timeout(HEALTH_TIMEOUT_S):
            streams, token = await _connect(place)
            async with exchange(streams, method, target, body, token) as answer:
                return from_json(await answer.body(), Health)
    except TimeoutError:
        return Health("failed", reason="The engine runs but does not answer; stop it first.")
    except OSError:
        return Health("stopped")


async def _connect(place: EnginePlace) -> tuple[Streams, str | None]:
    """Streams to the daemon, and the token it asks for. Raises `OSError` when there is none."""
    if place.has_unix_socket:
        return await asyncio.open_unix_connection(place.socket), None
    # the port of a killed daemon may be a stranger's by now: it must not see code or token
    if not lifecycle.is_alive(place):
        raise ConnectionRefusedError(f"no daemon holds {place.name}")
    loopback = json.loads(place.loopback.read_text())
    return await asyncio.open_connection("127.0.0.1", loopback["port"]), loopback["token"]
