"""A user of their own, with no editor on the PATH."""

import os
import pty
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fillwright.lsp_server.cli.editors.places import Places

TIMEOUT_S = 300


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A home with nothing in it, on Linux."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    path = f"{home / 'bin'}:/usr/bin:/bin"
    return Places(home, {"PATH": path}, "linux", Path("/opt/fillwright/bin/fillwright"))


@pytest.fixture
def program(places: Places) -> Callable[[str, str], Path]:
    """Puts a program of a name on the PATH, which is a shell script."""

    def put(name: str, script: str) -> Path:
        path = places.home / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        os.chmod(path, stat.S_IRWXU)
        return path

    return put


@pytest.fixture
def on_a_terminal() -> Callable[..., str]:
    """Runs a command on a terminal of its own, and gives what was shown there."""
    return _on_a_terminal


def _on_a_terminal(command: list[str | Path], **environment: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    ) as process:
        os.close(theirs)
        shown = bytearray()
        while piece := _read(ours):
            shown += piece
        assert process.wait(TIMEOUT_S) == 0, shown
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # what Linux says when the other side has closed
        return b""
