import json
import os
import sys
from pathlib import Path

import pytest

from fillwright.engine.daemon.settings import EngineSettings
from fillwright.lsp_server.cli import main
from fillwright.lsp_server.doctor import Finding, examine


def finding(name: str, checkpoint: Path | None = None) -> Finding:
    """One finding, without waiting for those behind it."""
    return next(found for found in examine(EngineSettings(checkpoint)) if found.name == name)


def test_everything_is_well_with_the_embedded_model(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (code, report["well"]) == (0, True), report
    found = {finding["name"]: finding for finding in report["findings"]}
    assert list(found) == ["python", "grammars", "checkpoint", "runtime folder", "engine", "torch"]
    assert all(finding["well"] and finding["remedy"] is None for finding in found.values())
    assert sys.executable in found["python"]["found"]
    assert "cpu" in found["torch"]["found"]
    assert found["grammars"]["found"] == "python"
    assert found["engine"]["found"].startswith("stopped")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "config.json: No such file"),
        ({"config.json": "{"}, "is not JSON"),
        ({"config.json": "{}"}, "has no tokenizer.json"),
        ({"config.json": "{}", "tokenizer.json": "{}"}, "has no safetensors files"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_has_a_remedy(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = finding("checkpoint", tmp_path)
    assert not found.well
    assert reason in found.found
    assert found.remedy is not None
    assert found.remedy.startswith("Give --model a folder")


def test_a_runtime_folder_open_to_others_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)
    monkeypatch.setenv("FILLWRIGHT_RUNTIME_DIR", str(tmp_path))
    found = finding("runtime folder")
    assert not found.well
    assert f"chmod 700 {tmp_path}" in found.found
    assert not finding("engine").well


def test_a_torch_that_does_not_load_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch is missing')")
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    found = finding("torch")
    assert not found.well
    assert found.found == "torch does not load: ImportError: libtorch is missing"
    assert found.remedy is not None


def test_findings_are_printed_for_people(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["doctor", "--model", str(tmp_path)]) == 3
    out = capsys.readouterr().out
    assert "ok    python: " in out
    assert f"FAIL  checkpoint: {tmp_path}" in out
    assert "\n      Give --model a folder" in out
