"""The commands that the pages show: the program knows each, and the first steps work."""

import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# which may name what is not there
LOG = ROOT / "docs" / "measurements-log.md"
FENCED = re.MULTILINE | re.DOTALL
COMMAND = re.compile(
    r"(?:^    (?:\.venv/bin/)?|^\$ |^\.venv/bin/|`)fillwright ([a-z][^`\n#]*)", re.M
)
# what Neovim's status line shows
IN_A_STATUS_LINE = {"denoising", "loading", "ready", "busy", "failed", "stopped"}
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


PLACEHOLDERS = {
    "FILE": "shelf.py",
    "LINE": "18",
    "LINE:COL": "6:9",
    "L1:C1-L2:C2": "6:1-7:1",
    "runs/dev": ".",
    "engine/checkpoints/fillwright-small": ".",
}
BLOCK = re.compile(r"^    (?:nice -n 19 |\$ )?fillwright ([a-z].*)$", re.MULTILINE)
MADE = re.compile(r"(?:^    |`)make ([a-z-]+)", re.MULTILINE)


def words_of(line: str) -> list[str]:
    """A command line without its comment, with something in the place of what it leaves open."""
    words = shlex.split(line.partition(" | ")[0].partition(" > ")[0], comments=True)
    return [PLACEHOLDERS.get(word, word) for word in words if word != "…"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_block_is_one_that_the_program_takes(page: Path) -> None:
    """Each is parsed by the verb's own parser: values and what must be there, too."""
    parser = runpy.run_path(str(ROOT / "docs" / "write_completion.py"))["whole_parser"]()
    for line in BLOCK.findall(page.read_text(encoding="utf-8")):
        # the page of the commands shows some in the program's own words
        if page.name == "cli.md" and "..." in line:
            continue
        parser.parse_args(words_of(line))


@pytest.mark.parametrize(
    "page", sorted({*PAGES, *ROOT.glob("*.md")} - {LOG}), ids=lambda page: page.name
)
def test_make_has_every_verb_of_a_page(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"dist", "fuzz"} <= verbs
    assert set(MADE.findall(page.read_text(encoding="utf-8"))) <= verbs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_neovim_has_every_subcommand_of_a_page(page: Path) -> None:
    source = (ROOT / "editors/nvim/lua/fillwright/subcommands.lua").read_text("utf-8")
    known = set(re.findall(r"^  (?:M\.)?(\w+) = ", source, re.MULTILINE))
    named = re.findall(r":Fillwright ([a-z_]+)", page.read_text(encoding="utf-8"))
    assert set(named) <= known | set(re.findall(r'"(\w+)"', source))


@pytest.mark.e2e
def test_the_fills_of_the_first_page_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`doctor` and `setup` have tests of their own."""
    monkeypatch.setenv("FILLWRIGHT_RUNTIME_DIR", str(tmp_path / "run"))
    shutil.copy(ROOT / "fixtures" / "demo" / "shelf.py", tmp_path)
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [line for line in BLOCK.findall(page) if line.startswith("fill ")]
    assert len(lines) > 4
    command = [sys.executable, "-P", "-m", "fillwright.lsp_server"]
    for line in [*lines, "engine stop"]:
        # the page's numbers are those of another file
        words = ["14" if word == "20" else word for word in words_of(line)]
        done = subprocess.run(
            [*command, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        assert "@@" in done.stdout or "what stands there" in done.stderr or words[0] == "engine"


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
