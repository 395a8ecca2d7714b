import gzip
import json
from pathlib import Path

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.training.command import _benchmark_texts, main


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--help"], "corpus"),
        (["run", "--help"], "--decay-minutes"),
        (["corpus", "--help"], "--clear-of"),
        (["export", "--help"], "[to]"),
    ],
)
def test_help_says_what_there_is(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        main(argv)
    assert exited.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: fillwright train")
    assert said in out


def test_a_phase_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["run", "--phase", "dream", "--minutes", "1"])
    assert exited.value.code == 2
    assert "causal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "first"),
    [(["run", "--phase", "causal", "--minutes", "1"], "corpus"), (["export"], "run")],
)
def test_what_has_to_be_made_first_is_named(command: list[str], first: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=f"run `fillwright train {first}` first"):
        main(["--folder", str(tmp_path / "none"), *command])


def test_a_benchmark_is_prompt_solution_and_suffix(tmp_path: Path) -> None:
    item = {"prompt": "def f(", "canonical_solution": "x):", "suffix": " pass"}
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(item) + "\n").encode()))
    assert list(_benchmark_texts(path)) == ["def f(x): pass"]
