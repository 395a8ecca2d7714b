"""Editors that have no plugin of ours: as `fillwright setup` leaves them, and nothing else."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tests.editors.debian import CannotInstallError
from tests.editors.plain.install import install

STUB = '''\
class Shelf:
    def __init__(self, name, width):
        self.name = name
        self.width = width

    def set_name(self, name):
        """Give the shelf another name."""
        self.name = name

    def set_width(self, width):
        """Give the shelf another width."""
        raise NotImplementedError

    def __repr__(self):
        return f"Shelf({self.name!r}, {self.width!r})"
'''
BODY = "        raise NotImplementedError\n"


@pytest.fixture(scope="session")
def programs(editors_folder: Path, give_up: Callable[[str], NoReturn]) -> Path:
    """The folder with `hx`, `emacs` and `tmux`."""
    folder = editors_folder / "plain"
    try:
        install(folder.resolve())
    except CannotInstallError as error:
        give_up(f"No Helix and no Emacs for the tests: {error}")
    return folder / "bin"


@pytest.fixture
def environment(tmp_path: Path, programs: Path, engine: object) -> dict[str, str]:
    """A user with an empty home, and these editors on the PATH."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        **os.environ,
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        **{f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")},
    }


@pytest.fixture
def set_up(environment: dict[str, str]) -> Callable[[str], None]:
    """Runs `fillwright setup EDITOR --yes`; proves that a second run finds nothing to do."""

    def run(editor: str) -> None:
        command = [Path(sys.executable).parent / "fillwright", "setup", editor]
        for arguments, said in ([], "To do it:"), (["--yes"], "is written"), ([], "nothing to do"):
            done = subprocess.run(
                [*command, *arguments], env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            assert said in done.stdout

    return run


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A file with a body to fill, in a folder of its own."""
    path = tmp_path / "project" / "shelf.py"
    path.parent.mkdir()
    path.write_text(STUB)
    return path


@pytest.fixture
def assert_filled() -> Callable[[Path], None]:
    """Asserts that a file is the stub's, with another body and all else as it was."""

    def check(path: Path) -> None:
        before, after = STUB.split(BODY)
        text = path.read_text()
        assert text != STUB
        assert text.startswith(before.rstrip("\n") + "\n")
        assert text.endswith(after)
        compile(text, path, "exec")

    return check
