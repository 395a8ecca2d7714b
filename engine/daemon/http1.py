"""One HTTP/1.1 exchange over asyncio streams, the protocol itself being h11's.

Knows nothing of fills. httpx would add 10 MB and 70 ms to every language server for what one
private socket needs: a request, an answer that may be read as it comes, and a close that the
other side sees at once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import h11

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer and the way to its body. Raises `ConnectionError` when the other
    side goes away in the middle."""

    status: int
    _reader: asyncio.StreamReader
    _connection: h11.Connection

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives."""
        while isinstance(event := await _next_event(self._reader, self._connection), h11.Data):
            yield bytes(event.data)

    async def body(self) -> bytes:
        """The whole body."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def events(self) -> AsyncIterator[tuple[str, str]]:
        """Name and data of every server-sent event of the body, for events of one data line."""
        pending = b""
        async for chunk in self.chunks():
            *complete, pending = (pending + chunk).split(b"\n\n")
            for block in complete:
                fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
                yield fields["event"], fields["data"]


@asynccontextmanager
async def exchange(
    streams: Streams, method: str, target: str, body: bytes = b"", token: str | None = None
) -> AsyncIterator[Answer]:
    """Send one request and give its answer; leaving the context closes the connection.

    Raises `ConnectionError` when the other side goes away before the head of its answer.
    """
    reader, writer = streams
    try:
        connection = h11.Connection(h11.CLIENT)
        headers = [("Host", "localhost"), ("Connection", "close")]
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        if token is not None:
            headers.append(("Authorization", f"Bearer {token}"))
        head = connection.send(h11.Request(method=method, target=target, headers=headers))
        content = connection.send(h11.Data(data=body))
        connection.send(h11.EndOfMessage())
        writer.write((head or b"") + (content or b""))
        await writer.drain()
        event = await _next_event(reader, connection)
        if not isinstance(event, h11.Response):
            raise ConnectionError(f"an HTTP answer began with {event!r}")
        yield Answer(event.status_code, reader, connection)
    finally:
        # abort, not close: what is still to be sent no longer matters, and it cannot block
        writer.transport.abort()


async def _next_event(reader: asyncio.StreamReader, connection: h11.Connection) -> h11.Event:
    try:
        while (event := connection.next_event()) is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
    except h11.RemoteProtocolError as error:
        raise ConnectionError(str(error)) from error
    if not isinstance(event, h11.Event):
        raise ConnectionError(f"an HTTP answer ended with {event!r}")
    return event
