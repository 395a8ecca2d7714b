"""Who may call the daemon: this user through the private socket, others with a bearer token.

Knows nothing of what is asked. The folder of the socket has let in nobody but its owner; a TCP
port is open to every program and user of the machine, so each has a token.
"""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fillwright.engine.daemon.wire import event_to_json
from fillwright.engine.errors import BadRequest

TOKEN_VARIABLE = "FILLWRIGHT_TOKEN"
TOKEN_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Network:
    """A TCP address to serve as well, and the token that its callers must send."""

    host: str
    port: int
    token: str

    def __post_init__(self) -> None:
        if len(self.token) < TOKEN_CHARACTERS or not self.token.isascii():
            raise BadRequest(
                f"The token for {self.host} must have at least {TOKEN_CHARACTERS} ASCII characters."
            )


def read_token(file: Path | None) -> str:
    """The token in `file`, or in $FILLWRIGHT_TOKEN; never an argument, which others could see.

    Raises `BadRequest` when there is none.
    """
    try:
        token = file.read_text() if file is not None else os.environ.get(TOKEN_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"The token file {file} cannot be read.") from error
    if not token.strip():
        raise BadRequest(
            f"Serving other machines needs a bearer token: set {TOKEN_VARIABLE} or name a file."
        )
    return token.strip()


class BearerToken:
    """ASGI middleware: connections to a port in `tokens` need its token, Unix sockets need none.

    A page in a browser may use a port as any program may, if it has the token: its browser asks
    first, without one, and is told so.
    """

    def __init__(self, app: ASGIApp, tokens: Mapping[int, str]) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, port = scope["server"]
        if port is None:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        open_send = _open_to_pages(send)
        if scope.get("method") == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(headers, open_send)
        elif self._allows(port, headers.get("authorization", "")):
            await self._app(scope, receive, open_send)
        else:
            await _refuse(open_send)

    def _allows(self, port: int, authorization: str) -> bool:
        expected = f"Bearer {self._tokens[port]}"
        return hmac.compare_digest(authorization.encode(), expected.encode())


async def _refuse(send: Send) -> None:
    body = event_to_json(BadRequest("Send the engine's token as `Authorization: Bearer ...`."))
    headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": f'{{"error": {body}}}'.encode()})


async def _preflight(asked: Headers, send: Send) -> None:
    """Allow what a browser asks for: the request itself needs the token all the same."""
    allowed = asked.get("access-control-request-headers", "authorization, content-type")
    headers = [
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", allowed.encode("latin-1")),
        (b"access-control-max-age", b"86400"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _open_to_pages(send: Send) -> Send:
    async def send_open(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"access-control-allow-origin", b"*")]
            message = {**message, "headers": headers}
        await send(message)

    return send_open
