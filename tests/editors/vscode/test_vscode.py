"""The extension in a real VS Code: from within its extension host, and as a person sees it.

Plain text is what the tests fill: there every fill fits, whatever the model says.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

IMAGES = Path(__file__).parents[3] / "docs/images"
PICTURES = ["diff", "drafts", "ghost-text", "menu", "no-server", "quick-fix"]
Serve = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder whose virtual environment is the one of these tests."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def test_its_parts_that_need_no_editor(npm: Callable[[str], str]) -> None:
    print(npm("test"))


def test_in_the_extension_host(serve: Serve, workspace: Path) -> None:
    # without the flag a VS Code that was built for release runs no tests
    with serve("--enable-smoke-test-driver") as vscode:
        vscode.drive("runHost", workspace, vscode.tests / "host/suite", vscode.extension)


def test_as_a_person_uses_it(
    serve: Serve, workspace: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    bare, shots = tmp_path / "bare", tmp_path / "shots"
    bare.mkdir()
    shots.mkdir()
    # the install button runs pip for real, but what the server needs is there already
    here = {
        "PIP_NO_DEPS": "1",
        "PYTHONPATH": sysconfig.get_paths()["purelib"],
    }
    # pictures for people show code in colour, and want a model that can write it
    pictures = request.config.getoption("--update")
    with serve(**here) as vscode:
        try:
            vscode.drive("runUi", "steps", workspace, "shelf.py", bare, shots)
        finally:
            for command in vscode.profile.glob("data/User/globalStorage/*/server/bin/fillwright"):
                stop = [str(command), "engine", "stop"]
                subprocess.run(stop, env={**os.environ, **here}, check=True)
    if pictures:
        for name in PICTURES:
            shutil.copy(shots / f"{name}.png", IMAGES / f"vscode-{name}.png")


def test_a_canvas_settles_in_colours(
    serve: Serve, workspace: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # so many steps that one can look
    settings = {"fillwright.fill.decode": "denoise", "fillwright.fill.steps": 64}
    with serve(user_settings=settings) as vscode:
        vscode.drive("runUi", "denoising", workspace, "shelf.py", "", tmp_path)
    if request.config.getoption("--update"):
        shutil.copy(tmp_path / "denoising.png", IMAGES / "vscode-denoising.png")


def test_the_first_minutes(serve: Serve, workspace: Path, tmp_path: Path) -> None:
    (workspace / "notes.txt").write_text("notes\n")
    quiet = {"fillwright.inlineCompletion.enabled": False}
    with serve(asks_for_trust=True, user_settings=quiet) as vscode:
        vscode.drive("runUi", "firstMinutes", workspace, "notes.txt", "", tmp_path)


def test_a_mask_model(serve: Serve, workspace: Path, tmp_path: Path, mask_model: Path) -> None:
    (workspace / ".vscode").mkdir()
    # what is about a machine counts in a folder's settings, for VS Code runs on another one
    chosen = {"fillwright.engine.checkpoint": str(mask_model), "fillwright.fill.steps": 64}
    (workspace / ".vscode/settings.json").write_text(json.dumps(chosen), "utf-8")
    with serve(user_settings={"fillwright.inlineCompletion.enabled": False}) as vscode:
        vscode.drive("runUi", "maskModel", workspace, "shelf.py", "", tmp_path)
