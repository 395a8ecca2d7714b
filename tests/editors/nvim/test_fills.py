"""Fills that are asked for: their drafts in place, the edit, cancel, and the user in between."""

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

LONG = {"fill": {"lineTokens": 64, "blockTokens": 256, "steps": 64, "seed": 7, "decode": "denoise"}}
DOING = re.compile(r"fillwright (drafting|denoising|filling) (\d+)%+")
# somebody who looks at a rewrite and says yes
YES = """
local preview = require("fillwright.preview")
local show = preview.show
preview.show = function(...)
  show(...)
  _G.previewed = true
  preview.apply()
end
"""
REWRITE = "<Cmd>lua vim.lsp.buf.code_action({ apply = true, filter = function(action)"
REWRITE += " return action.title == 'Rewrite selection' end })<CR>"
BODY = REWRITE.replace("Rewrite selection", "Fill body")
# a model may write what stands there, but hardly in each of them
STACK = '''\
class Stack:
    def __init__(self):
        self.items = []

    def push(self, item):
        """Put an item on top."""
        pass

    def pop(self):
        """Take the top item away and return it."""
        ...

    def size(self):
        """How many items there are."""
        raise NotImplementedError
'''


def drafts(editor: Any) -> list[Any]:
    """The drafts of the first hole so far, as extmarks."""
    return [mark for mark in editor.lua("return drawn") if mark[0] == 2]


def text_of(mark: Any) -> str:
    details = mark[3]
    lines = [details.get("virt_text", []), *details.get("virt_lines", [])]
    return "\n".join("".join(text for text, _ in line) for line in lines)


def highlights(mark: Any) -> set[str]:
    lines = [mark[3].get("virt_text", []), *mark[3].get("virt_lines", [])]
    return {highlight for line in lines for _, highlight in line}


@pytest.fixture
def lines(finished: list[str]) -> list[str]:
    return [*finished]


def opened(editor: Any, path: Path, lines: list[str]) -> Any:
    editor.lua(YES)
    editor.open(path, "\n".join(lines) + "\n")
    return editor


def test_drafts_change_in_place_and_end_as_the_fill(
    start: Any, tmp_path: Path, lines: list[str]
) -> None:
    editor = opened(start(settings=LONG), tmp_path / "a.txt", lines)
    editor.record_drafts()
    line = 0
    while len({text_of(mark) for mark in drafts(editor)}) < 2:
        # a short fill may settle at once
        editor.keys("<Esc>u" if line else "")
        editor.until(lambda: editor.lines == lines)
        line = editor.first_filled(range(line + 1, 9), "0wve" + REWRITE)
    assert editor.lua("return previewed")
    seen, row = drafts(editor), line - 1
    first, _, *others = lines[row].split(" ")
    assert {(mark[1], mark[2]) for mark in seen} == {(row, len(first) + 1)}
    shown = {"FillwrightUnsettled", "FillwrightSettled", "FillwrightUnsure"}
    assert shown <= set().union(*map(highlights, seen))
    assert editor.lines[row] == " ".join([first, text_of(seen[-1]), *others])
    assert [*editor.lines[:row], *editor.lines[row + 1 :]] == [*lines[:row], *lines[row + 1 :]]
    assert editor.marks("fillwright.drafts") == []
    editor.keys("<Esc>u")
    editor.until(lambda: editor.lines == lines)


def test_a_body_is_filled_by_the_code_action(start: Any, tmp_path: Path) -> None:
    editor = start()
    editor.open(tmp_path / "a.py", STACK)
    before = editor.lines
    line = editor.first_filled((7, 11, 15), BODY)
    after = editor.lines
    assert after[: line - 1] == before[: line - 1]
    assert after[len(after) - len(before) + line :] == before[line:]
    assert all(
        text.startswith("        ") or not text
        for text in after[line - 1 :][: len(after) - len(before) + 1]
    )
    editor.keys("u")
    editor.until(lambda: editor.lines == before)


def test_cancel_ends_a_fill_and_clears_its_draft(
    start: Any, tmp_path: Path, lines: list[str]
) -> None:
    editor = opened(start(settings=LONG), tmp_path / "a.txt", lines)
    editor.record_drafts("<Esc>:Fillwright cancel<CR>")
    editor.keys("VG" + REWRITE)
    editor.until(lambda: drafts(editor))
    editor.until(lambda: not editor.marks("fillwright.drafts"))
    editor.until(lambda: editor.lua("return require('fillwright').statusline()") == "fillwright")
    assert editor.marks("fillwright.drafts") == []
    # a fill that was finished would have changed the text, or said why not
    assert editor.lines == lines
    assert "Fillwright" not in editor.messages()


