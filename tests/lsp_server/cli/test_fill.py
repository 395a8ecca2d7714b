"""`fillwright fill`, as a process, with the real engine and the embedded checkpoint."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint

COMMAND = [str(Path(sys.executable).parent / "fillwright")]
TIMEOUT_S = 300
SOURCE = 'def area(width, height):\n    """The area."""\n    pass\n\n\nprint(area(2, 3))\n'

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True, scope="module")
def engine() -> Iterator[None]:
    """The engine that the first fill starts ends with this module."""
    yield
    subprocess.run([*COMMAND, "engine", "stop"], check=True, capture_output=True)


def fillwright(*argv: str | Path, **kwargs: Any) -> "subprocess.CompletedProcess[bytes]":
    command = [*COMMAND, *map(str, argv)]
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False, **kwargs)


def filled(*argv: str | Path) -> dict[str, Any]:
    outcome = fillwright("fill", *argv, "--json")
    assert outcome.returncode == 0, outcome.stderr.decode()
    report: dict[str, Any] = json.loads(outcome.stdout)
    return report


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "area.py"
    path.write_text(SOURCE)
    return path


def test_json_says_how_the_hole_was_filled(source: Path) -> None:
    report = filled(source, "--at", "3:5", "--steps", "4", "--decode", "denoise")
    assert list(report) == [
        "file", "model", "device", "decode", "holes", "finish", "steps", "tokens", "certainty",
        "remembered", "timings_ms",
    ]  # fmt: skip
    assert report["file"] == str(source)
    assert report["model"] == "fillwright-small"
    assert report["device"] in ("cpu", "cuda", "cuda:0")
    assert report["decode"] == "denoise"
    assert report["finish"] in ("settled", "budget")
    assert report["steps"] >= 1
    assert all(spent >= 0 for spent in report["timings_ms"].values())
    [hole] = report["holes"]
    assert list(hole) == ["start", "end", "text", "confidence", "dropped"]
    assert hole["start"] == {"line": 3, "column": 5}
    assert hole["end"] == {"line": 3, "column": 9}
    assert "\n" not in hole["text"]
    assert 0 <= hole["confidence"] <= 1
    assert source.read_text() == SOURCE


def test_the_same_seed_gives_the_same_fill(source: Path) -> None:
    first, second = (filled(source, "--body", "1", "--seed", "7") for _ in range(2))
    del first["timings_ms"], second["timings_ms"]
    assert first == second


def test_a_deadline_gives_what_there_is(source: Path) -> None:
    report = filled(
        source, "--at", "3:5", "--decode", "denoise", "--steps", "400", "--deadline", "1"
    )
    assert report["finish"] == "deadline"
    assert report["steps"] < 400


def test_the_printed_diff_does_what_write_does(source: Path) -> None:
    printed = fillwright("fill", source.name, "--body", "1", cwd=source.parent)
    assert printed.returncode == 0, printed.stderr.decode()
    assert source.read_text() == SOURCE
    written = fillwright("fill", source, "--body", "1", "--write")
    assert written.returncode == 0, written.stderr.decode()
    assert written.stdout == b""
    after = source.read_text()
    source.write_text(SOURCE)
    if after != SOURCE:
        subprocess.run(["git", "apply", "-"], input=printed.stdout, cwd=source.parent, check=True)
    assert source.read_text() == after


CASES = {
    "empty file": (b"", ["--at", "1:1"]),
    "offset 0": (b"x = 1\n", ["--at", "1:1"]),
    "end without newline": (b"def f(x):\n    return ", ["--at", "2:12"]),
    "body at the end without newline": (b"def f(x):\n    pass", ["--body", "1"]),
    "after the last newline": (b"x = 1\n", ["--at", "2:1"]),
    "whole file": (b"x = 1\ny = 2\n", ["--range", "1:1-3:1"]),
    "CRLF": (b"def f(x):\r\n    pass\r\n\r\n\r\ny = f(1)\r\n", ["--body", "1"]),
    "CRLF selection": (b"a = 1\r\nb = 2\r\nc = 3\r\n", ["--range", "1:1-3:1"]),
    "lone carriage returns": (b"a = 1\rb = \rc = 3\r", ["--at", "2:5"]),
    "BOM": (b"\xef\xbb\xbfdef f(x):\n    pass\n", ["--body", "2"]),
    "BOM, offset 0": (b"\xef\xbb\xbfx\n", ["--range", "1:1-1:1"]),
    "tabs": (b"class A:\n\tdef f(self):\n\t\tpass\n\n\tx = 1\n", ["--body", "2"]),
    "emoji and combining characters": (
        "s = '👩‍👩‍👧 e\u0301'\nt = s + '𝄞' # \nu\n".encode(),
        ["--at", "2:13"],
    ),
    "form feed and line separator": (b"a = 1\x0c\n'\xe2\x80\xa8'\nb = \n", ["--at", "3:5"]),
    "syntax errors around": (b"def f(:\n  ((\n    x = \n]]} else\n", ["--at", "3:9"]),
    "broken function": (b"def f(x:\n    pass\nif\n", ["--body", "2"]),
    "null document": (b"\n", ["--at", "1:1"]),
    "two holes": (SOURCE.encode(), ["--at", "6:7", "--body", "1"]),
    "holes that touch": (b"x = 1 + 2\n", ["--range", "1:5-1:6", "--range", "1:6-1:10"]),
    "a line of 100,000 characters": (b"x = '" + b"a" * 100_000 + b"'\ny = \n", ["--at", "1:50000"]),
    "5 MB": (b"def f(x):\n    return x\n\n\n" * 200_000, ["--body", "400001"]),
}


@pytest.mark.parametrize(("data", "places"), CASES.values(), ids=CASES)
def test_not_a_byte_outside_the_hole_changes(
    tmp_path: Path, data: bytes, places: list[str]
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    report = filled(path, *places, "--write", "--decode", "denoise", "--steps", "1")
    assert path.read_bytes() == expected(data, report["holes"])
    if b"\r\n" in data:
        assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")


@pytest.mark.parametrize("name", ["a.txt", "a.rs", "Makefile"])
def test_a_language_without_a_grammar_is_filled_by_lines(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"one\ntwo three\nfour\n")
    report = filled(path, "--at", "2:5", "--write", "--decode", "denoise", "--steps", "1")
    assert path.read_bytes() == expected(b"one\ntwo three\nfour\n", report["holes"])


def expected(data: bytes, holes: list[dict[str, Any]]) -> bytes:
    """The file in which each reported text stands in its reported place."""
    mark = data[:3] if data.startswith(b"\xef\xbb\xbf") else b""
    text = data.removeprefix(mark).decode()
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\n|\r", text))]
    for hole in reversed(holes):
        start, end = (
            starts[hole[side]["line"] - 1] + hole[side]["column"] - 1 for side in ("start", "end")
        )
        text = text[:start] + hole["text"] + text[end:]
    return mark + text.encode()


def test_several_holes_are_reported_in_the_order_of_the_file(source: Path) -> None:
    report = filled(source, "--at", "6:7", "--at", "3:5", "--steps", "2")
    assert [hole["start"]["line"] for hole in report["holes"]] == [3, 6]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Text without a grammar, where every fill fits that is not blank."""
    path = tmp_path / "notes.txt"
    path.write_text("one = 1\ntwo = \nthree = 3\n")
    return path


