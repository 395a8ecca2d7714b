"""From nothing to the first ghost text: `fillwright setup neovim`, and nothing by hand."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("version", ["0.12", "0.11"])
def test_setup_is_all_that_it_takes(
    start: Any, environment: dict[str, str], tmp_path: Path, version: str
) -> None:
    command = [str(Path(sys.executable).parent / "fillwright"), "setup", "neovim"]
    for arguments, said in (["--yes"], "is written"), ([], "there is nothing to do"):
        done = subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
    editor = start(version, init="")
    editor.rpc.command("help fillwright")
    assert editor.rpc.current.buffer.name.endswith("doc/fillwright.txt")
    editor.rpc.command("helpclose")
    editor.open(tmp_path / "a.py", "from __future__ import \n\nlogger = logging.getLogger(\n")
    before = editor.lines
    line, shown = editor.insert_with_ghost([1, 3])
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines != before)
    before[line - 1] += shown
    assert editor.lines == "\n".join(before).split("\n")
