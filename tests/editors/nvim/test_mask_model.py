"""The small mask model that was taught, in Neovim: its fills, and what it is not offered for."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# a model that learnt little need not have something for each of them
STACK = '''\
class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
        """Put an item on top."""
        pass

    def top(self):
        pass

    def size(self):
        return

    def first(self):
        return
'''
OFFERED = """
vim.api.nvim_win_set_cursor(0, { 3, 8 })
local place = vim.lsp.util.make_position_params(0, "utf-16").position
local word = { start = place, ["end"] = { line = 2, character = 18 } }
local answer = vim.lsp.buf_request_sync(0, "textDocument/codeAction", {
  textDocument = { uri = vim.uri_from_bufnr(0) },
  range = word,
  context = { diagnostics = { { range = word, message = "no such name" } } },
}, 60000)
local titles = {}
for _, one in pairs(answer) do
  for _, action in ipairs(one.result) do
    table.insert(titles, action.title)
  end
end
return titles
"""


@pytest.fixture
def editor(start: Any, tmp_path: Path, mask_model: Path) -> Any:
    """One that has STACK open. The model starts with the tokens that its own config says."""
    engine = {"checkpoint": str(mask_model)}
    started = start(settings={"engine": engine, "fill": {"steps": 64}})
    started.open(tmp_path / "stack.py", STACK)
    return started


def test_a_body_and_the_rest_of_a_line_are_filled_with_drafts_in_view(editor: Any) -> None:
    editor.record_drafts()
    before = editor.lines
    for keys, lines in (("fill body", (7, 10)), ("fill line", (13, 16))):
        line = editor.first_filled(lines, f"$:Fillwright {keys}<CR>")
        assert editor.lua("return #drawn") > 1
        assert editor.lines[: line - 1] == before[: line - 1]
        rest = before[line:]
        assert editor.lines[-len(rest) :] == rest
        assert editor.marks("fillwright.drafts") == []
        editor.keys("u")
        editor.until(lambda: editor.lines == before)
    assert editor.status()["model"] == "small-masked"


def test_cancel_ends_its_fill(editor: Any) -> None:
    editor.record_drafts("<Esc>:Fillwright cancel<CR>")
    editor.keys("10G:Fillwright fill body<CR>")
    editor.until(lambda: editor.lua("return #drawn") > 0)
    editor.until(lambda: editor.lua("return require('fillwright').statusline()") == "fillwright")
    assert "\n".join(editor.lines) + "\n" == STACK
    assert "Fillwright" not in editor.messages()


def test_what_it_lacks_is_not_offered(editor: Any) -> None:
    editor.until(lambda: editor.status()["state"] == "ready")
    status = editor.status()
    assert status["instructions"] is False
    assert status["doubts"] is None
    offered = editor.lua(OFFERED)
    assert "Rewrite selection" in offered
    assert {"Touch up selection", "Rework selection", "Renoise this place"}.isdisjoint(offered)
