"""What a user sees: Neovim in a real terminal. `--update` keeps the screens for the docs."""

import io
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

pytestmark = pytest.mark.e2e

DOCS = Path(__file__).parents[3] / "docs"
IMAGES = DOCS / "images"
NEOVIM = TerminalTheme((20, 22, 27), (224, 226, 234), [(20, 22, 27)] * 8)
INIT = """
vim.o.termguicolors = true
vim.o.number = true
vim.o.laststatus = 2
-- room for a sentence, or Neovim asks for a key
vim.o.cmdheight = 2
vim.o.statusline = " %t %m%= %{%v:lua.require'fillwright'.statusline()%} "
vim.opt.runtimepath:append(vim.env.FILLWRIGHT_PLUGIN)
require("fillwright").setup(vim.json.decode(vim.env.FILLWRIGHT_OPTIONS))
vim.keymap.set("x", "R", "<Plug>(fillwright-rewrite)")
"""
SHELF = '''\
class Shelf:
    """A shelf that holds books up to a width."""

    def __init__(self, name, width):
        self.name = name
        self.width = width
        self.books = []

    def add(self, book):
        self.books.append(book)

    def clear(self):
        raise NotImplementedError
'''
HEADS = '''\
class Shelf:
    """A shelf that holds books up to a width."""

    def __init__(self, name, width):
        self.name = name
        self.width = width

    def set_width(self, width):

    def set_name(self, name):

    def get_width(self):
'''
STUBS = '''\
class Shelf:
    def __init__(self, name, width):
        self.name = name
        self.width = width
        self.books = []

    def set_width(self, width):
        """Give the shelf another width."""

    def add(self, book):
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError
'''
KEYS_S, LOOK_S, DRAFT_S, END_S = 0.25, 1.6, 0.3, 4.0
MOST_DRAFTS = 8
# stands still at the first draft that has both, until `go`
PAUSE = """
local set = vim.api.nvim_buf_set_extmark
local drafts = vim.api.nvim_create_namespace("fillwright.drafts")
vim.api.nvim_buf_set_extmark = function(bufnr, namespace, row, column, details)
  if namespace ~= drafts then
    return set(bufnr, namespace, row, column, details)
  end
  if not _G.paused or _G.go then
    set(bufnr, namespace, row, column, details)
  end
  local shown = vim.inspect(details)
  if not _G.paused and shown:find("FillwrightSettled") and shown:find("FillwrightUnsettled") then
    _G.paused = true
    vim.cmd.redraw()
    vim.wait(60000, function()
      return _G.go
    end, 10)
  end
end
"""


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Any:
    """Keeps a screen for the documentation, when that is asked for."""

    def write(name: str, screen: str) -> None:
        if request.config.getoption("--update"):
            (IMAGES / f"neovim-{name}.svg").write_text(picture(screen, name), encoding="utf-8")

    return write


def picture(screen: str, name: str) -> str:
    """A terminal's screen as SVG; its fonts are the reader's own."""
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(screen.rstrip("\n")), end="")
    frame = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(
        title="Neovim", theme=NEOVIM, code_format=frame, unique_id=f"neovim-{name}"
    )


def plain(screen: str) -> str:
    return Text.from_ansi(screen).plain


def virtual_text(editor: Any) -> str:
    """The first line of the draft that is drawn."""
    (draft,) = (mark for mark in editor.marks("fillwright.drafts") if "virt_lines" in mark[3])
    return "".join(text for text, *_ in draft[3]["virt_lines"][0]).rstrip()


def colour(editor: Any, group: str) -> str:
    """The escape sequence of a highlight group's colour."""
    number = editor.lua("return vim.api.nvim_get_hl(0, { name = ..., link = false }).fg", group)
    return f"38;2;{number >> 16};{number >> 8 & 255};{number & 255}m"


