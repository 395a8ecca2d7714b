"""Ghost text in real Neovims.

The files are plain text: there every fill fits, whatever the model says.
"""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

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


@pytest.fixture(params=["0.12", "0.11"])
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def lines(unfinished: list[str]) -> list[str]:
    return [*unfinished]


def opened(editor: Any, path: Path, lines: list[str], line_end: str = "\n") -> Any:
    editor.open(path, "".join(line + line_end for line in lines))
    return editor


def test_ghost_text_is_shown_and_accepted(
    start: Any, tmp_path: Path, version: str, lines: list[str]
) -> None:
    editor = opened(start(version), tmp_path / "a.txt", lines)
    line, ghost = editor.insert_with_ghost(range(1, 10))
    assert "\n" not in ghost
    assert editor.lines == lines
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines != lines)
    filled = lines[line - 1] + ghost
    assert editor.lines == [*lines[: line - 1], filled, *lines[line:]]
    assert editor.cursor == (line, len(filled.encode()))
    editor.keys("<Esc>u")
    editor.until(lambda: editor.lines == lines)


def test_a_whole_body_is_shown_and_accepted(start: Any, tmp_path: Path, version: str) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.py", STUBS)
    before = editor.lines
    line, ghost = editor.insert_with_ghost((5, 7, 9, 11))
    # a model may begin with a blank line
    assert ghost.startswith("\n")
    assert ghost.lstrip("\n").startswith("        ")
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines != before)
    before[line - 1] += ghost
    assert "\n".join(editor.lines) == "\n".join(before)


@pytest.mark.parametrize("key", ["<M-w>", "<M-j>"])
def test_part_after_part_is_the_whole(
    start: Any, tmp_path: Path, version: str, lines: list[str], key: str
) -> None:
    editor = opened(start(version), tmp_path / "a.txt", lines)
    line, ghost = editor.insert_with_ghost(range(1, 10))
    whole = lines[line - 1] + ghost
    taken = lines[line - 1]
    while taken != whole:
        assert whole.startswith(taken)
        editor.until(editor.ghost)
        editor.keys(key)
        taken = editor.until(lambda: editor.lines[line - 1] != taken and editor.lines[line - 1])  # noqa: B023
    assert editor.lines == [*lines[: line - 1], whole, *lines[line:]]


@pytest.mark.parametrize(
    ("part", "text", "after"),
    [
        ("word", "self.name = name", ["x = self"]),
        ("word", ".name = name", ["x = ."]),
        ("word", " größer als", ["x =  größer"]),
        ("word", "\n    return 1\n", ["x = ", "    return"]),
        ("line", "self.name\nreturn 1", ["x = self.name"]),
        ("line", "\n    first\n    second", ["x = ", "    first"]),
    ],
)
def test_a_part_stands_where_the_whole_would(
    start: Any, part: str, text: str, after: list[str]
) -> None:
    editor = start()
    editor.rpc.api.buf_set_lines(0, 0, -1, True, ["x = 🙂", "end"])
    # before the emoji, which stays after the part
    editor.keys("0fxA<Left>")
    editor.until(lambda: editor.cursor == (1, 4))
    # from the line's start: what stands there already is no part to take
    assert editor.lua(TAKE, part, f"x = {text}") is None
    assert editor.lines == [*after[:-1], f"{after[-1]}🙂", "end"]
    assert editor.cursor == (len(after), len(after[-1].encode()))


TAKE = """
local part, text = ...
local range = { to_extmark = function() return 0, 0, 0, 8 end }
return require("fillwright.ghost").take(part, { insert_text = text, range = range })
"""


def test_typing_what_the_ghost_says_keeps_it(
    start: Any, tmp_path: Path, version: str, lines: list[str]
) -> None:
    editor = opened(start(version), tmp_path / "a.txt", lines)
    line, ghost = editor.insert_with_ghost(range(1, 10))
    editor.keys(ghost[0].replace("<", "<lt>"))
    editor.until(lambda: editor.lines[line - 1] == lines[line - 1] + ghost[0])
    editor.until(lambda: (editor.ghost() or "") == ghost[1:])


def test_ghost_text_in_a_file_with_crlf_and_emoji(
    start: Any, tmp_path: Path, version: str, lines: list[str]
) -> None:
    path = tmp_path / "a.txt"
    lines = [f"🙂🙂 ü {line}" for line in lines]
    editor = opened(start(version), path, lines, "\r\n")
    line, ghost = editor.insert_with_ghost(range(1, 10))
    lines[line - 1] += ghost
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines == lines)
    editor.keys("<Esc>:write<CR>")
    saved = "".join(f"{line}\r\n" for line in lines).encode()
    editor.until(lambda: path.read_bytes() == saved)


def test_toggle_takes_ghost_text_away_and_brings_it_back(
    start: Any, tmp_path: Path, version: str, lines: list[str]
) -> None:
    editor = opened(start(version), tmp_path / "a.txt", lines)
    line, ghost = editor.insert_with_ghost(range(1, 10))
    editor.keys("<Cmd>Fillwright toggle<CR>")
    editor.until(lambda: editor.ghost() is None)
    editor.keys("<Cmd>Fillwright toggle<CR><Esc>")
    editor.until_mode("n")
    editor.insert(f"{line}GA")
    assert editor.until(editor.ghost) == ghost


