"""`fillwright eval humaneval-infilling` from its command line to its last line."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fillwright.engine.evaluation.command import main
from fillwright.engine.evaluation.journal import Record, read_records, read_settings

LAST_LINE = re.compile(r"pass@1 \d+\.\d % \(95 % CI \d+\.\d-\d+\.\d, n=(\d+)\)")


@pytest.fixture
def evaluate(single_line: Path, capsys: pytest.CaptureFixture[str]):
    """Runs the benchmark's dev split; gives what was printed, in lines."""

    def run(*argv: object) -> list[str]:
        data = ["--data", str(single_line), "--split", "dev"]
        assert main(["humaneval-infilling", *data, *map(str, argv)]) == 0
        return capsys.readouterr().out.splitlines()

    return run


def test_the_baselines_need_no_model(evaluate, tmp_path: Path) -> None:
    printed = evaluate("--decode", "gold", "empty", "--limit", 4, "--out", tmp_path)
    assert printed[-1] == "pass@1 100.0 % (95 % CI 51.0-100.0, n=4)"
    assert [line.split()[0] for line in printed[1:-1]] == ["gold", "empty"]
    gold, empty = json.loads((tmp_path / "summary.json").read_text())
    assert (gold["passed"]["value"], gold["exact"], gold["parses"]) == (1.0, 1.0, 1.0)
    assert (empty["exact"], empty["similarity"]) == (0.0, 0.0)
    assert empty["gained"] == 0
    assert empty["lost"] == round(4 * (1 - empty["passed"]["value"])) >= 2


def test_a_model_is_scored_arm_by_arm(evaluate, tmp_path: Path) -> None:
    printed = evaluate(
        *("--decode", "diffusion", "ar", "--steps", 1, 2, "--tokens", 12),
        *("--limit", 2, "--out", tmp_path),
    )
    match = LAST_LINE.fullmatch(printed[-1])
    assert match
    assert match[1] == "2"
    settings, records = read_settings(tmp_path), read_records(tmp_path, Record)
    assert settings["model"] == "fillwright-small"
    assert settings["split"] == "dev"
    assert [(r.decode, r.steps) for r in records[:3]] == [
        ("denoise", 1),
        ("denoise", 2),
        ("draft", None),
    ]
    assert len({record.name for record in records}) == 2
    for record in records:
        assert record.tokens == len(record.confidences) <= 12
        assert record.forwards <= (record.steps or 12)
        assert "\n" not in record.fill
        assert record.ms > 0
    summaries = json.loads((tmp_path / "summary.json").read_text())
    assert [summary["forwards"] for summary in summaries[:2]] == [1.0, 2.0]


def test_a_run_goes_on_where_it_was_killed(single_line: Path, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-P", "-m", "fillwright.lsp_server", "eval", "humaneval-infilling"),
        *("--data", str(single_line), "--split", "dev", "--decode", "gold", "--limit", "20"),
        *("--out", str(tmp_path / "run")),
    ]
    items = tmp_path / "run" / "items.jsonl"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not (items.exists() and items.read_bytes().count(b"\n") >= 2):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = items.read_bytes()
    whole = before[: before.rfind(b"\n") + 1]
    assert 2 <= whole.count(b"\n") < 20
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert LAST_LINE.fullmatch(again.stdout.splitlines()[-1])
    assert items.read_bytes().startswith(whole)
    names = [record.name for record in read_records(tmp_path / "run", Record)]
    assert len(names) == len(set(names)) == 20


def test_more_can_be_asked_later(evaluate, tmp_path: Path) -> None:
    evaluate("--decode", "gold", "--limit", 1, "--out", tmp_path)
    printed = evaluate("--decode", "gold", "empty", "--limit", 2, "--out", tmp_path)
    assert printed[-1].endswith("n=2)")
    assert [record.arm for record in read_records(tmp_path, Record)] == [
        "gold",
        "empty",
        "gold",
        "empty",
    ]


def test_the_language_server_does_not_load_it() -> None:
    program = (
        "import sys, fillwright.lsp_server.cli.main, fillwright.lsp_server.lsp.server\n"
        "assert not [name for name in sys.modules if 'evaluation' in name]"
    )
    subprocess.run([sys.executable, "-P", "-c", program], check=True)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--help"], "humaneval-infilling"),
        (["humaneval-infilling", "--help"], "--split {dev,test,all}"),
    ],
)
def test_help_says_what_there_is(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(argv)
    out = capsys.readouterr().out
    assert out.startswith("usage: fillwright eval")
    assert said in out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "required: COMMAND"),
        (["humaneval-infilling"], "required: --data"),
        (["humaneval-infilling", "--data", "x", "--steps", "0"], "0 is less than 1"),
        (["humaneval-infilling", "--data", "x", "--decode", "guess"], "invalid choice: 'guess'"),
    ],
)
def test_bad_arguments_are_refused(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(argv)
    assert said in capsys.readouterr().err