def test_ghost_text_on_the_screen(start: Any, tmp_path: Path, keep: Any) -> None:
    editor = start(init=INIT, in_terminal=True)
    editor.open(tmp_path / "shelf.py", HEADS)
    before = editor.lines
    line, ghost = editor.insert_with_ghost((8, 10, 12))
    dim = colour(editor, "ComplHint")
    screen = editor.until(lambda: ghost.split()[0] in (shown := editor.screen()) and shown)
    rows = [row for row in screen.splitlines() if ghost.split()[0] in row.rpartition(dim)[2]]
    assert rows
    keep("ghost", screen)
    assert editor.lines == before
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines != before)
    editor.keys("<Esc>:write<CR>")
    before[line - 1] += ghost
    editor.until(lambda: (tmp_path / "shelf.py").read_text() == "\n".join(before) + "\n")


def test_a_draft_on_the_screen(start: Any, tmp_path: Path, keep: Any) -> None:
    settings = {"fill": {"blockTokens": 256, "steps": 64, "seed": 7, "decode": "denoise"}}
    editor = start(init=INIT + PAUSE, in_terminal=True, settings=settings)
    editor.open(tmp_path / "shelf.py", SHELF)
    dim, bright = colour(editor, "NonText"), colour(editor, "Normal")
    editor.keys("13G:Fillwright fill body<CR>")
    editor.until(lambda: editor.lua("return paused"))
    draft = virtual_text(editor)
    screen = editor.until(lambda: draft in plain(shown := editor.screen()) and shown)
    below = screen.partition("NotImplementedError")[2]
    assert dim in below
    assert bright in below
    keep("draft", screen)
    editor.lua("_G.go = true")
    editor.until(lambda: not editor.marks("fillwright.drafts"))


def test_a_rewrite_on_the_screen(start: Any, tmp_path: Path, keep: Any) -> None:
    editor = start(init=INIT, in_terminal=True)
    editor.open(tmp_path / "shelf.py", SHELF)
    # a model need not have something else for each line, but then the editor says so
    for row in (13, 10, 6, 5, 2):
        editor.keys(f":messages clear<CR>{row}GVR")
        editor.until(lambda: editor.marks("fillwright.preview") or editor.messages())
        if editor.marks("fillwright.preview"):
            break
    screen = editor.until(lambda: "reject" in (shown := editor.screen()) and shown)
    lines = screen.splitlines()
    hint = next(row for row, line in enumerate(lines) if "<CR> apply   <Esc> reject" in line)
    added = editor.lua("return vim.api.nvim_get_hl(0, { name = 'DiffAdd' }).bg")
    assert f"48;2;{added >> 16};{added >> 8 & 255};{added & 255}m" in lines[hint - 1]
    keep("rewrite", screen)
    editor.keys("<Esc>")
    editor.until(lambda: "reject" not in editor.screen())
    assert "\n".join(editor.lines) + "\n" == SHELF


def test_typing_taking_and_filling_on_the_screen(
    start: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The picture of the first page: what a user types and sees, in the order in which it comes."""
    record = runpy.run_path(str(DOCS / "record_demo.py"))
    settings = {"fill": {}, "inlineCompletion": {}, "languages": {}}
    editor = start(init=INIT, in_terminal=True, settings=settings)
    editor.open(tmp_path / "shelf.py", STUBS)
    screens = [(editor.screen(), LOOK_S)]
    editor.insert("8Go")
    for keys in ("se", "lf", ".w"):
        editor.keys(keys)
        screens.append((editor.screen(), KEYS_S))
    editor.until(editor.ghost)
    screens.append(
        (editor.until(lambda: "self.width" in plain(s := editor.screen()) and s), LOOK_S)
    )
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines[8] == "        self.width = width")
    screens.append((editor.screen(), LOOK_S))
    editor.keys("<Esc>:Fillwright fill stubsInFile<CR>")
    drafts: list[tuple[str, float]] = []
    while "NotImplementedError" in (screen := editor.screen()):
        if not drafts or drafts[-1][0] != screen:
            drafts.append((screen, DRAFT_S))
    screens += drafts[:: 1 + len(drafts) // MOST_DRAFTS]
    screens.append((editor.screen(), END_S))
    assert "raise" not in "\n".join(editor.lines)
    frames = [record["Frame"](Text.from_ansi(screen), seconds) for screen, seconds in screens]
    assert len(drafts) > 1
    made = record["animation"]("$ nvim shelf.py", frames, 80, NEOVIM)
    if request.config.getoption("--update"):
        (IMAGES / "neovim.svg").write_text(made, encoding="utf-8")
