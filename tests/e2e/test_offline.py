"""Nothing leaves the machine: the server and its engine work where every other network is shut."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

# runs in every Python that the editor starts, the engine's among them
GUARD = """
import os, socket, sys

def guard(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        private = event == "socket.connect" and isinstance(arguments[1], (str, bytes))
        if not private:
            with open(os.environ["CAUGHT"], "a") as log:
                print(os.getpid(), event, arguments[1:], file=log)
            raise OSError("the network is shut")

sys.addaudithook(guard)
"""


async def test_a_fill_needs_no_network(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught = tmp_path / "caught"
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("CAUGHT", str(caught))
    # a folder of its own: the engine that runs already has no guard
    run = tmp_path / "run"
    monkeypatch.setenv("FILLWRIGHT_RUNTIME_DIR", str(run))
    editor = await start(
        options={"fill": {"lineTokens": 8, "steps": 4}}, environment=dict(os.environ)
    )
    await editor.suggested()
    await editor.until(lambda: editor.statuses[-1]["state"] == "ready")
    assert not caught.exists(), caught.read_text()
    pid = int(next(run.glob("engine-*.pid")).read_text())
    guarded = Path(f"/proc/{pid}/environ")
    if sys.platform == "linux":
        assert str(caught).encode() in guarded.read_bytes()
    os.kill(pid, 15)
