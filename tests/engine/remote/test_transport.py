"""Certificates are verified, the user's own authority and proxy are taken, and nothing else."""

import shutil
import ssl
import subprocess

import pytest

from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.remote.connecting import look
from fillwright.engine.remote.settings import RemoteSettings
from tests.engine.remote.conftest import QUICK, ScriptedServer, fill_of, request_for, serving


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of its own for 127.0.0.1, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    folder = tmp_path_factory.mktemp("tls")
    file, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return file, key


@pytest.fixture
def secure(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = ScriptedServer(context)
    serving(server, "x")
    yield server
    server.close()


def test_a_certificate_of_nobody_known_is_refused_and_sees_no_request(secure):
    with pytest.raises(EngineFailed, match=r"cannot be reached \(self-signed certificate\)"):
        look(RemoteSettings(secure.url))
    assert secure.asked == []


def test_the_users_own_authority_is_taken(secure, certificate, monkeypatch, connected):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert fill_of(connected(secure.url), request_for("a = ‸\n")).texts == ("x",)


def test_an_authority_that_cannot_be_read_is_one_sentence(secure, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(BadRequest, match=r"certificates in .*none\.pem cannot be read"):
        look(RemoteSettings(secure.url), QUICK)


@pytest.fixture
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_another_machine_is_reached_through_the_users_proxy(server, monkeypatch, no_proxies):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    host = "http://model.example"
    serving(server, "x")
    server.says = {f"{host}{path}": say for path, say in server.says.items()}
    found = look(RemoteSettings(host, plain_http=True))
    assert found.model == "qwen2.5-coder-1.5b"
    assert {path for _, path, _, _ in server.asked} >= {f"{host}/v1/models"}


def test_a_proxy_is_not_asked_for_what_the_user_excepts(server, monkeypatch, no_proxies):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "other.example,.example.invalid")
    host = "http://model.example.invalid"
    with pytest.raises(EngineFailed, match="cannot be reached"):
        look(RemoteSettings(host, plain_http=True))
    assert server.asked == []


def test_this_machine_is_not(server, monkeypatch, no_proxies):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    serving(server, "x")
    assert look(RemoteSettings(server.url)).kind == "openai"


def test_a_redirection_is_not_followed(server, connected):
    serving(server, "x")
    infiller = connected(server.url)
    stranger = ScriptedServer()

    def away(exchange):
        exchange.send_response(307)
        exchange.send_header("Location", f"{stranger.url}/v1/completions")
        exchange.send_header("Content-Length", "0")
        exchange.end_headers()

    server.says["/v1/completions"] = away
    with pytest.raises(EngineFailed, match="another address"):
        fill_of(infiller, request_for("a = ‸\n"))
    assert stranger.asked == []
    stranger.close()
