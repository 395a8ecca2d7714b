"""A small HTTP server that answers as a test says, and llama.cpp's own server."""

import importlib.util
import json
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fillwright.engine.remote.connecting import connect
from fillwright.engine.remote.connection import PATIENCE, Patience
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest

# for tests of what is too slow: elsewhere a busy machine is slow, not wrong
QUICK = Patience(connect_s=2, first_byte_s=1, stall_s=1, whole_s=5)


class ScriptedServer:
    """Answers each path with what `says` has for it: a function of the exchange. `asked` holds
    method, path, headers and JSON of every request."""

    def __init__(self, tls=None):
        self.asked = []
        self.says = {}
        self.gone = threading.Event()
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            gone = scripted.gone

            def do_GET(self):
                self.answer(None)

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                self.answer(json.loads(self.rfile.read(length)))

            def answer(self, body):
                self.asked_for = body
                scripted.asked.append((self.command, self.path, dict(self.headers), body))
                say = scripted.says.get(self.path, refusing(404, {"error": "no such path"}))
                with suppress(BrokenPipeError, ConnectionResetError):
                    say(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            listener = self._server.socket
            self._server.socket = tls.wrap_socket(listener, server_side=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def bodies(self, path):
        return [body for _, asked, _, body in self.asked if asked == path]

    def close(self):
        self.gone.set()
        self._server.shutdown()
        self._server.server_close()


def raw(body, status=200, kind="application/json", **headers):
    """An answer of these bytes."""

    def say(exchange):
        exchange.send_response(status)
        exchange.send_header("Content-Type", kind)
        exchange.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            exchange.send_header(name.replace("_", "-"), value)
        exchange.end_headers()
        exchange.wfile.write(body)

    return say


def giving(value):
    return raw(json.dumps(value).encode())


def refusing(status, value, **headers):
    return raw(json.dumps(value).encode(), status, **headers)


def streaming(*events, end=b"data: [DONE]\n\n", form="data: {}\n\n"):
    """A stream of JSON objects, closed at its end."""

    def say(exchange):
        exchange.send_response(200)
        exchange.send_header("Content-Type", "text/event-stream")
        exchange.send_header("Connection", "close")
        exchange.end_headers()
        for event in events:
            exchange.wfile.write(form.format(json.dumps(event)).encode())
        exchange.wfile.write(end)
        exchange.close_connection = True

    return say


@pytest.fixture
def server():
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def connected():
    """Connects, and closes what was connected."""
    infillers = []

    def connecting(url, patience=PATIENCE, **settings):
        infiller = connect(RemoteSettings(url, **settings), patience=patience)
        infillers.append(infiller)
        return infiller

    yield connecting
    for infiller in infillers:
        infiller.close()


def completions(*texts, finish="stop", scores=None):
    """A stream of OpenAI's completions."""
    events = [
        {
            "choices": [
                {"index": 0, "text": text, "finish_reason": None}
                | ({"logprobs": {"token_logprobs": [scores[number]]}} if scores else {})
            ]
        }
        for number, text in enumerate(texts)
    ]
    return streaming(*events, {"choices": [{"index": 0, "text": "", "finish_reason": finish}]})


def serving(server, *texts, model="qwen2.5-coder-1.5b", **options):
    """Make `server` one of OpenAI's kind whose model writes these texts."""
    server.says["/v1/models"] = giving({"data": [{"id": model, "max_model_len": 4096}]})
    server.says["/v1/completions"] = completions(*texts, **options)


def request_for(marked, shape="line", **options):
    """The request to fill the `‸`s of a text."""
    parts = marked.split("‸")
    places = [len("".join(parts[: number + 1])) for number in range(len(parts) - 1)]
    options = {"budget": Budget(tokens=32), "language": "python"} | options
    return InfillRequest(
        "".join(parts), tuple(Hole(place, place) for place in places), shape=shape, **options
    )


def drafts_and_fill(infiller, request, cancelled=lambda: False):
    *drafts, fill = infiller.infill(request, cancelled)
    assert isinstance(fill, Infill)
    return drafts, fill


def fill_of(infiller, request):
    return drafts_and_fill(infiller, request)[1]


@contextmanager
def llama_server(folder, *options):
    """llama.cpp's own server over a random model: its URL."""
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp has no wheel for this platform")
    script = Path(__file__).with_name("llama_server.py")
    process = subprocess.Popen(
        [sys.executable, "-P", str(script), str(folder), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        lines = iter(process.stdout.readline, "")
        yield next(line.strip() for line in lines if line.startswith("http"))
    finally:
        process.kill()
        process.communicate()
