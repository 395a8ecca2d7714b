import gzip
import json
from pathlib import Path

import pytest

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


def test_a_benchmark_is_prompt_solution_and_suffix(tmp_path: Path) -> None:
    item = {"prompt": "def f(", "canonical_solution": "x):", "suffix": " pass"}
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(item) + "\n").encode()))
    assert list(_benchmark_texts(path)) == ["def f(x): pass"]
