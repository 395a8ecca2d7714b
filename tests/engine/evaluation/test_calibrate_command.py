"""Runs of typing before a model server, and what is kept of them for it."""

import json
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from fillwright.engine.errors import EngineFailed
from fillwright.engine.evaluation.command import main
from fillwright.engine.evaluation.journal import Journal
from fillwright.engine.evaluation.typed_pause import TypedPause
from fillwright.engine.infill.ranking.calibration import Calibration
from fillwright.engine.remote.connecting import connect
from fillwright.engine.remote.settings import RemoteSettings
from tests.engine.evaluation.test_typing_summary import drawn
from tests.engine.remote.conftest import llama_server


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    pauses = drawn(300, Calibration(0.8, 0.2, -0.5, bias=-0.4))
    with Journal(folder, {"benchmark": "typing"}, TypedPause) as journal:
        for number, each in enumerate(pauses):
            journal.add(replace(each, name=f"p/a.py:{number}:1"))
    return folder


def test_what_is_fitted_for_a_server_is_kept_for_it_and_used(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with llama_server(tmp_path) as url:
        with closing(connect(RemoteSettings(url))) as before:
            assert not before.is_calibrated
        assert main(["calibrate", str(run_folder), "--engine", url]) == 0
        with closing(connect(RemoteSettings(url))) as after:
            assert after.is_calibrated
            used = after.calibration
        [file] = tmp_path.glob(".cache/fillwright/engines/*/certainty.json")
        said = json.loads(file.read_text("utf-8"))
        assert (said["pauses"], said["alone"]) == (300, said["with_project"])
        assert said["alone"] == asdict(used)
        assert used != Calibration()


def test_a_server_that_is_not_there_is_one_sentence(run_folder: Path) -> None:
    with pytest.raises(EngineFailed, match="cannot be reached"):
        main(["calibrate", str(run_folder), "--engine", "http://127.0.0.1:9"])