def test_watching_shows_drafts_and_then_the_diff(notes: Path) -> None:
    outcome = fillwright("fill", notes, "--at", "2:7", "--watch", "--decode", "denoise")
    out = outcome.stdout.decode()
    assert outcome.returncode == 0, outcome.stderr.decode()
    assert "\x1b" not in out
    assert out.startswith("denoising: step 1, ")
    assert "▌" in out
    assert "@@" in out.rpartition("step")[2]


def test_on_a_terminal_the_picture_is_live_and_the_diff_coloured(
    notes: Path, on_a_terminal: Callable[..., str]
) -> None:
    command = [*COMMAND, "fill", notes, "--at", "2:7", "--watch", "--decode", "denoise"]
    out = on_a_terminal(command)
    assert "\x1b[2K" in out
    assert "denoising: step 1," in out
    assert "\x1b[36m@@" in out
    plain = on_a_terminal(command, NO_COLOR="1")
    assert "\n@@" in plain
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", plain)


@pytest.fixture
def never_done(tmp_path: Path) -> Iterator[Path]:
    """The embedded checkpoint, whose canvases are not done before their steps are used up."""
    folder = tmp_path / "never-done"
    folder.mkdir()
    for file in embedded_checkpoint().iterdir():
        (folder / file.name).symlink_to(file)
    settings = folder / "generation_config.json"
    parsed = json.loads(settings.read_text("utf-8")) | {"stability_threshold": 10**6}
    settings.unlink()
    settings.write_text(json.dumps(parsed), "utf-8")
    yield folder
    subprocess.run([*COMMAND, "engine", "stop", "--model", folder], check=True, capture_output=True)


@pytest.fixture
def listening() -> Iterator[None]:
    """Background jobs of a shell ignore interrupts, and so does whatever they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening")
def test_an_interrupted_fill_leaves_the_file(source: Path, never_done: Path) -> None:
    command = [*COMMAND, "fill", str(source), "--body", "1", "--watch", "--write"]
    command += ["--decode", "denoise", "--steps", "10000", "--model", str(never_done)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"denoising: step 1,")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert said == b""
    assert source.read_text() == SOURCE


def test_an_instruction_that_the_model_does_not_take_is_told(source: Path) -> None:
    outcome = fillwright("fill", str(source), "--at", "3:5", "--json", "--instruction", "shorter")
    assert "This model takes no instructions, so yours was not used." in outcome.stderr.decode()
    assert json.loads(outcome.stdout)["instructed"] is False
    assert "instructed" not in filled(source, "--at", "3:5")
