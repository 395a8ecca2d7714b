"""`fillwright setup` as a process in an empty home, up to the sample that a real engine fills."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings

COMMAND = [str(Path(sys.executable).parent / "fillwright"), "setup"]
Setup = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def _engine_stopped(engine_folder: Path) -> Iterator[None]:
    yield
    asyncio.run(EngineClient(EngineSettings(runtime_dir=engine_folder)).stop())


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """Runs the command for a user with an empty home."""
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": "", "PATH": "/nowhere"}

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *arguments],
            env={**environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and ".cache" not in path.parts
    }


def test_without_yes_nothing_is_written(setup: Setup, tmp_path: Path) -> None:
    shown = setup("neovim")
    assert shown.returncode == 0, shown.stderr
    assert "create ~/.config/nvim/plugin/fillwright.lua\n" in shown.stdout
    assert '  +require("fillwright").setup()\n' in shown.stdout
    assert shown.stdout.endswith("To do it: fillwright setup neovim --yes\n")
    assert files(tmp_path) == {}


def test_with_yes_it_is_written_once_and_a_sample_is_filled(setup: Setup, tmp_path: Path) -> None:
    init = tmp_path / ".emacs"
    init.write_text(";; mine\n")
    for turn in ("is written; what it was is in .emacs.bak1", "there is nothing to do"):
        done = setup("emacs", "--yes")
        assert (done.returncode, done.stderr) == (0, "")
        assert turn in done.stdout
        assert "by fillwright-small on cpu" in done.stdout
        assert "def set_width(self, width):" in done.stdout
        assert "M-x eglot" in done.stdout
    assert files(tmp_path).keys() == {".emacs", ".emacs.bak1"}
    assert init.read_text().startswith(";; mine\n\n;; >>> fillwright setup\n")
    assert (tmp_path / ".emacs.bak1").read_text() == ";; mine\n"


def test_what_cannot_be_merged_is_one_sentence(setup: Setup, tmp_path: Path) -> None:
    path = tmp_path / ".config/zed/settings.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    failed = setup("zed", "--yes")
    assert failed.returncode == 2
    assert failed.stderr.startswith(f"fillwright: {path} cannot be changed")
    assert failed.stderr.count("\n") == 1
    assert path.read_text() == "{"


def test_an_editor_that_is_not_known_is_named(setup: Setup) -> None:
    failed = setup("ed")
    assert failed.returncode == 2
    assert "'ed'" in failed.stderr


def test_an_editor_that_is_not_set_up_in_the_end_is_said_last(setup: Setup, tmp_path: Path) -> None:
    for arguments in ([], ["--yes"], ["--yes"]):
        done = setup("vscode", *arguments)
        assert (done.returncode, done.stderr) == (2, "")
        last = done.stdout.splitlines()[-1]
        assert "VS Code is NOT set up. The extension is missing" in last
        assert last.startswith(("✗", "X"))
    assert files(tmp_path).keys() == {".config/Code/User/settings.json"}


def test_without_an_editor_those_that_are_here_are_named(setup: Setup, tmp_path: Path) -> None:
    nowhere = setup()
    assert nowhere.returncode == 0, nowhere.stderr
    assert "No editor is on the PATH" in nowhere.stdout
    program = tmp_path / "nvim"
    program.write_text("#!/bin/sh\necho NVIM v0.12.4\n")
    program.chmod(0o755)
    found = setup(PATH=str(tmp_path))
    assert "! neovim: 0.12.4, not set up" in found.stdout
    assert found.stdout.endswith("  fillwright setup neovim\n")
    assert setup("neovim", "--yes", PATH=str(tmp_path)).returncode == 0
    assert setup(PATH=str(tmp_path)).stdout.endswith("Every editor that is here is set up.\n")
