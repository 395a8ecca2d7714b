"""The language of a text that nobody names: by its first line, by files near it, by grammars."""

import pytest

from fillwright.engine.syntax.guess import guessed_language

PYTHON = "class Shelf:\n    def __init__(self, name):\n        self.name = name\n"
LUA = "local function add(a, b)\n  local c = a + b\n  return c\nend\n"


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("# language: python", "python"),
        ("// language: typescript", "typescript"),
        ("-- language: lua", "lua"),
        ("/* language: cs */", "csharp"),
        ("<!-- language: html -->", "html"),
        ('" language: c++', "cpp"),
        ("#!/usr/bin/env -S python3 -u", "python"),
        ("#!/bin/bash", "shellscript"),
        ("#!/usr/bin/env node", "javascript"),
        ("// Path: src/shelf.rs", "rust"),
        ("# shelf/names.rb", "ruby"),
    ],
)
def test_the_first_line_may_say_it(line: str, language: str) -> None:
    assert guessed_language(f"{line}\nx = ", "\n", ["other.css"]) == language
    assert guessed_language("", f"\n{line}\nx\n") == language


@pytest.mark.parametrize("line", ["# language: klingon", "# Path: shelf.qqq", "#!/bin/frobnicate"])
def test_a_first_line_that_names_nothing_known_says_nothing(line: str) -> None:
    assert guessed_language(f"{line}\n{PYTHON}        ", "\n") == "python"


@pytest.mark.parametrize(
    ("before", "after", "language"),
    [
        ("def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n", "python"),
        ("def add(a, b):\n    return a", "", "python"),
        (PYTHON + "\n    def get(self):\n", "", "python"),
        ("function add(a, b) {\n  return ", "\n}\n\nconsole.log(add(1, 2));\n", "javascript"),
        ("interface A {\n  name: string;\n}\nconst a: A = ", ";\n", "typescript"),
        (LUA + "local x = ", "\n", "lua"),
        ("package main\n\nfunc add(a int, b int) int {\n\treturn ", "\n}\n", "go"),
        ("fn add(a: i32, b: i32) -> i32 {\n    ", "\n}\n", "rust"),
        ("#include <stdio.h>\n\nint main(void) {\n    ", "\n    return 0;\n}\n", "c"),
        ("<?php\nfunction add($a, $b) {\n    return ", ";\n}\n", "php"),
        ("module Shelf\n  def add(a, b)\n    ", "\n  end\nend\n", "ruby"),
        (".shelf {\n  color: red;\n  ", "\n}\n", "css"),
    ],
)
def test_the_grammar_that_refuses_least_is_taken(before: str, after: str, language: str) -> None:
    assert guessed_language(before, after) == language


@pytest.mark.parametrize(
    ("text", "files", "language"),
    [
        ("", [], "plaintext"),
        ("", ["a.py", "b.js", "c.py", "README"], "python"),
        ("x = 1\ny = ", ["a.lua"], "lua"),
        ("x = ", ["a.lua"], "lua"),
        # other files are only a hint
        (PYTHON, ["a.lua", "b.rs"], "python"),
        ("a = '\ud800'\nimport b\n", [], "python"),
    ],
)
def test_files_near_it_decide_where_the_text_does_not(
    text: str, files: list[str], language: str
) -> None:
    assert guessed_language(text, "", files) == language


def test_prose_is_in_no_language() -> None:
    prose = "It was the best of times, it was the worst of times; and so, dear reader,\n" * 8
    assert guessed_language(prose, "") == "plaintext"
