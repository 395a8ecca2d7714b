"""`fillwright doctor`, on machines where something is wrong and on one where nothing is."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.daemon.client import EngineClient
from fillwright.engine.daemon.settings import EngineSettings
from fillwright.engine.syntax.grammars import GRAMMARS
from fillwright.kernels.cpu.library import NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels
from fillwright.lsp_server.cli.doctor import command
from fillwright.lsp_server.cli.doctor.command import examine
from fillwright.lsp_server.cli.doctor.editors import look_at_editors
from fillwright.lsp_server.cli.doctor.engine import look_at_engine, look_at_folder
from fillwright.lsp_server.cli.doctor.finding import Finding
from fillwright.lsp_server.cli.doctor.installation import (
    look_at_kernels,
    look_at_python,
    look_at_torch,
)
from fillwright.lsp_server.cli.editors.editors import EDITORS
from fillwright.lsp_server.cli.editors.places import Places
from fillwright.lsp_server.cli.main import main
from fillwright.lsp_server.cli.setup.sample import fill_sample


def finding(name: str, look: Callable[[], Iterator[Finding]]) -> Finding:
    """What one look finds of a thing."""
    return next(found for found in look() if found.name == name)


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user of their own, whose PATH has our command and no editor. Its path is short enough for
    a Unix socket's."""
    home = tmp_path_factory.mktemp("home")
    (home / "bin").mkdir()
    (home / "bin" / "fillwright").symlink_to(Path(sys.executable).parent / "fillwright")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(home / "bin"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return home


@pytest.fixture
def runtime(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder in the user's home, whose engine is stopped at the end."""
    folder = home / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("FILLWRIGHT_RUNTIME_DIR", str(folder))
    yield folder
    asyncio.run(EngineClient(EngineSettings()).stop())


def put_program(home: Path, name: str, prints: str) -> None:
    path = home / "bin" / name
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)


def report(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_everything_is_ok_with_the_embedded_model(
    runtime: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["doctor", "--json"])
    said = report(capsys)
    assert (code, said["ok"]) == (0, True), said
    found = {finding["name"]: finding for finding in said["findings"]}
    named = ["python", "fillwright", "grammars", "cpu kernels", "torch", "gpu", "models", "memory"]
    named += ["checkpoint", "runtime folder", "engine", *EDITORS]
    assert list(found) == named
    assert all(finding["ok"] for finding in found.values())
    assert found["python"]["state"] == "ok"
    assert found["fillwright"]["state"] == "ok"
    assert found["grammars"]["found"].endswith(f"of {len(GRAMMARS)} load")
    assert "BF16" in found["checkpoint"]["found"]
    assert found["engine"]["found"].startswith("stopped")


def test_the_engine_that_runs_is_described(runtime: Path) -> None:
    fill_sample(EngineSettings())
    pid = asyncio.run(EngineClient(EngineSettings()).start()).pid
    found = finding("engine", lambda: look_at_engine(EngineSettings()))
    assert found.state == "ok"
    assert f"pid {pid})" in found.found
    other = EngineSettings(runtime / "another checkpoint")
    elsewhere = finding("another engine", lambda: look_at_engine(other))
    assert f"pid {pid} has another checkpoint" in elsewhere.found
    assert "fillwright-small on cpu" in elsewhere.found
    [socket] = runtime.glob("*.sock")
    socket.chmod(0o666)
    exposed = finding("socket", lambda: look_at_folder(EngineSettings()))
    assert exposed.remedy == f"Run `chmod 600 {socket.resolve()}`."


def test_a_report_holds_no_home_folder_and_no_folder_of_a_document(
    home: Path,
    runtime: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suppressed = {
        "uri": (home / "secret project" / "my shelf.py").as_uri(),
        "kind": "ghost",
        "code": "binary",
        "message": "The document is not text.",
        "count": 3,
    }
    server = {"pid": os.getpid(), "editor": "Neovim", "status": {}, "suppressed": [suppressed]}
    (runtime / f"editor-{os.getpid()}.json").write_text(json.dumps(server))
    monkeypatch.setattr(command, "look_at_torch", lambda: iter(()))
    main(["doctor", "--json"])
    text = capsys.readouterr().out
    assert str(home) not in text
    assert "secret" not in text
    found = {finding["name"]: finding for finding in json.loads(text)["findings"]}
    assert found["runtime folder"]["found"] == "~/run, for this user only"
    assert (
        found[f"Neovim ({os.getpid()})"]["found"]
        == "3 × ghost in my shelf.py: The document is not text."
    )


def test_a_runtime_folder_open_to_others_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)
    monkeypatch.setenv("FILLWRIGHT_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(command, "look_at_torch", lambda: iter(()))
    found = {found.name: found for _, found in examine(EngineSettings())}
    assert found["runtime folder"].state == "error"
    assert f"chmod 700 {tmp_path}" in found["runtime folder"].found
    assert found["engine"].state == "error"


def test_without_torch_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    found = finding("torch", look_at_torch)
    assert (found.state, found.found.partition(";")[0]) == ("missing", "not installed")


def test_kernels_that_are_away_are_wrong_where_torch_is_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_: object) -> None:
        raise NoKernelsError("The CPU kernels cannot be loaded.")

    assert finding("cpu kernels", look_at_kernels).state == "ok"
    monkeypatch.setattr(CpuKernels, "__init__", none)
    assert finding("cpu kernels", look_at_kernels).state == "warning"
    monkeypatch.setitem(sys.modules, "torch", None)
    found = finding("cpu kernels", look_at_kernels)
    assert (found.state, found.found) == ("error", "The CPU kernels cannot be loaded.")
    assert found.remedy is not None


def test_a_torch_that_does_not_load_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch is missing')")
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    found = finding("torch", look_at_torch)
    assert found.state == "error"
    assert found.found == "it does not load: ImportError: libtorch is missing"
    assert found.remedy is not None


@pytest.mark.parametrize(
    ("torch", "driver", "state", "found"),
    [
        ({"cuda": "12.8", "gpus": [["H200", 100e9, 141e9]]}, True, "ok", "H200, 100.0 GB of 141"),
        ({"cuda": "12.8", "gpus": []}, True, "warning", "on the CPU"),
        ({"cuda": None, "gpus": []}, True, "warning", "on the CPU"),
        ({"cuda": None, "gpus": []}, False, "missing", "on the CPU"),
    ],
)
def test_a_gpu_that_is_not_used_has_a_remedy(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    torch: dict[str, Any],
    driver: bool,
    state: str,
    found: str,
) -> None:
    fake = home / "fake"
    fake.mkdir()
    # no GPU here: a torch that says what one with a GPU would
    (fake / "torch.py").write_text(
        f"__version__, gpus = '2.13.0', {torch['gpus']}\n"
        "def get_num_threads(): return 2\n"
        f"class version: cuda = {torch['cuda']!r}\n"
        "class cuda:\n"
        "    is_available = lambda: bool(gpus)\n"
        "    device_count = lambda: len(gpus)\n"
        "    get_device_name = lambda number: gpus[number][0]\n"
        "    mem_get_info = lambda number: gpus[number][1:]\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.fspath(fake))
    if driver:
        put_program(home, "nvidia-smi", "")
    gpu = finding("gpu", look_at_torch)
    assert gpu.state == state
    assert found in gpu.found
    assert (gpu.remedy is not None) == (state == "warning")


def test_our_command_is_missed_on_the_path(home: Path) -> None:
    (home / "bin" / "fillwright").unlink()
    assert "it is not on the PATH" in finding("fillwright", look_at_python).found
    put_program(home, "fillwright", "")
    assert f"{home}/bin/fillwright is another one" in finding("fillwright", look_at_python).found
    assert finding("fillwright", look_at_python).state == "warning"


def test_an_editor_is_seen_before_and_after_its_setup(home: Path) -> None:
    assert finding("neovim", look_at_editors).found == "not on the PATH"
    put_program(home, "nvim", "NVIM v0.12.4")
    assert finding("neovim", look_at_editors).found == "0.12.4, not set up by `fillwright setup`"
    assert finding("neovim", look_at_editors).remedy == "Run `fillwright setup neovim`."
    [change] = EDITORS["neovim"].plan(Places.here()).changes
    change.write()
    assert finding("neovim", look_at_editors) == Finding("neovim", "ok", "0.12.4, set up")
    put_program(home, "nvim", "NVIM v0.10.4")
    assert finding("neovim", look_at_editors).remedy == "Install 0.11 or newer."


def test_an_editor_that_is_set_up_and_not_on_the_path_is_no_gap(home: Path) -> None:
    [change] = EDITORS["emacs"].plan(Places.here()).changes
    change.write()
    assert finding("emacs", look_at_editors) == Finding("emacs", "ok", "set up; not on the PATH")


@pytest.mark.parametrize("set_up", [None, "neovim", "a server that runs"])
def test_everything_is_ok_only_with_an_editor(
    home: Path,
    runtime: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    set_up: str | None,
) -> None:
    monkeypatch.setattr(command, "look_at_torch", lambda: iter(()))
    put_program(home, "nvim", "NVIM v0.12.4")
    if set_up == "neovim":
        [change] = EDITORS["neovim"].plan(Places.here()).changes
        change.write()
    elif set_up is not None:
        server = {"pid": os.getpid(), "editor": "Neovim", "status": {}, "suppressed": []}
        (runtime / f"editor-{os.getpid()}.json").write_text(json.dumps(server))
    assert main(["doctor"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    if set_up is None:
        assert last.startswith("! Nothing is wrong, but no editor is set up: `fillwright setup`")
    else:
        assert last == "✓ Everything is ok."


def test_findings_are_printed_for_people(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "look_at_torch", lambda: iter(()))
    assert main(["doctor", "--model", str(tmp_path)]) == 3
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "Installation"
    assert f" ✗ checkpoint     {tmp_path}/config.json: No such file or directory" in lines
    assert any(line.strip().startswith("Give --model a folder") for line in lines)
    assert lines[-1] == "✗ 1 thing is wrong."
