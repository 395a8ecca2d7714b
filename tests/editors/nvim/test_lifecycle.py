"""How the language server lives under a real Neovim: started, killed, restarted, shared."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from fillwright.engine.daemon.client import EngineClient, EngineSettings

pytestmark = pytest.mark.e2e

PLAIN = """
vim.opt.runtimepath:append(vim.env.FILLWRIGHT_PLUGIN)
vim.lsp.enable("fillwright")
"""


def servers(editor: Any) -> list[int]:
    """The process ids of the language servers that a Neovim has started."""
    parent = str(editor.rpc.call("getpid"))
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if stat.rpartition(")")[2].split()[1] == parent and "serve" in command:
            found.append(int(folder.name))
    return found


@pytest.fixture
def text(unfinished: list[str]) -> str:
    return "\n".join(unfinished) + "\n"


@pytest.mark.parametrize("version", ["0.12", "0.11"])
def test_enabling_the_server_is_all_a_fill_needs(
    start: Any, tmp_path: Path, version: str, text: str
) -> None:
    editor = start(version, init=PLAIN)
    editor.open(tmp_path / "a.txt", text)
    before = editor.lines
    line = editor.first_filled(range(1, 10), "$:Fillwright fill line<CR>")
    assert editor.lines[line - 1].startswith(before[line - 1])
    assert [*editor.lines[: line - 1], *editor.lines[line:]] == [
        *before[: line - 1],
        *before[line:],
    ]


def test_the_filetypes_bring_the_protocols_language_names(start: Any, tmp_path: Path) -> None:
    editor = start()
    names = {"a.py": "python", "a.sh": "shellscript", "a.cs": "csharp", "a.tsx": "typescriptreact"}
    for file, language in names.items():
        editor.open(tmp_path / file, "\n")
        client = "vim.lsp.get_clients({ bufnr = 0 })[1]"
        assert editor.lua(f"return {client}.get_language_id(0, vim.bo.filetype)") == language
    path = tmp_path / "a.unheard-of"
    path.write_text("\n")
    editor.rpc.command(f"edit {path}")
    assert not editor.attached()


@pytest.mark.parametrize("version", ["0.12", "0.11"])
def test_a_killed_server_is_told_and_restarted(
    start: Any, tmp_path: Path, version: str, text: str
) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.txt", text)
    (pid,) = servers(editor)
    os.kill(pid, signal.SIGKILL)
    editor.until(lambda: not editor.attached())
    editor.messages_until("quit with exit code")
    assert editor.until(statusline(editor)) == "fillwright stopped"
    editor.keys(":Fillwright status<CR>")
    editor.until(lambda: "start it with :Fillwright restart" in "\n".join(editor.floating()))
    assert editor.lines == text.splitlines()

    editor.keys(":Fillwright restart<CR>")
    editor.until_attached()
    assert servers(editor) != [pid]
    assert editor.insert_with_ghost(range(1, 10))
    assert editor.lua("return require('fillwright').statusline()") != "fillwright stopped"


def statusline(editor: Any) -> Any:
    return lambda: editor.lua("return require('fillwright').statusline()")


def test_restart_replaces_a_server_that_runs(start: Any, tmp_path: Path, text: str) -> None:
    editor = start()
    editor.open(tmp_path / "a.txt", text)
    (before,) = servers(editor)
    editor.keys(":Fillwright restart<CR>")
    editor.until(lambda: editor.attached() and servers(editor) not in ([], [before]))
    assert len(servers(editor)) == 1
    assert editor.insert_with_ghost(range(1, 10))


def test_two_neovims_share_one_engine(
    start: Any, tmp_path: Path, engine: EngineSettings, text: str
) -> None:
    one, other = start(), start()
    one.open(tmp_path / "a.txt", text)
    other.open(tmp_path / "b.txt", text)
    assert one.insert_with_ghost(range(1, 10))
    pid = asyncio.run(health(engine)).pid
    assert other.insert_with_ghost(range(1, 10))
    assert asyncio.run(health(engine)).pid == pid
    (first,), (second,) = servers(one), servers(other)
    assert first != second


async def health(settings: EngineSettings) -> Any:
    client = EngineClient(settings)
    try:
        return await client.health()
    finally:
        await client.aclose()
