"""`:Fillwright`, setup{}, the statusline, health and help, in a real Neovim."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

TEXT = "alpha beta gamma\nThe quick brown fox\nthe very last line\nand one after it\n"
STUBS = """\
def first(a):
    pass


def second(b):
    pass


def third(c):
    return c
"""


def completed(editor: Any, line: str) -> list[str]:
    return editor.rpc.call("getcompletion", line, "cmdline")


def test_subcommands_and_their_arguments_complete(start: Any) -> None:
    editor = start()
    assert completed(editor, "Fillwright ") == [
        "apply", "cancel", "check", "engine", "engine-for-actions", "fill", "less",
        "log", "more", "reject", "restart", "rewrite", "snooze", "status", "toggle",
    ]  # fmt: skip
    assert completed(editor, "Fillwright re") == ["reject", "restart", "rewrite"]
    assert completed(editor, "Fillwright fill ") == [
        "body", "line", "docstring", "stubsInClass", "stubsInFile",
    ]  # fmt: skip
    assert completed(editor, "Fillwright fill stubsInF") == ["stubsInFile"]
    assert completed(editor, "Fillwright status ") == []


def test_an_unknown_subcommand_names_those_there_are(start: Any) -> None:
    editor = start()
    editor.keys(":Fillwright fly<CR>")
    assert "apply, cancel, check, engine" in editor.messages_until('there is no "fly"')


@pytest.mark.parametrize(
    "keys",
    [
        "G:Fillwright fill stubsInFile<CR>",
        "G<Plug>(fillwright-fill-stubs)",
        "2G:lua vim.lsp.buf.code_action({ apply = true, filter = function(action)"
        " return action.title == 'Fill all stubs in file' end })<CR>",
    ],
    ids=["command", "mapping", "code action"],
)
def test_all_stubs_of_a_file_are_filled(start: Any, tmp_path: Path, keys: str) -> None:
    editor = start()
    editor.open(tmp_path / "a.py", STUBS)
    before = editor.lines
    editor.rpc.feedkeys(editor.rpc.replace_termcodes(keys), "t")
    # a model need not have a body that fits, but then the editor says so
    editor.until(lambda: editor.lines != before or "Fillwright" in editor.messages())
    assert editor.lines[-2:] == before[-2:]
    assert heads(editor.lines) == heads(before)
    if editor.lines != before:
        editor.keys("u")
        editor.until(lambda: editor.lines == before)


def heads(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("def")]


def test_a_place_without_anything_to_fill_is_told(start: Any, tmp_path: Path) -> None:
    editor = start()
    editor.open(tmp_path / "a.txt", TEXT)
    editor.keys("gg0:Fillwright fill<CR>")
    editor.messages_until("nothing to fill here")
    editor.keys(":Fillwright fill body<CR>")
    editor.messages_until("There is no function around the cursor")


def test_fill_finishes_the_line_behind_the_cursor(start: Any, tmp_path: Path) -> None:
    editor = start()
    editor.open(tmp_path / "a.txt", TEXT)
    before = editor.lines
    editor.keys("2G$:Fillwright fill line<CR>")
    editor.until(lambda: editor.lines != before or "Fillwright" in editor.messages())
    assert editor.lines[1].startswith("The quick brown fox")
    assert [editor.lines[0], *editor.lines[2:]] == [before[0], *before[2:]]


def test_status_and_statusline_say_which_model_is_ready(start: Any, tmp_path: Path) -> None:
    editor = start(settings={"engine": {"preload": True}})
    assert editor.lua("return require('fillwright').statusline()") == ""
    editor.open(tmp_path / "a.txt", TEXT)
    # from here on the engine is ready, whichever test started it
    editor.until(lambda: status(editor).startswith("Fillwright: ready ("))
    assert editor.lua("return require('fillwright').statusline()") == "fillwright"
    assert "cpu" in status(editor)


def status(editor: Any) -> str:
    editor.rpc.command("doautocmd CursorMoved")
    editor.until(lambda: not editor.floating())
    editor.keys(":Fillwright status<CR>")
    return "\n".join(editor.until(editor.floating))


def test_log_opens_the_log(start: Any, tmp_path: Path) -> None:
    editor = start()
    editor.open(tmp_path / "a.txt", TEXT)
    editor.keys(":Fillwright log<CR>")
    editor.until(lambda: editor.rpc.current.buffer.name.endswith("lsp.log"))


def test_options_that_do_not_exist_are_told(start: Any) -> None:
    editor = start()
    for options, sentence in {
        "{ ghost = true }": 'there is no option "ghost"; there are cmd, drafts',
        "{ keys = { tab = '<Tab>' } }": 'there is no key "tab"; there are accept',
        "{ drafts = 1 }": "drafts: expected boolean, got number",
    }.items():
        ok, message = editor.lua(f"return {{ pcall(require('fillwright').setup, {options}) }}")
        assert not ok
        assert sentence in message


def test_no_keys_are_mapped_where_none_are_wanted(start: Any, tmp_path: Path) -> None:
    editor = start(keys=False)
    editor.open(tmp_path / "a.txt", TEXT)
    assert editor.lua("return vim.api.nvim_buf_get_keymap(0, 'i')") == []
    assert "<Plug>(fillwright-accept)" in plug_mappings(editor)


def plug_mappings(editor: Any) -> set[str]:
    mapped = [key["lhs"] for mode in "nix" for key in editor.rpc.api.get_keymap(mode)]
    return {lhs for lhs in mapped if lhs.startswith("<Plug>(fillwright-")}


@pytest.mark.parametrize("version", ["0.12", "0.11"])
def test_health_reports_neovim_and_the_doctor(start: Any, tmp_path: Path, version: str) -> None:
    editor = start(version)
    editor.open(tmp_path / "a.txt", TEXT)
    editor.rpc.command("checkhealth fillwright")
    report = editor.until(lambda: editor.lines if len(editor.lines) > 3 else None)
    assert any(f"Neovim {version}." in line and "OK" in line for line in report)
    assert any("It runs for 1 buffers" in line for line in report)
    assert any("checkpoint: " in line for line in report)
    assert not any("ERROR" in line or "WARNING" in line for line in report)
    assert not any("neovim: " in line for line in report)
    assert not any("OK" in line and "not on the PATH" in line for line in report)


def test_health_says_what_to_do_without_a_server(start: Any) -> None:
    editor = start(cmd=["no-such-program", "serve"])
    editor.rpc.command("checkhealth fillwright")
    report = editor.until(lambda: editor.lines if len(editor.lines) > 3 else None)
    assert any("ERROR" in line and "no-such-program" in line for line in report)
    assert any("Install fillwright where it is on the PATH" in line for line in report)


def test_every_command_mapping_and_option_is_in_the_help(start: Any, tmp_path: Path) -> None:
    editor = start()
    folder = tmp_path / "doc"
    folder.mkdir()
    plugin = Path(editor.lua("return vim.env.FILLWRIGHT_PLUGIN"))
    text = (plugin / "doc/fillwright.txt").read_text(encoding="utf-8")
    (folder / "fillwright.txt").write_text(text, encoding="utf-8")
    editor.rpc.command(f"helptags {folder}")
    written = (folder / "tags").read_text()
    kept = (plugin / "doc/tags").read_text()
    assert kept == written, "run :helptags editors/nvim/doc in Neovim"
    tags = {line.split("\t")[0] for line in written.splitlines()}
    assert {f":Fillwright-{name}" for name in completed(editor, "Fillwright ")} <= tags
    assert plug_mappings(editor)
    assert plug_mappings(editor) <= tags
    options = editor.lua("return vim.tbl_keys(require('fillwright.config').types)")
    assert {f"fillwright-{name}" for name in options} <= tags
    keys = editor.lua("return vim.tbl_keys(require('fillwright.config').defaults.keys)")
    assert all(f"    {key} " in text for key in keys)
    highlights = editor.rpc.call("getcompletion", "Fillwright", "highlight")
    assert highlights
    assert set(highlights) <= {tag.removeprefix("hl-") for tag in tags}


def test_filetypes_can_be_left_out(start: Any, tmp_path: Path) -> None:
    editor = start(ignore_filetypes=["markdown"])
    path = tmp_path / "a.md"
    path.write_text("# A page\n")
    editor.rpc.command(f"edit {path}")
    editor.open(tmp_path / "a.txt", TEXT)
    editor.rpc.command(f"edit {path}")
    assert not editor.attached()
    # a second call, as below the lines that `fillwright setup` writes, may take them back
    editor.lua("require('fillwright').setup({ ignore_filetypes = { 'text' } })")
    assert "markdown" in editor.lua("return vim.lsp.config.fillwright.filetypes")
    assert "text" not in editor.lua("return vim.lsp.config.fillwright.filetypes")


def test_a_key_that_is_taken_is_told(start: Any, tmp_path: Path) -> None:
    editor = start()
    editor.rpc.command("inoremap <M-j> <Esc>:move +1<CR>")
    editor.open(tmp_path / "a.txt", TEXT)
    told = "<M-j> is mapped to something else, so it does not accept a line of"
    assert told in status(editor)
    editor.rpc.command("checkhealth fillwright")
    report = editor.until(lambda: editor.lines if len(editor.lines) > 3 else None)
    assert any("WARNING" in line and told in line for line in report)


def test_unlikely_places_are_hints_and_a_code_action_puts_them_right(
    start: Any, tmp_path: Path
) -> None:
    editor = start()
    head = ["class Shelf:", "    def __init__(self, name, width):", "        self.name = name"]
    wrong, right = ("        self.width = name", "        self.width = width")
    editor.open(tmp_path / "a.py", "\n".join([*head, wrong, ""]))
    editor.keys(":Fillwright check<CR>")
    editor.messages_until("1 unlikely")
    found = "return vim.tbl_map(function(d) return { d.lnum, d.col, d.severity } end, "
    hint = editor.lua("return vim.diagnostic.severity.HINT")
    assert editor.lua(f"{found} vim.diagnostic.get(0))") == [[3, 21, hint]]
    editor.keys("4G$:lua vim.lsp.buf.code_action({ apply = true, context = { only = {'quickfix'},")
    editor.keys(" diagnostics = {} } })<CR>")
    editor.until(lambda: editor.lines == [*head, right])
    assert editor.until(lambda: editor.lua(f"{found} vim.diagnostic.get(0))") == [])
    editor.keys(":Fillwright check<CR>")
    editor.messages_until("nothing here is unlikely")
    assert "finds unlikely places by its causal head" in status(editor)
