"""A rewrite: the selection, the difference before it is applied, one undo step. The model takes no
instructions, so nobody is asked for one.
"""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

MAPPED = """
vim.opt.runtimepath:append(vim.env.FILLWRIGHT_PLUGIN)
require("fillwright").setup(vim.json.decode(vim.env.FILLWRIGHT_OPTIONS))
vim.keymap.set("x", "R", "<Plug>(fillwright-rewrite)")
vim.api.nvim_create_autocmd("BufReadPost", {
  callback = function(event)
    vim.keymap.set("n", "<CR>", "<Cmd>let g:pressed = 1<CR>", { buffer = event.buf })
  end,
})
_G.asked = {}
local client_class = require("vim.lsp.client")
local request = client_class.request
client_class.request = function(client, method, params, ...)
  if method == "workspace/executeCommand" then
    table.insert(asked, params)
  end
  return request(client, method, params, ...)
end
"""

PENDING = """
for _, request in pairs(vim.lsp.get_clients({ name = "fillwright" })[1].requests) do
  if request.type == "pending" and request.method == "workspace/executeCommand" then
    return true
  end
end
return false
"""

TAKES_INSTRUCTIONS = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
local status = { command = "fillwright.status" }
local here = vim.api.nvim_get_current_buf()
local answer = client and client:request_sync("workspace/executeCommand", status, 1000, here)
return answer and answer.result and answer.result.instructions == true
"""


def opened(editor: Any, folder: Path, lines: list[str]) -> Any:
    editor.open(folder / "a.txt", "\n".join(lines) + "\n")
    return editor


def preview(editor: Any, rows: range, instruction: str = "") -> int:
    """Rewrite the second word of one line after the other until one is previewed, and give its
    row: a model need not have something else for each of them, but then the editor says so."""
    for row in rows:
        rewrite = f":Fillwright rewrite {instruction}<CR>" if instruction else "R"
        editor.keys(f":messages clear<CR>{row + 1}G0wve{rewrite}")
        editor.until(lambda: editor.marks("fillwright.preview") or editor.messages())
        if editor.marks("fillwright.preview"):
            return row
    pytest.fail(f"nothing was previewed: {editor.messages()}")


def added(editor: Any) -> list[str]:
    """The lines that the preview draws."""
    lines = [
        "".join(text for text, _ in line)
        for mark in editor.marks("fillwright.preview")
        for line in mark[3].get("virt_lines", [])
    ]
    return [line.rstrip() for line in lines]


def test_the_difference_is_shown_then_applied_and_undone(
    start: Any, tmp_path: Path, finished: list[str]
) -> None:
    editor, lines = opened(start(init=MAPPED), tmp_path, finished), finished
    row = preview(editor, range(8), "shorter, please")
    assert editor.lines == lines
    *new, hint = added(editor)
    assert hint == "  <CR> apply   <Esc> reject   - less   (instruction not used)"
    assert "takes no instructions, so yours was not used" in editor.messages()
    removed = [mark for mark in editor.marks("fillwright.preview") if "hl_group" in mark[3]]
    assert [(mark[1], mark[3]["end_row"]) for mark in removed] == [(row, row + 1)]

    editor.keys("<CR>")
    editor.until(lambda: editor.lines != lines)
    assert [line.rstrip() for line in editor.lines] == [*lines[:row], *new, *lines[row + 1 :]]
    assert editor.marks("fillwright.preview") == []
    assert editor.lua("return vim.g.pressed") is None

    (request,) = editor.lua("return asked")[-1:]
    assert request["arguments"][0]["formattingOptions"] == {"tabSize": 8, "insertSpaces": False}
    assert request["command"] == "fillwright.preview"
    assert request["arguments"][0]["instruction"] == "shorter, please"
    editor.keys("u")
    editor.until(lambda: editor.lines == lines)
    # the key has its old meaning again
    editor.keys("<CR>")
    editor.until(lambda: editor.lua("return vim.g.pressed"))


def test_a_rejected_rewrite_leaves_everything_as_it_was(
    start: Any, tmp_path: Path, finished: list[str]
) -> None:
    editor, lines = opened(start(init=MAPPED), tmp_path, finished), finished
    preview(editor, range(8))
    assert added(editor)[-1] == "  <CR> apply   <Esc> reject   - less"
    assert "instruction" not in editor.lua("return asked")[-1]["arguments"][0]
    editor.keys("<Esc>")
    editor.until(lambda: not editor.marks("fillwright.preview"))
    assert editor.lines == lines
    assert editor.rpc.call("undotree")["seq_last"] == 0


def test_a_rewrite_may_change_less_and_more_again(
    start: Any, tmp_path: Path, finished: list[str]
) -> None:
    editor, lines = opened(start(init=MAPPED), tmp_path, finished), finished

    def asked() -> list[float | None]:
        """The strengths of all previews."""
        previews = [one for one in editor.lua("return asked") if "preview" in one["command"]]
        return [one["arguments"][0].get("strength") for one in previews]

    preview(editor, range(8))
    before = asked()
    editor.keys("-")
    editor.until(lambda: asked() == [*before, 0.75])
    # whether something else is likelier or not, the next press goes on from there
    editor.until(lambda: not editor.lua(PENDING))
    editor.keys("-")
    editor.until(lambda: asked() == [*before, 0.75, 0.5])
    editor.until(lambda: not editor.lua(PENDING))
    editor.keys("+")
    editor.until(lambda: asked() == [*before, 0.75, 0.5, 0.75])
    editor.until(lambda: not editor.lua(PENDING))
    editor.keys("<Esc>")
    editor.until(lambda: not editor.marks("fillwright.preview"))
    assert editor.lines == lines


def test_an_edit_drops_the_preview(start: Any, tmp_path: Path, finished: list[str]) -> None:
    editor, lines = opened(start(init=MAPPED), tmp_path, finished), finished
    preview(editor, range(8))
    editor.keys("ggdd")
    editor.until(lambda: not editor.marks("fillwright.preview"))
    editor.keys("<CR>")
    editor.until(lambda: editor.lua("return vim.g.pressed"))
    assert editor.lines == lines[1:]


def test_an_instruction_is_asked_for_where_the_model_takes_it(
    start: Any, tmp_path: Path, finished: list[str]
) -> None:
    chat = tmp_path / "chat"
    chat.mkdir()
    (chat / "config.json").write_text('{"fillwright": {"prompt": "chat"}}', encoding="utf-8")
    engine = {"engine": {"checkpoint": str(chat), "preload": False}}
    editor = opened(start(init=MAPPED, settings=engine), tmp_path, finished)
    # the server reads the editor's settings after it has started
    editor.until(lambda: editor.lua(TAKES_INSTRUCTIONS))
    editor.lua("asked = {}")
    editor.keys("VR")
    editor.until_mode("c")
    editor.keys("<Esc>")
    editor.until_mode("n")
    assert [each["command"] for each in editor.lua("return asked")] == ["fillwright.status"]


@pytest.mark.parametrize(
    "keys",
    [
        ":Fillwright fill body<CR>",
        ":lua vim.lsp.buf.code_action({ apply = true, filter = function(action)"
        " return action.title == 'Rewrite body' end })<CR>",
    ],
    ids=["command", "code action"],
)
def test_a_body_with_code_is_shown_before_it_is_rewritten(
    start: Any, tmp_path: Path, keys: str
) -> None:
    editor = start(init=MAPPED)
    editor.open(tmp_path / "a.py", WRITTEN)
    lines = editor.lines
    # a model need not have something else for each body, but then the editor says so
    for row in (2, 6, 10):
        editor.keys(f":messages clear<CR>{row}G{keys}")
        editor.until(
            lambda: editor.marks("fillwright.preview") or "Fillwright" in editor.messages()
        )
        assert editor.lines == lines
        if editor.marks("fillwright.preview"):
            break
    assert "apply" in added(editor)[-1]
    editor.keys("<CR>")
    editor.until(lambda: editor.lines != lines)
    editor.keys("u")
    editor.until(lambda: editor.lines == lines)


WRITTEN = """\
def area(width, height):
    return 17 - width


