"""Tokens: TCP callers need one, Unix sockets need none, and nothing passes by mistake."""

import json

import pytest

from fillwright.engine.daemon.access import PRIVATE, BearerToken, read_users
from fillwright.engine.daemon.users import User
from fillwright.engine.errors import BadRequest

TOKEN = "a-token-of-some-length"


async def status(server, *headers):
    """The status that a caller gets from an application that answers 200, guarded for port 8411."""
    return (await answered(server, *headers))["status"]


async def answered(server, *headers, method="GET"):

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    sent = []
    scope = {"type": "http", "server": server, "method": method, "headers": list(headers)}
    await BearerToken(app, {8411: (User(TOKEN),)})(scope, None, send)
    return sent[0]


def authorization(value):
    return (b"authorization", value.encode("latin-1"))


async def test_a_unix_socket_needs_no_token():
    assert await status(("/run/user/1000/fillwright/engine.sock", None)) == 200


async def test_a_port_needs_its_token():
    here = ("192.0.2.1", 8411)
    assert await status(here, authorization(f"Bearer {TOKEN}")) == 200
    assert await status(here) == 401
    for wrong in ("", TOKEN, "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer é"):
        assert await status(here, authorization(wrong)) == 401, wrong


async def test_a_page_in_a_browser_may_ask_a_port_if_it_has_the_token():
    here = ("192.0.2.1", 8411)
    asked = [
        (b"origin", b"https://editor.example"),
        (b"access-control-request-method", b"POST"),
        (b"access-control-request-headers", b"authorization,x-stainless-os"),
    ]
    preflight = await answered(here, *asked, method="OPTIONS")
    allowed = dict(preflight["headers"])
    assert preflight["status"] == 204
    assert allowed[b"access-control-allow-origin"] == b"*"
    assert allowed[b"access-control-allow-methods"] == b"GET, POST"
    assert allowed[b"access-control-allow-headers"] == b"authorization,x-stainless-os"
    for header, code in ((authorization(f"Bearer {TOKEN}"), 200), (authorization("no"), 401)):
        answer = await answered(here, header, method="POST")
        assert answer["status"] == code
        assert dict(answer["headers"])[b"access-control-allow-origin"] == b"*"
    # no question, and no token
    assert (await answered(here, method="OPTIONS"))["status"] == 401
    private = await answered(("engine.sock", None), *asked, method="OPTIONS")
    assert private["headers"] == []


async def test_a_port_without_a_token_and_an_unknown_caller_get_nothing():
    with pytest.raises(KeyError):
        await status(("127.0.0.1", 80), authorization(f"Bearer {TOKEN}"))
    with pytest.raises(TypeError):
        await status(None, authorization(f"Bearer {TOKEN}"))


def test_a_token_comes_from_a_file_or_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("FILLWRIGHT_TOKEN", raising=False)
    with pytest.raises(BadRequest, match="needs a bearer token"):
        read_users(None)
    with pytest.raises(BadRequest, match="cannot be read"):
        read_users(tmp_path / "missing")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(BadRequest, match="needs a bearer token"):
        read_users(tmp_path / "empty")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert read_users(tmp_path / "token") == (User(TOKEN),)
    monkeypatch.setenv("FILLWRIGHT_TOKEN", TOKEN)
    assert read_users(None) == (User(TOKEN),)


class Door:
    """Port 8411 with these users, at a time that a test sets."""

    def __init__(self, *users, private=None):
        self.now = 100.0
        self.callers = []
        self._guard = BearerToken(self._app, {8411: users}, private, lambda: self.now)

    async def _app(self, scope, receive, send):
        self.callers.append(scope["state"]["user"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(self, token, method="POST", port=8411):
        """Status, headers and body of the answer."""
        sent = []

        async def send(message):
            sent.append(message)

        headers = [authorization(f"Bearer {token}")]
        scope = {"type": "http", "server": ("here", port), "method": method, "headers": headers}
        await self._guard(scope, None, send)
        head, *rest = sent
        return head["status"], dict(head["headers"]), b"".join(part["body"] for part in rest)


async def test_each_user_has_a_token_and_the_application_learns_which():
    users = User("first-token-of-all"), User("other-token-of-all")
    door = Door(*users)
    for user in users:
        assert (await door.ask(user.token))[0] == 200
    assert (await door.ask("third-token-of-all"))[0] == 401
    await door.ask("none is needed", port=None)
    assert door.callers == [users[0].id, users[1].id, PRIVATE]


async def test_the_port_in_the_place_of_a_socket_is_the_owners():
    door = Door(User(TOKEN), private=8411)
    await door.ask(TOKEN)
    assert door.callers == [PRIVATE]


async def test_a_token_is_good_for_so_many_requests_a_minute():
    limited, free = User("first-token-of-all", 2), User("other-token-of-all")
    door = Door(limited, free)
    assert [(await door.ask(limited.token))[0] for _ in range(3)] == [200, 200, 429]
    _, headers, body = await door.ask(limited.token)
    assert headers[b"retry-after"] == b"30"
    assert json.loads(body)["error"]["message"].endswith("2 requests a minute; wait.")
    # looking costs nothing, and others are not touched
    assert (await door.ask(limited.token, "GET"))[0] == 200
    assert (await door.ask(free.token))[0] == 200
    door.now += 30
    assert [(await door.ask(limited.token))[0] for _ in range(2)] == [200, 429]