def test_leaving_insert_mode_hides_it_and_recall_offers_it_again(
    start: Any, tmp_path: Path, version: str, lines: list[str]
) -> None:
    editor = opened(start(version), tmp_path / "a.txt", lines)
    editor.lua("vim.keymap.set('i', '<M-r>', '<Plug>(fillwright-recall)')")
    line, ghost = editor.insert_with_ghost(range(1, 10))
    editor.keys("<Esc>")
    editor.until(lambda: editor.ghost() is None)
    editor.insert(f"{line}GA")
    editor.keys("<M-r>")
    assert editor.until(editor.ghost) == ghost


def test_tab_and_the_users_own_keys_are_left_alone(
    start: Any, tmp_path: Path, lines: list[str]
) -> None:
    editor = opened(start(init=MAPPED), tmp_path / "a.txt", lines)
    line, _ = editor.insert_with_ghost(range(1, 10))
    assert editor.lua("return vim.fn.maparg('<Tab>', 'i', false, true).buffer") != 1
    editor.keys("<M-l>")
    editor.until(lambda: editor.lines[line - 1] == f"{lines[line - 1]}mine")


def test_another_suggestion_is_shown_by_hand_also_where_none_came_by_itself(
    start: Any, tmp_path: Path, version: str
) -> None:
    editor = start(version, settings={"inlineCompletion": {"candidates": 3}})
    editor.lua("vim.keymap.set('i', '<M-n>', '<Plug>(fillwright-next)')")
    editor.lua("vim.keymap.set('i', '<M-p>', '<Plug>(fillwright-previous)')")
    editor.open(tmp_path / "a.txt", "The quick brown \n")
    editor.insert("A")
    editor.keys("<M-n>")
    first = editor.until(editor.ghost)
    seen = {first}
    for _ in range(3):
        editor.keys("<M-n>")
        seen.add(editor.until(editor.ghost))
    assert 1 < len(seen) <= 3
    for _ in range(3):
        editor.keys("<M-p>")
        seen.discard(editor.until(editor.ghost))
    assert seen == set()


def test_what_the_model_is_unsure_of_is_shown_by_hand_only(
    start: Any, tmp_path: Path, version: str
) -> None:
    editor = start(version, settings={"eagerness": "quiet"})
    editor.lua("vim.keymap.set('i', '<M-n>', '<Plug>(fillwright-next)')")
    editor.open(tmp_path / "a.py", "".join(f"{line}\n" for line in UNSURE))
    for line in range(1, len(UNSURE) + 1):
        before = editor.lua(HELD_BACK)
        if not editor.has_ghost(line, by_hand=False) and editor.lua(HELD_BACK) > before:
            break
    else:
        pytest.fail("the model is sure of all of them")
    before = editor.lua(HELD_BACK)
    editor.insert(f"{line}GA")
    editor.until(lambda: editor.lua(HELD_BACK) > before)
    assert editor.ghost() is None
    editor.keys("<M-n>")
    assert editor.until(editor.ghost)
    assert editor.lines == UNSURE


# what could go on in many ways
UNSURE = ["password = ", "shelf.books.append(", "for item in ", "from my_own_module import "]
# how often ghost text was held back because the model was unsure
HELD_BACK = """
local client = vim.lsp.get_clients({ name = "fillwright" })[1]
local status = { command = "fillwright.status" }
local answer = client:request_sync("workspace/executeCommand", status, 60000, 0)
local count = 0
for _, one in ipairs(answer.result.suppressed) do
  if one.kind == "ghost" and one.code == "unsure" then
    count = count + one.count
  end
end
return count
"""


def test_while_snoozed_nothing_comes_by_itself(
    start: Any, tmp_path: Path, version: str, lines: list[str]
) -> None:
    editor = opened(start(version), tmp_path / "a.txt", lines)
    line, ghost = editor.insert_with_ghost(range(1, 10))
    editor.keys("<Esc>:Fillwright snooze 5<CR>")
    editor.until(
        lambda: "no suggestions for 5 minutes" in editor.lua("return vim.fn.execute('messages')")
    )
    editor.insert(f"{line}GA")
    editor.keys(" ")
    editor.until(lambda: editor.lines[line - 1] == lines[line - 1] + " ")
    editor.keys("<Esc>u:Fillwright snooze 0<CR>")
    editor.until(
        lambda: "suggestions come again" in editor.lua("return vim.fn.execute('messages')")
    )
    editor.insert(f"{line}GA")
    assert editor.until(editor.ghost) == ghost


MAPPED = """
vim.keymap.set("i", "<M-l>", "mine")
vim.opt.runtimepath:append(vim.env.FILLWRIGHT_PLUGIN)
require("fillwright").setup(vim.json.decode(vim.env.FILLWRIGHT_OPTIONS))
"""
