"""Engines are chosen while Neovim runs: one for suggestions, and another one for what is asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.remote.conftest import ScriptedServer, serving

pytestmark = pytest.mark.e2e

GHOST = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
local answer = client:request_sync("textDocument/inlineCompletion", {
  textDocument = { uri = vim.uri_from_bufnr(0) },
  position = { line = 0, character = #vim.fn.getline(1) },
  context = { triggerKind = 1 },
}, 60000, vim.api.nvim_get_current_buf())
local item = answer.result.items[1]
return item and item.insertText
"""
TEXT = "total = \n\n\ndef area(w, h):\n    pass\n"


@pytest.fixture
def fast() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    serving(server, "of_the_fast_one")
    yield server
    server.close()


@pytest.fixture
def better() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    serving(server, "return w * h + better")
    yield server
    server.close()


def test_another_engine_is_chosen_without_a_restart(
    start: Any, tmp_path: Path, fast: ScriptedServer, better: ScriptedServer
) -> None:
    engines = {
        "fast": {"url": fast.url, "samples": 1},
        "better": {"url": better.url, "samples": 1},
    }
    editor = start(settings={"engine": {"engines": engines}})
    editor.open(tmp_path / "a.py", TEXT)
    editor.keys(":Fillwright engine fast<CR>")
    editor.until(lambda: editor.status()["use"] == "fast")
    assert editor.until(lambda: editor.lua(GHOST)) == "of_the_fast_one"
    editor.keys(":Fillwright engine-for-actions better<CR>")
    editor.until(lambda: editor.status()["useForActions"] == "better")
    editor.keys("5G:Fillwright fill body<CR>")
    editor.until(lambda: any("better" in line for line in [*editor.lines, *editor.floating()]))
    assert editor.lua(GHOST) == "of_the_fast_one"
    editor.rpc.command("Fillwright status")
    said = "\n".join(editor.until(editor.floating))
    assert "Engine: fast; for actions: better." in said
    asked = len(better.bodies("/v1/completions"))
    # what was set is taken back
    editor.keys("<Esc>:Fillwright engine-for-actions same<CR>")
    editor.until(lambda: editor.status()["useForActions"] is None)
    assert len(better.bodies("/v1/completions")) == asked > 0


def test_engines_are_listed_with_what_is_chosen(
    start: Any, tmp_path: Path, fast: ScriptedServer
) -> None:
    engines = {"fast": {"url": fast.url}}
    editor = start(settings={"engine": {"engines": engines, "use": "fast"}})
    editor.open(tmp_path / "a.py", TEXT)
    editor.lua("""
        vim.ui.select = function(items, options, choose)
          _G.listed = vim.tbl_map(options.format_item, items)
          choose(items[1])
        end
    """)
    editor.keys(":Fillwright engine<CR>")
    listed = editor.until(lambda: editor.lua("return _G.listed"))
    assert listed[0].startswith("  embedded (")
    assert listed[1] == f"* fast ({fast.url})"
    editor.until(lambda: editor.status()["use"] == "embedded")


def test_an_engine_that_is_not_there_names_those_there_are(start: Any, tmp_path: Path) -> None:
    editor = start()
    editor.open(tmp_path / "a.py", TEXT)
    editor.keys(":Fillwright engine slow<CR>")
    assert "embedded" in editor.messages_until('there is no engine "slow"')
