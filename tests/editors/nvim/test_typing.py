"""Somebody types in a real Neovim, key by key: a suggestion comes in each pause, at the cursor, and
nothing that was typed is lost.

The model is sure enough of some of these lines of Python to suggest something by itself.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

SURE = [
    "return None if name is None else ",
    "from collections import defaultdict, ",
    "self.name = ",
    "import os.path as ",
]
KEYS = ["<M-l>", "<M-w>", "<M-j>"]
# from here on the server is told nothing and answers nothing: what is shown is the plugin's doing
DEAF = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
client.request = function()
  return true, 1
end
"""


@pytest.fixture(params=["0.12", "0.11"])
def version(request: pytest.FixtureRequest) -> str:
    return request.param


def type_keys(editor: Any, keys: Sequence[str], interval: float) -> None:
    """Type one key after the other, as fast as somebody does."""
    for key in keys:
        editor.keys("<lt>" if key == "<" else key)
        time.sleep(interval)


def with_slip(line: str) -> list[str]:
    """The keys of a line: in its middle two wrong ones, taken back."""
    half = len(line) // 2
    return [*line[:half], "z", "q", "<BS>", "<BS>", *line[half:]]


def goes_on(editor: Any, before: list[str], candidates: list[str]) -> str:
    """The first line that the model has something for after these lines."""
    for number, line in enumerate(candidates):
        if line.strip() in " ".join(before):
            continue
        # a text that the document had before would be an undo
        editor.rpc.command(f"silent edit! {number}-{len(before)}.py")
        editor.rpc.api.buf_set_lines(0, 0, -1, True, [*before, line])
        editor.until_attached()
        if editor.has_ghost(len(before) + 1, by_hand=False):
            return line
    editor.rpc.command("Fillwright status")
    pytest.fail("\n".join(editor.until(editor.floating)))


def ghost_at_cursor(editor: Any) -> str | None:
    """The ghost text, once it stands where the cursor is."""
    row, column = editor.cursor
    marks = editor.marks("nvim.lsp.inline_completion")
    return editor.ghost() if [mark[1:3] for mark in marks] == [[row - 1, column]] else None


def errors_logged(environment: dict[str, str]) -> list[str]:
    log = Path(environment["XDG_STATE_HOME"]) / "nvim" / "lsp.log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [line for line in lines if line.startswith("[ERROR]")]


@pytest.mark.parametrize("interval", [0.03, 0.1, 0.2])
def test_a_suggestion_comes_in_every_pause_and_nothing_is_lost(
    start: Any,
    tmp_path: Path,
    environment: dict[str, str],
    version: str,
    interval: float,
) -> None:
    editor = start(version)
    editor.rpc.command(f"cd {tmp_path}")
    header, indented = "def start(name):", [f"    {line}" for line in SURE]
    first = goes_on(editor, [header], indented)
    second = goes_on(editor, [header, f"{first}mine", ""], indented)
    editor.open(tmp_path / "typed.py", "")
    editor.lua("vim.bo.indentexpr, vim.bo.autoindent = '', true")
    editor.insert("i")
    type_keys(editor, [*header, "<CR>", *with_slip(first)], interval)
    editor.until(lambda: ghost_at_cursor(editor))
    # past it, over two line ends: the indentation comes by itself, and goes from the empty line
    keys = [*with_slip("mine"), "<CR>", "<CR>", *with_slip(second.lstrip())]
    type_keys(editor, keys, interval)
    editor.until(lambda: ghost_at_cursor(editor))
    assert editor.lines == [header, f"{first}mine", "", second]
    assert errors_logged(environment) == []


@pytest.mark.parametrize("key", KEYS)
def test_what_fits_no_more_is_neither_shown_nor_taken(
    start: Any, tmp_path: Path, unfinished: list[str], version: str, key: str
) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.txt", "".join(f"{line}\n" for line in unfinished))
    line, ghost = editor.insert_with_ghost(range(1, 10))
    other = next(letter for letter in "zq" if letter != ghost[0])
    editor.lua(DEAF)
    # the key comes before anything can be drawn
    editor.keys(f"{other}{key}x<CR>y")
    written = [*unfinished]
    written[line - 1 : line] = [f"{unfinished[line - 1]}{other}x", "y"]
    editor.until(lambda: editor.lines == written)
    editor.until(lambda: editor.ghost() is None)
    # and when it has been taken away
    type_keys(editor, [key, "z"], 0)
    written[line] = "yz"
    editor.until(lambda: editor.lines == written)
    assert editor.cursor == (line + 1, 2)


@pytest.mark.parametrize("move", ["<Up>", "<Home>", "<Left>"])
def test_it_goes_when_the_cursor_does(
    start: Any, tmp_path: Path, unfinished: list[str], version: str, move: str
) -> None:
    editor = start(version)
    lines = ["", *unfinished]
    editor.open(tmp_path / "a.txt", "".join(f"{line}\n" for line in lines))
    editor.insert_with_ghost(range(2, 10))
    editor.lua(DEAF)
    editor.keys(f"{move}<M-w>")
    editor.until(lambda: editor.ghost() is None)
    editor.keys("<M-l><Esc>")
    editor.until_mode("n")
    assert editor.lines == lines


def test_typing_along_keeps_it_and_it_is_taken_once(
    start: Any, tmp_path: Path, version: str
) -> None:
    editor = start(version)
    # what stands after the cursor is part of what a suggestion replaces, or stays
    calls = ["logger = logging.getLogger(", "print(isinstance(self, "]
    editor.open(tmp_path / "a.py", "".join(f"{line})\n" for line in calls))
    for line in range(1, 3):
        editor.keys(f"<Esc>{line}GA<Left>")
        if ghost := editor.lua(AT_CURSOR):
            break
    editor.until(lambda: editor.ghost() is not None)
    shown = editor.ghost()
    editor.lua(DEAF)
    editor.keys(ghost[0].replace("<", "<lt>"))
    editor.until(lambda: editor.ghost() == shown[1:] or (len(shown) == 1 and not editor.ghost()))
    editor.keys("<M-l>")
    editor.until(lambda: len(editor.lines[line - 1]) >= len(calls[line - 1]) + len(ghost))
    assert editor.lines[line - 1].startswith(calls[line - 1] + ghost)
    assert editor.lines[line - 1].count(ghost) == 1


AT_CURSOR = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
local position = vim.lsp.util.make_position_params(0, client.offset_encoding)
position.context = { triggerKind = 2 }
local answer = client:request_sync("textDocument/inlineCompletion", position, 60000, 0)
local item = answer.result.items[1]
return item and item.insertText
"""


def test_the_keys_type_nothing_where_there_is_nothing_to_take(
    start: Any, tmp_path: Path, version: str
) -> None:
    editor = start(version, ghost_text=False)
    editor.open(tmp_path / "a.txt", "x = 1\n")
    editor.insert("A")
    type_keys(editor, [*KEYS, "!"], 0)
    editor.until(lambda: editor.lines == ["x = 1!"])
