"""Real Neovims with a real language server and engine, driven over Neovim's own RPC."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pynvim
import pytest

PLUGIN = Path(__file__).parent.parent.parent.parent / "editors" / "nvim"
PATIENCE_S = 60
# small fills: what they say does not matter here
SETTINGS = {"fill": {"lineTokens": 8, "blockTokens": 16, "steps": 8, "seed": 7}}
INIT = """
vim.opt.runtimepath:append(vim.env.FILLWRIGHT_PLUGIN)
require("fillwright").setup(vim.json.decode(vim.env.FILLWRIGHT_OPTIONS))
"""
Value = TypeVar("Value")


class Neovim:
    """One Neovim, with what the tests say often."""

    def __init__(self, rpc: pynvim.Nvim) -> None:
        self.rpc = rpc

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
        self.until(lambda: self.mode == "i")

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
def neovim_folder(editors_folder: Path, give_up: Callable[[str], NoReturn]) -> Path:
    """The folder with `nvim-0.11`, `nvim-0.12` and `tmux`."""
    folder = editors_folder / "nvim"
    script = Path(__file__).parent / "install.py"
    done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True)
    if done.returncode:
        give_up(done.stderr.strip())
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
        "NVIM_LOG_FILE": str(tmp_path / "nvim.log"),
        "FILLWRIGHT_PLUGIN": str(PLUGIN),
    }


@pytest.fixture
def start(neovim_folder: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts Neovims; they quit at the end."""
    started: list[pynvim.Nvim] = []

    def start_neovim(
        version: str = "0.12",
        init: str = INIT,
        settings: dict[str, Any] | None = None,
        **options: object,
    ) -> Neovim:
        options["settings"] = {**SETTINGS, **(settings or {})}
        init_file = tmp_path / "init.lua"
        init_file.write_text(init, encoding="utf-8")
        program = [str(neovim_folder / f"nvim-{version}"), "--embed", "--headless"]
        variables = {**environment, "FILLWRIGHT_OPTIONS": json.dumps(options)}
        rpc = pynvim.attach(
            "child",
            argv=["/usr/bin/env", "-i", *(f"{k}={v}" for k, v in variables.items()),
                  *program, "-n", "-i", "NONE", "-u", str(init_file)],
        )  # fmt: skip
        started.append(rpc)
        return Neovim(rpc)

    yield start_neovim
    for rpc in started:
        # the editor closes the channel as it quits
        with suppress(OSError, EOFError):
            if rpc.api.get_mode()["blocking"]:
                rpc.input("<C-c>")
            rpc.command("qall!")
        rpc.close()