def mean(numbers):
    return numbers


def is_empty(items):
    return items == 3
"""


def test_the_command_takes_a_range_an_instruction_and_wide_characters(
    start: Any, tmp_path: Path
) -> None:
    editor = start(init=MAPPED)
    path = tmp_path / "a.txt"
    editor.open(path, "eins 🙂 zwei 🙂🙂 drei\r\nvier fünf sechs\r\n")
    editor.keys("gg0wwve:Fillwright rewrite in English<CR>")
    (request,) = editor.until(lambda: editor.lua("return asked"))
    (target,) = request["arguments"]
    # Neovim counts bytes, and so does a server that may choose
    assert target["range"] == {
        "start": {"line": 0, "character": 10},
        "end": {"line": 0, "character": 14},
    }
    assert target["instruction"] == "in English"
    editor.until(lambda: editor.marks("fillwright.preview") or editor.messages())
    editor.keys(":messages clear<CR>:Fillwright reject<CR>:1,2Fillwright rewrite again<CR>")
    editor.until(lambda: len(editor.lua("return asked")) == 2)
    (target,) = editor.lua("return asked")[1]["arguments"]
    assert target["range"] == {
        "start": {"line": 0, "character": 0},
        "end": {"line": 1, "character": 16},
    }
    if editor.until(lambda: editor.marks("fillwright.preview") or editor.messages()) and (
        editor.marks("fillwright.preview")
    ):
        editor.keys(":Fillwright apply<CR>:write<CR>")
        editor.until(lambda: b"eins" not in path.read_bytes() or "written" in editor.messages())
        assert b"\r\n" in path.read_bytes()
        assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
