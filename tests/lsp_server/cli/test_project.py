"""`fillwright fill` reads the project around its file first, as a process with the real engine."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fillwright.engine.daemon.client import EngineClient, EngineSettings
from fillwright.lsp_server.cli.project import project_around, remember_project
from fillwright.lsp_server.project.keys import workspace_key

COMMAND = str(Path(sys.executable).parent / "fillwright")
ODD = "wobble_the_quokka(grommet, sprocket_ratio=7)"


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """The runtime folder of this module's engine, which is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        yield folder
        run(folder, "engine", "stop")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One of two files of a project, whose other one calls an odd function."""
    (tmp_path / "pyproject.toml").touch()
    calls = (f"def step_{n}(grommet):\n    result = {ODD}\n    return result\n" for n in range(4))
    (tmp_path / "machine.py").write_text("\n\n".join(calls))
    (tmp_path / "inner").mkdir()
    path = tmp_path / "inner" / "new.py"
    path.write_text("def other(grommet):\n    result = wobble_the_qu\n    return result\n")
    return path


def run(engine: str, *argv: str | Path) -> str:
    environment = {"FILLWRIGHT_RUNTIME_DIR": engine, "PATH": "", "HOME": engine}
    command = [COMMAND, *map(str, argv)]
    outcome = subprocess.run(
        command, capture_output=True, timeout=300, check=False, env=environment, text=True
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


@pytest.mark.e2e
def test_the_projects_other_files_have_a_say_unless_they_are_not_to(
    engine: str, file: Path
) -> None:
    place = ("fill", file, "--at", "2:27", "--json")
    report = json.loads(run(engine, *place))
    assert report["holes"][0]["text"] == "okka(grommet, sprocket_ratio=7)"
    assert 0.5 < report["remembered"] <= 1
    assert json.loads(run(engine, *place, "--no-project"))["remembered"] == 0
    assert run(engine, "memory", "status").startswith("1 project: 2 files, ")
    assert "2 files" in run(engine, "doctor", "--json")
    assert run(engine, "memory", "clear").startswith("everything is forgotten")
    assert run(engine, "memory", "status") == "nothing is remembered\n"


@pytest.mark.e2e
async def test_a_fill_does_not_wait_for_all_of_a_large_project(engine: str, file: Path) -> None:
    client = EngineClient(EngineSettings(runtime_dir=Path(engine)))
    place, is_whole = await remember_project(client, file.parents[1], file, patience_s=0)
    assert not is_whole
    assert place.file_key == "inner/new.py"
    assert place.workspace == workspace_key(file.parents[1].resolve())
    assert await remember_project(client, file.parents[1], file, 300) == (place, True)


def test_a_project_is_the_repository_or_what_has_a_manifest(file: Path, tmp_path: Path) -> None:
    assert project_around(file) == tmp_path
    (tmp_path / "inner" / "package.json").touch()
    assert project_around(file) == tmp_path / "inner"
    (tmp_path / ".git").touch()
    assert project_around(file) == tmp_path
