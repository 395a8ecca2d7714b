"""Ghost text in a real Neovim: 0.12 with its own, 0.11 with the plugin's.

The files are plain text: there every fill fits, whatever the model says.
"""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

TEXT = "one line\nThe quick brown\nthe last line\n"
LINES = TEXT.splitlines()
# a model need not have a body for each that parses, but for one of them
STUBS = """\
class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):

    def pop(self):

    def size(self):

    def clear(self):
"""
ASK = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
local line = ...
local answer = client:request_sync("textDocument/inlineCompletion", {
  textDocument = { uri = vim.uri_from_bufnr(0) },
  position = { line = line - 1, character = #vim.fn.getline(line) },
  context = { triggerKind = 1 },
}, 60000, 0)
return answer.result.items[1] and answer.result.items[1].insertText
"""


@pytest.fixture(params=["0.12", "0.11"])
def version(request: pytest.FixtureRequest) -> str:
    return request.param


def ghost_behind(editor: Any, line: int) -> str:
    """The ghost text that comes when a space is typed at the end of a line."""
    editor.insert(f"{line}GA")
    editor.keys("<Space>")
    return editor.until(editor.ghost)


def test_ghost_text_is_shown_and_accepted(start: Any, tmp_path: Path, version: str) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.txt", TEXT)
    ghost = ghost_behind(editor, 2)
    assert "\n" not in ghost
    assert editor.lines == ["one line", "The quick brown ", "the last line"]
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines[1] != "The quick brown ")
    assert editor.lines == ["one line", f"The quick brown {ghost}", "the last line"]
    assert editor.cursor == (2, len(editor.lines[1].encode()))
    editor.keys("<Esc>u")
    editor.until(lambda: editor.lines == LINES)


def test_a_whole_body_is_shown_and_accepted(start: Any, tmp_path: Path, version: str) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.py", STUBS)
    line = next(line for line in (5, 7, 9, 11) if editor.lua(ASK, line))
    before = editor.lines
    editor.insert(f"{line}GA")
    ghost = editor.until(editor.ghost)
    assert ghost.startswith("\n        ")
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines != before)
    before[line - 1] += ghost
    assert "\n".join(editor.lines) == "\n".join(before)


@pytest.mark.parametrize("key", ["<M-w>", "<M-j>"])
def test_part_after_part_is_the_whole(start: Any, tmp_path: Path, version: str, key: str) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.txt", TEXT)
    whole = "The quick brown " + ghost_behind(editor, 2)
    taken = editor.lines[1]
    while taken != whole:
        assert whole.startswith(taken)
        editor.until(editor.ghost)
        editor.keys(key)
        taken = editor.until(lambda: editor.lines[1] != taken and editor.lines[1])  # noqa: B023
    assert [editor.lines[0], *editor.lines[2:]] == [LINES[0], *LINES[2:]]


def test_typing_what_the_ghost_says_keeps_it(start: Any, tmp_path: Path, version: str) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.txt", TEXT)
    ghost = ghost_behind(editor, 2)
    editor.keys(ghost[0].replace("<", "<lt>"))
    editor.until(lambda: editor.lines[1] == "The quick brown " + ghost[0])
    assert editor.until(editor.ghost) == ghost[1:]


def test_ghost_text_in_a_file_with_crlf_and_emoji(start: Any, tmp_path: Path, version: str) -> None:
    editor = start(version)
    path = tmp_path / "a.txt"
    editor.open(path, "one 🙂 line\r\nThe 🙂🙂 brown\r\nthe last line 🙂\r\n")
    ghost = ghost_behind(editor, 2)
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines[1] == f"The 🙂🙂 brown {ghost}")
    editor.keys("<Esc>:write<CR>")
    saved = f"one 🙂 line\r\nThe 🙂🙂 brown {ghost}\r\nthe last line 🙂\r\n".encode()
    editor.until(lambda: path.read_bytes() == saved)


def test_toggle_takes_ghost_text_away_and_brings_it_back(
    start: Any, tmp_path: Path, version: str
) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.txt", TEXT)
    ghost_behind(editor, 2)
    editor.keys("<Cmd>Fillwright toggle<CR>")
    editor.until(lambda: editor.ghost() is None)
    editor.keys("<Cmd>Fillwright toggle<CR><Space>")
    editor.until(editor.ghost)


def test_leaving_insert_mode_hides_it_and_recall_offers_it_again(
    start: Any, tmp_path: Path, version: str
) -> None:
    editor = start(version)
    editor.lua("vim.keymap.set('i', '<M-r>', '<Plug>(fillwright-recall)')")
    editor.open(tmp_path / "a.txt", TEXT)
    ghost = ghost_behind(editor, 2)
    editor.keys("<Esc>")
    editor.until(lambda: editor.ghost() is None)
    editor.insert("2GA")
    editor.keys("<M-r>")
    assert editor.until(editor.ghost) == ghost


def test_tab_and_the_users_own_keys_are_left_alone(start: Any, tmp_path: Path) -> None:
    editor = start(init=MAPPED)
    editor.open(tmp_path / "a.txt", TEXT)
    ghost_behind(editor, 2)
    assert editor.lua("return vim.fn.maparg('<Tab>', 'i', false, true).buffer") != 1
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines[1] == "The quick brown mine")


MAPPED = """
vim.keymap.set("i", "<M-l>", "mine")
vim.opt.runtimepath:append(vim.env.FILLWRIGHT_PLUGIN)
require("fillwright").setup(vim.json.decode(vim.env.FILLWRIGHT_OPTIONS))
"""
