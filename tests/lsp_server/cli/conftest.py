"""A user of their own, with no editor on the PATH."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from fillwright.lsp_server.cli.editors.places import Places


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
