"""Real Neovims with a real language server and engine, driven over Neovim's own RPC."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pynvim
import pytest

from tests.editors.debian import CannotInstallError
from tests.editors.nvim.install import install

PLUGIN = Path(__file__).parent.parent.parent.parent / "editors" / "nvim"
PATIENCE_S = 60
# small fills: what they say does not matter here
SETTINGS = {
    "inlineCompletion": {"candidates": 1},
    "eagerness": "eager",
    "languages": {"plaintext": True},
    "fill": {"lineTokens": 8, "blockTokens": 16, "steps": 8, "seed": 7},
}
INIT = """
vim.opt.runtimepath:append(vim.env.FILLWRIGHT_PLUGIN)
require("fillwright").setup(vim.json.decode(vim.env.FILLWRIGHT_OPTIONS))
"""
# what the server has for the end of a line
ASK = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
local line, kind = ...
local answer = client:request_sync("textDocument/inlineCompletion", {
  textDocument = { uri = vim.uri_from_bufnr(0) },
  position = { line = line - 1, character = #vim.fn.getline(line) },
  context = { triggerKind = kind },
}, 60000, vim.api.nvim_get_current_buf())
return answer.result.items[1] ~= nil
"""
# what the server says of itself
STATUS = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
local command = { command = "fillwright.status" }
return client:request_sync("workspace/executeCommand", command, 60000).result
"""
# keeps every mark that drafts are drawn with, types `at_first_draft`, counts what an edit leaves
RECORD = """
_G.at_first_draft = ...
_G.drawn = {}
local drafts = vim.api.nvim_create_namespace("fillwright.drafts")
local set = vim.api.nvim_buf_set_extmark
vim.api.nvim_buf_set_extmark = function(bufnr, namespace, row, column, details)
  local id = set(bufnr, namespace, row, column, details)
  if namespace == drafts then
    vim.api.nvim_input(#drawn == 0 and at_first_draft or "")
    table.insert(drawn, { id, row, column, details })
  end
  return id
end
vim.api.nvim_create_autocmd({ "TextChanged", "TextChangedI" }, {
  callback = function()
    _G.left = _G.left or #vim.api.nvim_buf_get_extmarks(0, drafts, 0, -1, {})
  end,
})
"""
FLOATING = """
for _, window in ipairs(vim.api.nvim_list_wins()) do
  if vim.api.nvim_win_get_config(window).relative ~= "" then
    return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, true)
  end
