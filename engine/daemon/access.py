"""Who may call the daemon: this user through the private socket, others with a bearer token.

Knows nothing of what is asked. The folder of the socket has let in nobody but its owner; a TCP
port is open to every program and user of the machine, so each has a token.
"""

import hmac
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fillwright.engine.daemon.users import Allowance, User, users_in
from fillwright.engine.daemon.wire import event_to_json
from fillwright.engine.errors import BadRequest, EngineFailed, FillwrightError

TOKEN_VARIABLE = "FILLWRIGHT_TOKEN"
PRIVATE = ""
"""Who calls by the private socket."""


@dataclass(frozen=True, slots=True)
class Network:
    """A TCP address to serve as well, and whose tokens its callers may send."""

    host: str
    port: int
    users: tuple[User, ...]


def read_users(file: Path | None) -> tuple[User, ...]:
    """Those with the tokens in `file`, or in $FILLWRIGHT_TOKEN; never in an argument, which others
    could see.

    Raises `BadRequest` when there is none.
    """
    try:
        text = file.read_text() if file is not None else os.environ.get(TOKEN_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"The token file {file} cannot be read.") from error
    users = users_in(text)
    if not users:
        raise BadRequest(
            f"Serving other machines needs a bearer token: set {TOKEN_VARIABLE} or name a file."
        )
    return users


class BearerToken:
    """ASGI middleware: connections to a port in `doors` need the token of one of its users, Unix
    sockets need none. `private` is the port that stands in for a Unix socket, if one does.

    The application finds in `scope["state"]["user"]` who calls, `PRIVATE` or a user's id. A page in
    a browser may use a port as any program may, if it has the token: its browser asks first,
    without one, and is told so. `clock` gives seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        doors: Mapping[int, Sequence[User]],
        private: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._private = private
        self._clock = clock
        self._doors = {
            port: [(user, Allowance(user.per_minute, clock())) for user in users]
            for port, users in doors.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, port = scope["server"]
        if port is None:
            await self._app(_called_by(PRIVATE, scope), receive, send)
            return
        headers = Headers(scope=scope)
        open_send = _open_to_pages(send)
        if scope.get("method") == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(headers, open_send)
        elif (caller := self._caller(port, headers.get("authorization", ""))) is None:
            await _refuse(open_send, 401, NO_TOKEN, (b"www-authenticate", b"Bearer"))
        else:
            user, allowance = caller
            wait_s = allowance.take(self._clock()) if scope["method"] == "POST" else 0
            if wait_s > 0:
                after = (b"retry-after", str(math.ceil(wait_s)).encode())
                await _refuse(open_send, 429, _too_many(user), after)
                return
            who = PRIVATE if port == self._private else user.id
            await self._app(_called_by(who, scope), receive, open_send)

    def _caller(self, port: int, authorization: str) -> tuple[User, Allowance] | None:
        found = None
        for user, allowance in self._doors[port]:
            expected = f"Bearer {user.token}"
            # all of them, so that the time it takes says nothing
            if hmac.compare_digest(authorization.encode(), expected.encode()):
                found = user, allowance
        return found


NO_TOKEN = BadRequest("Send the engine's token as `Authorization: Bearer ...`.")


def _too_many(user: User) -> FillwrightError:
    return EngineFailed(f"This token is good for {user.per_minute} requests a minute; wait.")


def _called_by(who: str, scope: Scope) -> Scope:
    return {**scope, "state": {**scope.get("state", {}), "user": who}}


async def _refuse(
    send: Send, status: int, error: FillwrightError, header: tuple[bytes, bytes]
) -> None:
    headers = [(b"content-type", b"application/json"), header]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    body = f'{{"error": {event_to_json(error)}}}'.encode()
    await send({"type": "http.response.body", "body": body})


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
