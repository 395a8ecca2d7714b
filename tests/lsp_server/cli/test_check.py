"""`fillwright check`, as a process, with the real engine and the embedded checkpoint."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMAND = [str(Path(sys.executable).parent / "fillwright")]
TIMEOUT_S = 300
SOURCE = (
    "class Shelf:\r\n"
    "    def __init__(self, name, width):\r\n"
    "        self.name = name\r\n"
    "        self.width = name\r\n"
)

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True, scope="module")
def engine() -> Iterator[None]:
    """The engine that the first check starts ends with this module."""
    yield
    subprocess.run([*COMMAND, "engine", "stop"], check=True, capture_output=True)


def check(*argv: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, "check", *map(str, argv)]
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False, text=True)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    wrong, right = tmp_path / "wrong.py", tmp_path / "right.py"
    wrong.write_bytes(SOURCE.encode())
    right.write_bytes(SOURCE.replace("width = name", "width = width").encode())
    return [wrong, right]


def test_a_line_for_each_place(files: list[Path]) -> None:
    outcome = check(*files)
    assert outcome.returncode == 0
    (line,) = outcome.stdout.splitlines()
    assert line.startswith(f"{files[0]}:4:22: 'name', likelier 'width' (")
    assert "1 unlikely place\n" in outcome.stderr


def test_json_for_programs(files: list[Path]) -> None:
    (place,) = json.loads(check(*files, "--json").stdout)
    assert place.pop("gain") > 8
    assert place == {
        "file": str(files[0]),
        "line": 4,
        "column": 22,
        "text": "name",
        "likelier": "width",
    }
    assert json.loads(check(*files, "--json", "--gain", "50").stdout) == []


def test_what_cannot_be_looked_at_is_said_in_a_sentence(tmp_path: Path) -> None:
    for argv, said in (
        ([tmp_path / "none.py"], "cannot be read"),
        ([tmp_path / "none.py", "--gain", "much"], "number of nats"),
        ([], "FILE"),
    ):
        outcome = check(*argv)
        assert outcome.returncode == 2
        assert said in outcome.stderr
