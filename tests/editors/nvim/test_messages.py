"""Every text of the plugin stands in one table, and is taken from there."""

import re
from pathlib import Path
from typing import Any

import pytest

LUA = Path(__file__).parents[3] / "editors/nvim/lua/fillwright"
# a comment, and what only the server and Neovim's own lists read
NOT_SHOWN = re.compile(r"--[^\n]*|\b(?:title|desc) = [^\n]*|cmd\([^\n]*")
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
WORDS = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")


def test_no_sentence_stands_elsewhere() -> None:
    files = [path for path in LUA.glob("*.lua") if path.name != "messages.lua"]
    assert len(files) > 10
    found = {
        path.name: [text for text in LITERAL.findall(source) if WORDS.search(text)]
        for path in files
        for source in [NOT_SHOWN.sub("", path.read_text("utf-8"))]
    }
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_every_text_is_used() -> None:
    table = (LUA / "messages.lua").read_text("utf-8")
    used = "".join(path.read_text("utf-8") for path in LUA.glob("*.lua"))
    keys = re.findall(r"^ {2,4}(\w+) = ", table, re.MULTILINE)
    by_name = set(re.findall(r"^    (\w+) = ", table, re.MULTILINE)) - {"neovim"}
    assert len(keys) > 45
    for key in keys:
        said = re.search(rf"(?:messages|\))\.{key}\b", used)
        assert said or (key in by_name and f'"{key}"' in used), key


@pytest.mark.e2e
def test_another_text_in_the_table_is_what_is_said(start: Any) -> None:
    editor = start()
    editor.lua("require('fillwright.messages').no_subcommand = '%q gibt es nicht; es gibt %s'")
    editor.keys(":Fillwright fly<CR>")
    assert "apply, cancel" in editor.messages_until('"fly" gibt es nicht')
