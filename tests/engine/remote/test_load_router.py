"""One of two llama.cpp servers behind vllm-router is killed while people type: no request hangs,
and none is lost without a word."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from fillwright.engine.remote.connecting import connect
from fillwright.engine.remote.load import Asked, Record, load
from fillwright.engine.remote.settings import RemoteSettings
from tests.engine.remote.conftest import fill_of, llama_server, request_for

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PATIENCE_S = 60
SECONDS = 8
TEXT = "total = sum(prices)\nwidth = 3\n"
# one request every quarter of a second, of which each second one is given up before any answer
BUSY = Record(
    TEXT, tuple(Asked(n * 250, 8, n * 250 + 1 if n % 2 else None) for n in range(4 * SECONDS))
)
HERE = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
ROUTER = shutil.which("vllm-router", path=HERE)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def router(*workers):
    """vllm-router before some servers: its URL, once it answers."""
    port = free_port()
    command = [ROUTER, "--worker-urls", *workers, "--policy", "round_robin"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--prometheus-port", str(free_port())]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE_S
    try:
        while True:
            try:
                urllib.request.urlopen(f"{url}/v1/models", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, "the router ended"
                assert time.monotonic() < deadline, "the router does not answer"
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.mark.skipif(ROUTER is None, reason="vllm-router has no wheel for this platform")
@pytest.mark.skipif(not importlib.util.find_spec("xllamacpp"), reason="nor has xllamacpp")
def test_a_server_that_dies_behind_a_router_loses_nothing(tmp_path):
    with ExitStack() as stack:
        first, second = tmp_path / "first", tmp_path / "second"
        for folder in (first, second):
            folder.mkdir()
        dying = stack.enter_context(ExitStack())
        servers = [dying.enter_context(llama_server(first))]
        servers.append(stack.enter_context(llama_server(second)))
        settings = RemoteSettings(stack.enter_context(router(*servers)), kind="llama.cpp")
        # SIGKILL, in the middle
        killing = threading.Timer(SECONDS / 2, dying.close)
        killing.start()
        tally = load(settings, 3, SECONDS, BUSY)
        killing.join()
        assert tally.asked == len(tally.seconds) + tally.cancelled + sum(tally.errors.values())
        assert tally.asked > 3 * SECONDS
        assert len(tally.seconds) > 0
        assert tally.cancelled > 0
        assert all(re.fullmatch(r"The engine at [^\n]+[.]", said) for said in tally.errors)
        infiller = connect(settings)
        assert fill_of(infiller, request_for("a = ‸\n")).finish in ("settled", "budget")
        infiller.close()
