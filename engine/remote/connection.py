"""HTTP to the server that the user has named, with manners: deadlines, one retry, patience, and a
limit of what is asked at once.

Knows httpx; knows nothing of prompts or of what the answers mean.
"""

import asyncio
import json
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from fillwright.engine.errors import EngineFailed, FillwrightError
from fillwright.engine.remote.breaker import Breaker
from fillwright.engine.remote.names import may_be_same
from fillwright.engine.remote.question import Format
from fillwright.engine.remote.refusals import NOT_OFFERED, Refusals
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.remote.streams import BadAnswerError, bounded, objects, plain
from fillwright.engine.remote.transport import transport_to

AT_ONCE = 4
BUSY = (429, 503)
# what a router says whose server broke off
BROKEN_BEHIND = 502
LEFTOVER_S = 0.1
HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Content-Type": "application/json",
    "User-Agent": "fillwright",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for connecting, from there to the first byte, between two, and for all of it."""

    connect_s: float = 5
    first_byte_s: float = 30
    stall_s: float = 15
    whole_s: float = 120


PATIENCE = Patience()


class Connection:
    """Requests to one server, at most `AT_ONCE` at the same time. Belongs to one event loop.

    Raises `BadRequest` when the settings do not allow it.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        patience: Patience = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        address, key = settings.address(), settings.key()
        self.host = address.host
        self.breaker = Breaker(address.host, clock)
        self._refusals = Refusals(settings, address.host)
        self._patience = patience
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._base = address.base
        self._urls: dict[str, httpx.URL] = {}
        self._headers = HEADERS | ({"Authorization": f"Bearer {key}"} if key else {})
        timeout = httpx.Timeout(patience.stall_s, connect=patience.connect_s, read=None)
        self._options = {"timeout": timeout.as_dict()}
        self._transport = transport_to(address)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON of an answer; GET without a body. Raises as `events` does."""
        async with self._answer(path, body) as answer:
            whole = b"".join([chunk async for chunk in bounded(self._chunks(answer))])
            return plain(whole)

    async def events(
        self, path: str, body: dict[str, Any], form: Format = "sse"
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The JSON objects of a stream; closing the generator closes the connection.

        Raises `RefusedError` where the server does not take the request, and `EngineFailed` where
        it cannot be reached, wants patience, or gives an answer that is unusable, breaks off or is
        another model's than the one in `body`.
        """
        async with self._answer(path, body) as answer:
            chunks = self._chunks(answer)
            async for event in objects(chunks, form):
                if event.get("error"):
                    raise self._refusals.of_event(event["error"])
                self._check_model(body.get("model"), event.get("model"))
                yield event
            # a body that was read to its end leaves a connection for the next request
            with suppress(TimeoutError):
                async with asyncio.timeout(LEFTOVER_S):
                    async for _ in chunks:
                        pass

    def _check_model(self, asked: object, answered: object) -> None:
        if not (isinstance(asked, str) and isinstance(answered, str)):
            return
        if not may_be_same(asked, answered):
            raise EngineFailed(
                f"The engine at {self.host} answered with the model {answered} in place of "
                f"{asked}; set fillwright.engine.model to one that it has."
            )

    @asynccontextmanager
    async def _answer(
        self, path: str, body: dict[str, Any] | None
    ) -> AsyncIterator[httpx.Response]:
        """An answer of status 200 whose body is still to be read."""
        self.breaker.check()
        async with self._at_once:
            try:
                async with asyncio.timeout(self._patience.whole_s):
                    answer = await self._sent(path, body)
                    try:
                        if answer.status_code != 200:
                            raise await self._refusal(answer, path)
                        yield answer
                    finally:
                        await answer.aclose()
            except BadAnswerError as error:
                raise self._refusals.of_body(str(error)) from None
            except httpx.TransportError as error:
                self.breaker.failed()
                raise self._broken(error) from None
            except TimeoutError:
                self.breaker.failed()
                raise EngineFailed(
                    f"The engine at {self.host} is too slow: it did not go on in time."
                ) from None
            self.breaker.worked()

    async def _sent(self, path: str, body: dict[str, Any] | None) -> httpx.Response:
        """The head of the answer. A connection that breaks is tried once more: one that was kept
        open may have been closed by the other side meanwhile, and a router may know of others."""
        for attempt in range(2):
            request = httpx.Request(
                "GET" if body is None else "POST",
                self._url(path),
                content=None if body is None else json.dumps(body).encode(),
                headers=self._headers,
                extensions=self._options,
            )
            try:
                async with asyncio.timeout(self._patience.first_byte_s):
                    answer = await self._transport.handle_async_request(request)
                if answer.status_code != BROKEN_BEHIND or attempt:
                    return answer
                await answer.aclose()
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                if attempt:
                    raise
        raise AssertionError("a second attempt returns or raises")

    def _url(self, path: str) -> httpx.URL:
        # taken apart once: that is a tenth of what a request costs here
        if path not in self._urls:
            self._urls[path] = httpx.URL(self._base + path)
        return self._urls[path]

    async def _chunks(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        chunks = answer.aiter_bytes()
        while True:
            async with asyncio.timeout(self._patience.stall_s):
                try:
                    chunk = await anext(chunks)
                except StopAsyncIteration:
                    return
                except httpx.DecodingError:
                    raise BadAnswerError("sent a body that cannot be unpacked") from None
            yield chunk

    async def _refusal(self, answer: httpx.Response, path: str) -> FillwrightError:
        if answer.status_code in BUSY:
            self.breaker.is_busy(_seconds(answer.headers.get("retry-after", "")))
            return EngineFailed(self.breaker.sentence() or "")
        if answer.status_code >= 500 and answer.status_code != NOT_OFFERED:
            self.breaker.failed()
        try:
            body = b"".join([chunk async for chunk in bounded(self._chunks(answer))])
        except BadAnswerError:
            body = b""
        return self._refusals.of(answer.status_code, path, body)

    def _broken(self, error: httpx.TransportError) -> FillwrightError:
        if (sentence := self.breaker.sentence()) is not None:
            return EngineFailed(sentence)
        match error:
            case httpx.ConnectTimeout():
                return EngineFailed(f"The engine at {self.host} does not answer.")
            case httpx.ConnectError():
                return EngineFailed(
                    f"The engine at {self.host} cannot be reached ({_cause(error)}); start it, or "
                    "look at fillwright.engine.url."
                )
            case httpx.ProxyError():
                return EngineFailed(f"The proxy does not lead to the engine at {self.host}.")
        return EngineFailed(f"The engine at {self.host} broke off in the middle of its answer.")


def _cause(error: BaseException) -> str:
    """What the operating system or TLS says at the root of an error."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror) and error.errno:
        # asyncio puts words of its own in the place of the system's
        return os.strerror(error.errno)
    return str(getattr(error, "strerror", None) or "no connection")


def _seconds(retry_after: str) -> float | None:
    # the other form, a date, needs two clocks that agree
    return float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else None