end
"""
Value = TypeVar("Value")


class Neovim:
    """One Neovim, with what the tests say often."""

    def __init__(self, rpc: pynvim.Nvim, tmux: list[object] | None = None) -> None:
        self.rpc = rpc
        self._tmux = tmux

    def screen(self) -> str:
        """What its terminal shows, with the colours as escape sequences."""
        assert self._tmux is not None, "only a Neovim in a terminal has a screen"
        command = [*self._tmux, "capture-pane", "-p", "-e", "-N"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def lua(self, code: str, *arguments: object) -> Any:
        """Run Lua in the editor; its return value comes back."""
        return self.rpc.exec_lua(code, *arguments)

    def keys(self, keys: str) -> None:
        """Type."""
        self.rpc.input(keys)

    def until(self, probe: Callable[[], Value]) -> Value:
        """Wait until `probe` gives something true; the deadline only ends a test that failed."""
        deadline = time.monotonic() + PATIENCE_S
        # a Neovim that asks something answers nothing
        while self.asks or not (value := probe()):
            if time.monotonic() > deadline:
                said = "waits for a key" if self.asks else f"says:\n{self.messages()}"
                pytest.fail(f"never came about; the editor {said}")
            time.sleep(0.01)
        return value

    def open(self, path: Path, text: str) -> None:
        """Write a file and edit it, until the language server has it."""
        path.write_bytes(text.encode())
        self.rpc.command(f"edit {path}")
        self.until_attached()

    def record_drafts(self, at_first: str = "") -> None:
        """Keep in `drawn` what drafts are drawn with, and type `at_first` when the first one is."""
        self.lua(RECORD, at_first)

    def floating(self) -> list[str]:
        """The lines of the floating window; none where there is no such window."""
        return self.lua(FLOATING) or []

    def status(self) -> dict[str, Any]:
        """The server's status."""
        return self.lua(STATUS)

    def until_attached(self) -> None:
        """Wait until the language server has this buffer."""
        self.until(self.attached)

    def attached(self) -> bool:
        return self.lua("""
            local client = vim.lsp.get_clients({ bufnr = 0, name = "fillwright" })[1]
            return client and client.initialized or false
        """)

    def insert(self, keys: str) -> None:
        """Go to insert mode by `keys`, and wait for it: only there is ghost text asked for."""
        self.keys(keys)
        self.until_mode("i")

    def until_mode(self, mode: str) -> None:
        """Wait for a mode, even one in which the editor asks something."""
        deadline = time.monotonic() + PATIENCE_S
        while self.mode != mode:
            assert time.monotonic() < deadline, f"in mode {self.mode}, not {mode}"
            time.sleep(0.01)

    def until_asks(self) -> None:
        """Wait until the editor waits for a key."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.asks:
            assert time.monotonic() < deadline, "the editor asks nothing"
            time.sleep(0.01)

    @property
    def mode(self) -> str:
        return self.rpc.api.get_mode()["mode"]

    @property
    def asks(self) -> bool:
        """Whether the editor waits for an answer of the user."""
        return self.rpc.api.get_mode()["blocking"]

    @property
    def lines(self) -> list[str]:
        return self.rpc.api.buf_get_lines(0, 0, -1, True)

    @property
    def cursor(self) -> tuple[int, int]:
        return tuple(self.rpc.api.win_get_cursor(0))

    def marks(self, namespace: str) -> list[Any]:
        """The extmarks of a namespace in this buffer: id, row, column, details."""
        known = self.rpc.api.get_namespaces()
        if namespace not in known:
            return []
        return self.rpc.api.buf_get_extmarks(0, known[namespace], 0, -1, {"details": True})

    def ghost(self) -> str | None:
        """The ghost text that is shown."""
        marks = self.marks("nvim.lsp.inline_completion")
        return virtual_text(marks[0][3]) if marks else None

    def insert_with_ghost(self, lines: Iterable[int]) -> tuple[int, str]:
        """Go to insert mode at the end of the first of these lines that there is ghost text for: a
        model need not have something for each. Gives the line and the text, which is shown."""
        line = next((line for line in lines if self.has_ghost(line)), None)
        if line is None:
            self.rpc.command("Fillwright status")
            pytest.fail("\n".join(self.until(self.floating)))
        self.insert(f"{line}GA")
        return line, self.until(self.ghost)

    def has_ghost(self, line: int, by_hand: bool = True) -> bool:
        """Whether the server has ghost text for the end of a line."""
        return self.lua(ASK, line, 1 if by_hand else 2)

    def first_filled(self, lines: Iterable[int], keys: str) -> int:
        """Do `keys` on one line after the other until a fill changes the text, and give the line: a
        model need not have something for each of them, but then the editor says so."""
        before = self.lines
        for line in lines:
            self.keys(f"<Esc>:messages clear<CR>:lua drawn = {{}}<CR>{line}G{keys}")
            self.until(lambda: self.lines != before or "Fillwright" in self.messages())
            if self.lines != before:
                return line
        pytest.fail(f"nothing was filled: {self.messages()}")

    def messages(self) -> str:
        return self.rpc.api.exec2("messages", {"output": True})["output"]

    def messages_until(self, words: str) -> str:
        """All messages, as soon as `words` are among them."""
        return self.until(lambda: words in self.messages() and self.messages())


def virtual_text(details: dict[str, Any]) -> str:
    """What an extmark draws, as text."""
    first = details.get("virt_text", [])
    return "\n".join(
        "".join(text for text, *_ in line) for line in [first, *details.get("virt_lines", [])]
    )


Start = Callable[..., Neovim]


@pytest.fixture(scope="session")
def unfinished() -> list[str]:
    """Lines that go on; in a plain text file everything fits after them."""
    return [
        "if __name__ == ",
        "self.name = ",
        "total = total + ",
        "if name == ",
        "for item in ",
        "return self.",
        "import ",
        "print(",
        "The quick brown ",
    ]


@pytest.fixture(scope="session")
def finished() -> list[str]:
    """Lines whose second word can be another one."""
    return [
        "return value + other",
        "import numpy as np",
        "for item in items:",
        "if name == other:",
        "while count < limit:",
        "with open as file:",
        "assert first == second",
        "The quick brown fox",
    ]


@pytest.fixture(scope="session")
def neovim_folder(editors_folder: Path, give_up: Callable[[str], NoReturn]) -> Path:
    """The folder with `nvim-0.11`, `nvim-0.12` and `tmux`."""
    folder = editors_folder / "nvim"
    try:
        install(folder.resolve())
    except CannotInstallError as error:
        give_up(f"No Neovim for the tests: {error}")
    return folder


@pytest.fixture
def environment(tmp_path: Path, engine: object) -> dict[str, str]:
    """A user of their own, with `fillwright` on the PATH."""
    home = tmp_path / "home"
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        **{f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")},
        "FILLWRIGHT_PLUGIN": str(PLUGIN),
    }


@pytest.fixture
def start(neovim_folder: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts Neovims; they are ended with the test."""
    # a short path: a Unix socket's has about 100 bytes
    sockets = Path(tempfile.mkdtemp(prefix="fw-"))
    # a folder, and so a server, of its own for each test
    tmux = [neovim_folder / "tmux", "-S", sockets / "tmux", "-f", "/dev/null"]
    started: list[tuple[subprocess.Popen[bytes], pynvim.Nvim]] = []

    def start_neovim(
        version: str = "0.12",
        init: str = INIT,
        settings: dict[str, Any] | None = None,
        in_terminal: bool = False,
        **options: object,
    ) -> Neovim:
        options["settings"] = {**SETTINGS, **(settings or {})}
        variables = {**environment, "FILLWRIGHT_OPTIONS": json.dumps(options)}
        init_file = tmp_path / "init.lua"
        init_file.write_text(init, encoding="utf-8")
        name = str(len(started))
        program = [neovim_folder / f"nvim-{version}", "--listen", sockets / name]
        program += ["-n", "-i", "NONE", "-u", init_file]
        if in_terminal:
            program = [*tmux, "new-session", "-d", "-x", "80", "-y", "20", *program]
        else:
            program.insert(1, "--headless")
        process = subprocess.Popen(
            program,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        rpc = attach(sockets / name)
        started.append((process, rpc))
        editor = Neovim(rpc, tmux if in_terminal else None)
        # it listens before it has read its plugins
        editor.until(lambda: editor.lua("return vim.v.vim_did_enter == 1"))
        return editor

    yield start_neovim
    errors = [error for _, rpc in started for error in lua_errors(rpc)]
    subprocess.run([*tmux, "kill-server"], capture_output=True)
    for process, rpc in started:
        process.terminate()
        process.wait(PATIENCE_S)
        rpc.close()
    # a Neovim in a terminal is no child of ours and takes its socket away when it gets to it
    shutil.rmtree(sockets, ignore_errors=True)
    assert errors == []


def lua_errors(rpc: pynvim.Nvim) -> list[str]:
    """What went wrong in Lua that no test looked at."""
    if rpc.api.get_mode()["blocking"]:
        return ["the editor waits for a key"]
    said = rpc.api.exec2("messages", {"output": True})["output"]
    return [said] if "stack traceback" in said else []


def attach(socket: Path) -> pynvim.Nvim:
    """Connect to a Neovim that is about to listen."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return pynvim.attach("socket", path=str(socket))
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
