"""Tokens: TCP callers need one, Unix sockets need none, and nothing passes by mistake."""

import pytest

from fillwright.engine.daemon.access import BearerToken, Network, read_token
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
    await BearerToken(app, {8411: TOKEN})(scope, None, send)
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
        read_token(None)
    with pytest.raises(BadRequest, match="cannot be read"):
        read_token(tmp_path / "missing")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(BadRequest, match="needs a bearer token"):
        read_token(tmp_path / "empty")
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert read_token(tmp_path / "token") == TOKEN
    monkeypatch.setenv("FILLWRIGHT_TOKEN", TOKEN)
    assert read_token(None) == TOKEN


@pytest.mark.parametrize("weak", ["", "short", "ü" * 20])
def test_a_weak_token_is_refused(weak):
    with pytest.raises(BadRequest, match="at least 16 ASCII characters"):
        Network("0.0.0.0", 8411, weak)
