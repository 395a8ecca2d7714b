"""The commands that the pages show: the program knows each, and the first steps work."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCED = re.MULTILINE | re.DOTALL
COMMAND = re.compile(
    r"(?:^    (?:\.venv/bin/)?|^\$ |^\.venv/bin/|`)fillwright ([a-z][^`\n#]*)", re.M
)
# what Neovim's status line shows
IN_A_STATUS_LINE = {"filling", "loading", "ready", "busy", "failed", "stopped"}
SHELL = re.compile(r"^```sh\n(.*?)^```", FENCED)


def known() -> dict[str, str]:
    """What each command says of itself, by its words."""
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    sections = re.findall(r"^##+ fillwright([^\n]*)\n\n```text\n(.*?)^```", page, FENCED)
    return {title.strip(): text for title, text in sections}


def said_of(words: list[str], commands: dict[str, str]) -> str:
    """What the commands that the words name say of themselves: `train --recipe gpu run` is one of
    `train run`, which has the options of `train` too."""
    inner = [f"{words[0]} {word}" for word in words[1:]]
    return "".join(commands.get(name, "") for name in [words[0], *inner])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_is_known(page: Path) -> None:
    commands = known()
    assert "eval typing" in commands
    for line in COMMAND.findall(page.read_text(encoding="utf-8")):
        words = line.split()
        if words[0] in IN_A_STATUS_LINE:
            continue
        said = said_of(words, commands)
        assert said, line
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", line):
            assert option in said, line


@pytest.mark.e2e
def test_the_first_fill_is_as_its_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a folder of its own: `engine stop` ends no engine of another test
    monkeypatch.setenv("FILLWRIGHT_RUNTIME_DIR", str(tmp_path / "run"))
    page = (ROOT / "docs" / "first-fill.md").read_text(encoding="utf-8")
    lines = [line for block in SHELL.findall(page) for line in block.splitlines()]
    steps = [line for line in lines if line.startswith((".venv/bin/fillwright", "cp "))]
    steps.append(".venv/bin/fillwright engine stop")
    printed = {}
    for step in steps:
        # what changes an editor's files is for the editors' own tests
        if "setup" in step:
            continue
        words = [word.replace("/tmp/", f"{tmp_path}/") for word in shlex.split(step)]
        if words[0] == ".venv/bin/fillwright":
            words[0:1] = [sys.executable, "-P", "-m", "fillwright.lsp_server"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (step, done.stderr)
        printed[step] = done.stdout
    [fill] = [text for step, text in printed.items() if " fill " in step]
    assert "+        self.width = width" in fill
    assert len(printed) == 4