def test_typing_during_a_fill_keeps_what_was_typed(
    start: Any, tmp_path: Path, lines: list[str]
) -> None:
    editor = opened(start(settings=LONG), tmp_path / "a.txt", lines)
    editor.record_drafts("<Esc>ggAxyz<Esc>")
    editor.keys("VG" + REWRITE)
    editor.until(lambda: editor.lines[0] == f"{lines[0]}xyz")
    editor.until(lambda: editor.lua("return left ~= nil"))
    assert editor.lua("return left") == 0
    editor.messages_until("changed")
    assert editor.marks("fillwright.drafts") == []
    assert editor.lines == [f"{lines[0]}xyz", *lines[1:]]


def test_leaving_the_buffer_clears_the_draft_and_the_fill_goes_on(
    start: Any, tmp_path: Path, lines: list[str]
) -> None:
    editor = opened(start(settings=LONG), tmp_path / "a.txt", lines)
    editor.keys("2GV" + REWRITE)
    editor.until(lambda: editor.marks("fillwright.drafts"))
    editor.keys("<Esc>:enew<CR>")
    editor.until(lambda: editor.lines == [""])
    other = editor.rpc.call("bufnr", "a.txt")
    # while nobody looks at it: the fill goes on, and draws again for somebody who comes back
    namespace = editor.rpc.api.create_namespace("fillwright.drafts")
    assert editor.rpc.api.buf_get_extmarks(other, namespace, 0, -1, {}) == []
    # the rewrite waits to be looked at; a model may have nothing to write, but the editor says so
    previews = editor.rpc.api.create_namespace("fillwright.preview")
    editor.until(
        lambda: (
            editor.rpc.api.buf_get_extmarks(other, previews, 0, -1, {})
            or "Write a little more" in editor.messages()
        )
    )
    assert editor.rpc.api.buf_get_lines(other, 0, -1, True) == lines


def test_no_drafts_where_they_are_turned_off(start: Any, tmp_path: Path, lines: list[str]) -> None:
    editor = opened(start(drafts=False), tmp_path / "a.txt", lines)
    editor.record_drafts()
    editor.first_filled(range(1, 10), "0wve" + REWRITE)
    assert editor.lua("return drawn") == []


def test_popup_items_come_by_omni_completion(
    start: Any, tmp_path: Path, unfinished: list[str]
) -> None:
    editor = opened(start(ghost_text=False), tmp_path / "a.txt", unfinished)
    # a model need not have something for each of these lines
    line = next(line for line in range(1, 10) if editor.has_ghost(line))
    editor.insert(f"{line}GA")

    # the popup never waits for the engine, and keys that ask again would be typed into its answer
    editor.until(lambda: editor.lua(ASK_POPUP, line))
    editor.keys("<C-x><C-o>")
    (item,) = editor.until(lambda: editor.rpc.call("complete_info", ["items"])["items"])
    assert item["word"].startswith(unfinished[line - 1])
    editor.keys("<C-y>")
    editor.until(lambda: editor.lines[line - 1] == item["word"])
    assert editor.lines == [*unfinished[: line - 1], item["word"], *unfinished[line:]]


# whether the server has popup items for the end of a line
ASK_POPUP = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
local line = ...
local answer = client:request_sync("textDocument/completion", {
  textDocument = { uri = vim.uri_from_bufnr(0) },
  position = { line = line - 1, character = #vim.fn.getline(line) },
}, 60000, 0)
return #answer.result.items > 0
"""


def test_the_statusline_tells_how_far_a_fill_is(start: Any, tmp_path: Path) -> None:
    editor = start(settings=LONG)
    editor.lua("seen = {}")
    editor.lua("""
        vim.api.nvim_create_autocmd("LspProgress", { callback = function()
          table.insert(seen, require("fillwright").statusline())
        end })
    """)
    editor.open(tmp_path / "a.py", STACK)
    before = editor.lines
    editor.keys("7G:Fillwright fill body<CR>")
    editor.until(lambda: editor.lines != before or "Fillwright" in editor.messages())
    editor.until(lambda: editor.lua("return #seen > 2 and not seen[#seen]:find('ing ')"))
    shown = [found for text in editor.lua("return seen") if (found := DOING.fullmatch(text))]
    assert {found[1] for found in shown} & {"drafting", "denoising"}
    percent = [int(found[2]) for found in shown]
    assert percent == sorted(percent)
    assert percent[0] < 50
