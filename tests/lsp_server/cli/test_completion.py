"""`fillwright completion`, in the shells themselves."""

import os
import pty
import re
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from fillwright.lsp_server.cli.completion import FILES, FOLDER
from fillwright.lsp_server.cli.main import main

# how long a shell may take to come up on a busy machine; it only ends what failed
PATIENCE_S = 60
# zsh's line editor begins with the mode that tells what is pasted
LINE_EDITOR = r"\[\?2004h"
CASES = [
    ("fillwright fill --pi", {"--piece"}),
    ("fillwright engine st", {"start", "status", "stop"}),
    ("fillwright eval ty", {"typing"}),
    ("fillwright bench load --engine-sam", {"--engine-samples"}),
    ("fillwright setup ne", {"neovim"}),
]


def program(name: str) -> str:
    """The program; without it a test is skipped, but in CI."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing", pytrace=False)
        pytest.skip(f"{name} is missing")
    return found


def run(*command: str, home: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("what", FILES)
def test_it_prints_the_files(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", what]) == 0
    printed = capsys.readouterr().out
    assert printed == (FOLDER / FILES[what]).read_text("utf-8")
    assert "engine-template" in printed.replace("\\-", "-")


@pytest.mark.parametrize(("line", "words"), CASES)
def test_bash_completes(line: str, words: set[str], tmp_path: Path) -> None:
    """By what bash calls at a Tab: the function that `complete` names."""
    script = f"""
        source {FOLDER / FILES["bash"]}
        COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}
        [[ $(complete -p fillwright) =~ -F\\ ([^ ]+) ]]
        "${{BASH_REMATCH[1]}}" fillwright "${{COMP_WORDS[-1]}}" "${{COMP_WORDS[-2]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert set(run(program("bash"), "--norc", "-c", script, home=tmp_path).split()) == words


@pytest.mark.parametrize(("line", "words"), CASES)
def test_fish_completes(line: str, words: set[str], tmp_path: Path) -> None:
    script = f"source {FOLDER / FILES['fish']}; complete --do-complete '{line}'"
    said = run(program("fish"), "--no-config", "--command", script, home=tmp_path)
    assert {each.split("\t")[0] for each in said.splitlines()} == words


@pytest.mark.parametrize(("line", "words"), CASES)
def test_zsh_completes(line: str, words: set[str], tmp_path: Path) -> None:
    """A real zsh with a terminal, a user who presses Tab, and then asks for the list."""
    # asked before the fork: a child that skipped its test would go on with the tests after it
    zsh = program("zsh")
    shell, terminal = pty.fork()
    if shell == 0:
        os.environ.update(HOME=str(tmp_path), TERM="dumb", PS1="> ", LANG="C.UTF-8")
        os.execv(zsh, ["zsh", "-f", "-i"])
    try:
        start = f"fpath=({FOLDER} $fpath); autoload -Uz compinit; compinit -u; echo re''ady\n"
        os.write(terminal, start.encode())
        # a key before the line editor is ready goes to the terminal, where Ctrl+D means the end
        _read_until(terminal, {rf"ready(?s:.*){LINE_EDITOR}"})
        # the list comes with Ctrl+D where there are several
        os.write(terminal, line.encode() + (b"\t" if len(words) == 1 else b"\x04"))
        seen = _read_until(terminal, words)
        assert all(word in seen for word in words), seen
    finally:
        os.close(terminal)
        os.waitpid(shell, 0)


def _read_until(terminal: int, patterns: set[str]) -> str:
    """What the terminal shows, until all patterns are in it; the deadline only ends what failed."""
    seen = ""
    while not all(re.search(pattern, seen) for pattern in patterns):
        if not select.select([terminal], [], [], PATIENCE_S)[0]:
            break
        seen += os.read(terminal, 4096).decode("utf-8", "replace")
    return seen


def test_man_shows_the_page(tmp_path: Path) -> None:
    shown = run(program("man"), "-l", str(FOLDER / FILES["man"]), home=tmp_path)
    assert "fillwright - fills holes in code" in shown
    assert "--piece KIND@LINE:COL" in shown
    assert "EXIT STATUS" in shown
