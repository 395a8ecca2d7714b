"""Command lines that never reach the engine: each gets one sentence and an exit code."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from fillwright.lsp_server.cli.main import VERBS, main

FUNCTION = "def f(x):\n    return x\n"


@pytest.fixture
def outcome(capsys: pytest.CaptureFixture[str], engine_folder: Path):
    """Runs a command line; gives its exit code and what it said, having started no engine."""

    def run(*argv: str | Path) -> tuple[int, str]:
        before = set(engine_folder.iterdir())
        try:
            code = main([str(argument) for argument in argv])
        except SystemExit as exit:
            code = int(exit.code or 0)
        captured = capsys.readouterr()
        assert captured.out == ""
        assert set(engine_folder.iterdir()) == before
        return code, captured.err

    return run


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ([], "the following arguments are required: VERB"),
        (["dance"], "invalid choice: 'dance'"),
        (["fill"], "required: FILE"),
        (["fill", "a.py"], "say which hole to fill with --at, --body, --range or --piece"),
        (["fill", "a.py", "--at", "3"], "argument --at: '3' is not LINE:COL"),
        (["fill", "a.py", "--at", "0:1"], "lines and columns count from 1"),
        (["fill", "a.py", "--range", "2:1-1:1"], "ends before it starts"),
        (["fill", "a.py", "--body", "x"], "'x' is not a line number"),
        (["fill", "a.py", "--body", "1", "--steps", "0"], "'0' is not a number of steps"),
        (["fill", "a.py", "--body", "1", "--steps", "²"], "'²' is not a number of steps"),
        (["fill", "a.py", "--body", "1", "--seed", "-5"], "argument --seed: '-5' is not a seed"),
        (["fill", "a.py", "--body", "1", "--seed", "9" * 19], "is not a seed from 0 to"),
        (["fill", "a.py", "--body", "1", "--decode", "guess"], "invalid choice: 'guess'"),
        (["serve", "--clientProcessId=0"], "'0' is not a process id from 1"),
        (["serve", "--node-ipc"], "unrecognized arguments: --node-ipc"),
        (["engine"], "required: run|start|stop|status"),
        (["engine", "run", "--idle-seconds", "0"], "0 s is no time to wait"),
        (["setup", "--yes"], "say which editor to set up: neovim, vscode"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_arguments_get_a_sentence(outcome, argv: list[str], sentence: str) -> None:
    code, said = outcome(*argv)
    assert code == 2
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("data", "places", "sentence"),
    [
        (None, ["--at", "1:1"], "cannot be read (no such file or directory)"),
        (b"\x89PNG\0", ["--at", "1:1"], "cannot be read"),
        (b"", ["--at", "2:1"], "--at 2:1: the file has no line 2, its last is 1."),
        (b"", ["--at", "1:2"], "line 1 has no column 2, its end is column 1."),
        (b"x = 1\n", ["--at", "1:7"], "line 1 has no column 7, its end is column 6."),
        (b"x = 1\r\ny\r\n", ["--at", "1:7"], "line 1 has no column 7, its end is column 6."),
        (b"x\n", ["--range", "1:1-9:1"], "--range 1:1-9:1: the file has no line 9"),
        (b"x\n", ["--at", "999999999:1"], "the file has no line 999999999"),
        (b"x = 1\n", ["--body", "1"], "no function is seen around this line"),
        ("é𝄞e\u0301".encode(), ["--at", "1:6"], "its end is column 5."),
        (FUNCTION.encode(), ["--at", "2:9", "--at", "2:9"], "--at 2:9 and --at 2:9 overlap"),
        (FUNCTION.encode(), ["--body", "1", "--at", "2:5"], "overlap; give holes that lie apart."),
        (FUNCTION.encode(), ["--body", "1", "--body", "2"], "overlap"),
        (FUNCTION.encode(), ["--range", "1:1-1:5", "--range", "1:4-1:6"], "overlap"),
    ],
)
def test_files_and_places_that_cannot_be_filled_get_a_sentence(
    outcome, tmp_path: Path, data: bytes | None, places: list[str], sentence: str
) -> None:
    path = tmp_path / "a.py"
    if data is not None:
        path.write_bytes(data)
    code, said = outcome("fill", path, *places, "--write")
    assert code == 2
    assert sentence in said
    assert said.startswith("fillwright: ")
    assert said.count("\n") == 1
    assert data is None or path.read_bytes() == data


def test_a_file_of_an_unknown_language_has_no_bodies(outcome, tmp_path: Path) -> None:
    path = tmp_path / "notes.unknown"
    path.write_text("no code\n")
    code, said = outcome("fill", path, "--body", "1")
    assert code == 2
    assert "or use --range." in said


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--model", "absent", "absent; give --model a folder with a config.json."),
        ("--model", "", "give --model a folder with a config.json."),
        ("--device", "tpu", "'tpu' is no device; choose auto, cpu or cuda"),
        ("--device", "cuda:", "'cuda:' is no device; choose auto, cpu or cuda"),
    ],
)
@pytest.mark.parametrize("verb", ["fill", "engine start"])
def test_a_model_and_a_device_are_looked_at_before_an_engine_starts(
    outcome, tmp_path: Path, verb: str, option: str, value: str, named: str
) -> None:
    path = tmp_path / "a.py"
    path.write_text(FUNCTION)
    command = ["fill", path, "--body", "1"] if verb == "fill" else ["engine", "start"]
    code, said = outcome(*command, option, tmp_path / value if option == "--model" else value)
    assert code == 2
    assert named in said


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU to be had")
def test_an_engine_that_cannot_have_its_device_does_not_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(FUNCTION)
    command = [sys.executable, "-P", "-m", "fillwright.lsp_server"]
    arguments = ["fill", str(path), "--body", "1", "--device", "cuda"]
    filled = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert filled.returncode == 2
    assert filled.stdout == ""
    assert filled.stderr == (
        "fillwright: No CUDA device can be used here; choose the device 'cpu'.\n"
    )
    stopped = subprocess.run(
        [*command, "engine", "stop", "--device", "cuda"], capture_output=True, text=True, check=True
    )
    assert stopped.stdout == "no engine was running\n"


def help_of(capsys: pytest.CaptureFixture[str], *verb: str) -> str:
    with pytest.raises(SystemExit, match="0"):
        main([*verb, "--help"])
    return capsys.readouterr().out


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    help = help_of(capsys)
    assert len(VERBS) > 8
    assert all(f"    {verb} " in help and text in help for verb, (text, _) in VERBS.items())


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("fill", "--at --body --range --piece --write --seed --model --device"),
        ("serve", "--stdio --clientProcessId"),
        ("engine run", "--model --device --idle-seconds --host --port --token-file"),
        ("engine stop", "--model --device"),
        ("setup", "--yes --model neovim|vscode"),
        ("doctor", "--json --model"),
        ("pull", "--to --revision"),
        ("quantize", "--experts --rest"),
        ("train", "--folder --recipe"),
        ("eval typing", "--files --eagerness"),
    ],
)
def test_the_help_of_a_verb_has_its_options(
    capsys: pytest.CaptureFixture[str], verb: str, options: str
) -> None:
    help = help_of(capsys, *verb.split())
    assert help.startswith(f"usage: fillwright {verb} ")
    assert [option for option in options.split() if option not in help] == []


@pytest.mark.parametrize("arguments", ["doctor", "--help", "fill --help"])
def test_a_reader_that_leaves_is_no_error(arguments: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        helped = subprocess.run(
            [sys.executable, "-P", "-m", "fillwright.lsp_server", *arguments.split()],
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert helped.stderr == ""


def test_without_triton_the_benchmark_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fillwright.lsp_server.cli.main.find_spec", lambda name: None)
    assert main(["bench", "engine"]) == 2
    assert "needs Triton" in capsys.readouterr().err


def test_the_version_is_the_installed_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"fillwright {version('fillwright')}\n"


@pytest.mark.parametrize("verb", ["quantize", "train", "bench"])
def test_verbs_that_need_torch_name_the_extra(
    outcome, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    code, said = outcome(verb, "engine")
    assert code == 2
    assert said.startswith(f"fillwright: fillwright {verb} needs PyTorch, which is not installed;")
    assert "fillwright[gpu]" in said
    assert said.count("\n") == 1


@pytest.mark.e2e
@pytest.mark.parametrize("verb", ["doctor", "setup"])
def test_colours_are_off_where_they_are_not_wanted(
    on_a_terminal: Callable[..., str], tmp_path: Path, verb: str
) -> None:
    command = [str(Path(sys.executable).parent / "fillwright"), verb]
    coloured, plain = (
        on_a_terminal(command, HOME=str(tmp_path), **more) for more in ({}, {"NO_COLOR": "1"})
    )
    colour = r"\x1b\[[0-9;]*(?:3|4|9|10)[0-7]m"
    assert re.search(colour, coloured)
    assert not re.search(colour, plain)
    assert len(plain) > 100
