"""`fillwright eval typing`, as a process with the real engine, on files that were not learnt."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.evaluation.command import main as evaluate
from fillwright.engine.evaluation.journal import read_records
from fillwright.engine.evaluation.typed_pause import TypedPause

COMMAND = [str(Path(sys.executable).parent / "fillwright")]
HELD_OUT = Path(__file__).parents[4] / "fixtures" / "evaluation" / "held_out"
TIMEOUT_S = 300

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True, scope="module")
def engine() -> Iterator[None]:
    """The engine that the first run starts ends with this module."""
    yield
    subprocess.run([*COMMAND, "engine", "stop"], check=True, capture_output=True)


def typing(*argv: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, "eval", "typing", *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def test_a_run_is_kept_goes_on_and_is_reported(tmp_path: Path) -> None:
    out = tmp_path / "run"
    few = (HELD_OUT / "h11", HELD_OUT / "comlink", "--files", "1", "--lines", "3", "--out", out)
    first = typing(*few)
    assert first.returncode == 0, first.stderr
    for word in ("python", "typescript", "beginning", "of all pauses"):
        assert word in first.stdout
    pauses = read_records(out, TypedPause)
    assert {pause.project for pause in pauses} == {"h11", "comlink"}
    for pause in pauses:
        # whatever was shown passed the gate, and the shown beginning is one of the fill
        assert pause.shown or pause.reason
        assert pause.fill.startswith(pause.shown)
        if pause.certainty and pause.whole and pause.shown and pause.asked:
            assert pause.certainty.whole >= 0.3

    # what is there is not typed again, and half a line at the end is typed again
    kept = (out / "items.jsonl").read_bytes()
    (out / "items.jsonl").write_bytes(kept + b'{"name": "h11/')
    again = typing(*few)
    assert again.returncode == 0, again.stderr
    assert (out / "items.jsonl").read_bytes() == kept
    assert again.stdout == first.stdout
    summary: list[dict[str, Any]] = json.loads((out / "summary.json").read_text())
    assert summary[0]["pauses"] == len(pauses)

    page = tmp_path / "report.html"
    assert evaluate(["report", str(out), "--out", str(page)]) == 0
    shown = page.read_text("utf-8")
    assert "Are the probabilities true?" in shown
    assert shown.count("<svg") == 2 - (len(pauses) < 20)


def test_a_path_without_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    outcome = typing(tmp_path)
    assert outcome.returncode == 2
    assert "no files of 1500 to 60000 characters" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_with_memory_the_other_files_of_each_project_have_a_say(tmp_path: Path) -> None:
    """A project of copies: every line stands in another file as it is."""
    text = (HELD_OUT / "h11" / "_readers.py").read_text("utf-8")
    project = tmp_path / "copies"
    project.mkdir()
    for name in ("one.py", "two.py", "three.py"):
        (project / name).write_text(text, "utf-8")
    out = tmp_path / "run"
    done = typing(project, "--files", "1", "--lines", "6", "--memory", "off,on", "--out", out)
    assert done.returncode == 0, done.stderr
    assert " won, " in done.stdout
    without, with_it = (read_records(out / arm, TypedPause) for arm in ("off", "on"))
    assert [pause.name for pause in without] == [pause.name for pause in with_it]
    assert sum(p.would_be_right for p in with_it) > sum(p.would_be_right for p in without)


def test_an_arm_that_there_is_not_is_told(tmp_path: Path) -> None:
    outcome = typing(tmp_path, "--memory", "on,always")
    assert outcome.returncode == 2
    assert "'on,always' is none of on, file, off" in outcome.stderr
