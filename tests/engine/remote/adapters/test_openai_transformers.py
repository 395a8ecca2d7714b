"""`transformers serve` as a peer: it does not fill in by itself, but takes the form of a family."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fillwright.engine.errors import EngineFailed
from fillwright.engine.remote.connection import PATIENCE
from fillwright.engine.request import Budget
from tests.engine.remote.conftest import fill_of, request_for

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SERVER = Path(__file__).parents[1] / "transformers_server.py"
# it imports transformers and torch, and loads a model
PATIENCE_S = 600


@pytest.fixture(scope="module")
def transformers_url(tmp_path_factory):
    if not all(map(importlib.util.find_spec, ("fastapi", "openai", "accelerate"))):
        pytest.skip("transformers' server is not installed: transformers[serving]")
    model = tmp_path_factory.mktemp("peer") / "qwen2.5-coder-tiny"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    # no cache and no hub
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(model.parent)}
    command = [sys.executable, "-P", str(SERVER), str(model), str(port)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + PATIENCE_S
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10).close()
                break
            except urllib.error.HTTPError:
                # whatever it says, it is there
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", str(model)
    finally:
        process.kill()
        process.wait()


def test_its_model_fills_in_the_form_it_was_taught(transformers_url, connected):
    url, model = transformers_url
    infiller = connected(url, PATIENCE, model=model)
    request = request_for("def f(x):\n    return ‸\n", "free", budget=Budget(tokens=12))
    for _ in range(2):
        fill = fill_of(infiller, request)
        assert fill.decode == "openai"
        assert fill.finish in ("settled", "budget")
    # it takes the wish for log probabilities and gives none, so fills are compared
    assert fill.confidences == ((),)
    assert fill.certainty.near in (1, 2)


def test_without_a_model_it_cannot_say_which_it_has(transformers_url, connected):
    url, _ = transformers_url
    with pytest.raises(EngineFailed, match=r"failed \(500\)"):
        connected(url, PATIENCE)
