"""What the user is told, in a real terminal: no message makes Neovim wait for a key."""

from pathlib import Path
from typing import Any

import pytest
from rich.text import Text

pytestmark = pytest.mark.e2e

LONG = "The engine ended while it worked; " + "its log is somewhere, and the next one starts. " * 3


def say(editor: Any, sentence: str, times: int = 1) -> None:
    """Say a sentence as a warning, without waiting for the editor: it might ask for a key."""
    editor.lua("sentence, times = ...", sentence, times)
    editor.keys(":lua for _ = 1, times do require('fillwright.say').say(sentence, 3) end<CR>")


def screen(editor: Any) -> str:
    return Text.from_ansi(editor.screen()).plain


@pytest.mark.parametrize("version", ["0.12", "0.11"])
def test_a_long_sentence_is_one_line_and_all_of_it_is_kept(start: Any, version: str) -> None:
    editor = start(version, in_terminal=True)
    log = Path(editor.lua("return vim.lsp.log.get_filename()"))
    for message in (LONG, "x" * 300, "äöü " * 60, "漢字" * 80, "two\nlines " * 20):
        say(editor, message)
        editor.until(lambda m=message: " ".join(m.split()) in log.read_text())
        editor.until(lambda: "(:Fillwright log)" in screen(editor))
        assert " ".join(message.split()) in editor.messages()
        editor.keys("<C-l>:<Esc>")


def test_two_sentences_at_once_ask_for_no_key(start: Any) -> None:
    editor = start(in_terminal=True)
    say(editor, LONG, times=3)
    editor.until(lambda: "(:Fillwright log)" in screen(editor))
    assert not editor.asks


def test_a_plugin_that_draws_messages_gets_the_whole_sentence(start: Any) -> None:
    editor = start(in_terminal=True)
    editor.lua("vim.notify = function(sentence) told = sentence end")
    say(editor, LONG)
    told = editor.until(lambda: editor.lua("return told"))
    assert told == f"Fillwright: {LONG.strip()}"


@pytest.mark.parametrize("command", ["Fillwright status", "Fillwright"])
def test_status_is_a_window_that_goes_by_itself(start: Any, tmp_path: Path, command: str) -> None:
    editor = start(in_terminal=True)
    editor.open(tmp_path / "a.txt", "alpha beta\ngamma delta\n")
    editor.keys(f":{command}<CR>")
    lines = editor.until(editor.floating)
    assert not editor.asks
    assert lines[0].startswith("Fillwright: ")
    assert ":help :Fillwright" in lines[-1]
    editor.until(lambda: "see :help :Fillwright" in screen(editor))
    editor.keys("j")
    editor.until(lambda: not editor.floating())


def test_status_without_a_server_is_a_window_too(start: Any) -> None:
    editor = start(in_terminal=True)
    editor.keys(":Fillwright<CR>")
    lines = editor.until(editor.floating)
    assert "is not attached to this buffer" in lines[0]
    assert not editor.asks


def test_status_of_a_server_that_does_not_come_says_so(start: Any, tmp_path: Path) -> None:
    editor = start(in_terminal=True, cmd=["sleep", "60"])
    path = tmp_path / "a.py"
    path.write_text("a = 1\n")
    editor.rpc.command(f"edit {path}")
    editor.keys(":Fillwright<CR>")
    assert "has not started yet" in editor.until(editor.floating)[0]
