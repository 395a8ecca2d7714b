"""Spans, checked against CPython's own parser where it can see the same thing."""

import argparse
import ast
import asyncio.tasks
import dataclasses
import re
import textwrap
import typing
from pathlib import Path
from types import ModuleType

import pytest

from fillwright.engine.syntax.spans import spans

MODULES: list[ModuleType] = [argparse, asyncio.tasks, dataclasses, textwrap, typing]

SOURCE = '''\
# é
def f(a):  # c
    """d😀c"""  # dd
    # lead
    x = 1; y = (2)
    if x: return g(x, y=3)
    return y


def g(): pass
'''


def texts(source: str, kind: str) -> list[str]:
    return [source[span.start : span.end] for span in spans(source, "python") if span.kind == kind]


def test_kinds_and_their_texts() -> None:
    whole = "    # lead\n    x = 1; y = (2)\n    if x: return g(x, y=3)\n    return y"
    assert texts(SOURCE, "body") == ["\n" + whole, " pass"]
    assert texts(SOURCE, "block") == [
        '\n    """d😀c"""  # dd\n' + whole,
        " return g(x, y=3)",
        " pass",
    ]
    assert texts(SOURCE, "docstring") == ['"""d😀c"""']
    assert texts(SOURCE, "comment") == ["# é", "# c", "# dd", "# lead"]
    assert "if x: return g(x, y=3)" in texts(SOURCE, "statement")
    assert texts(SOURCE, "expression") == ["1", "(2)", "x", "g(x, y=3)", "x", "y=3", "3", "y"]


def test_unknown_languages_have_no_spans() -> None:
    assert spans("x = 1", "klingon") == []


def test_broken_source_keeps_the_spans_of_what_parses() -> None:
    source = "def f(x:\n    return 0\n\ndef g():\n    return 1\n"
    assert texts(source, "body") == ["\n    return 1"]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_bodies_are_those_of_cpython(module: ModuleType) -> None:
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    line_starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def offset(line: int, byte_column: int) -> int:
        start = line_starts[line - 1]
        in_line = source[start:].split("\n", 1)[0].encode()[:byte_column]
        return start + len(in_line.decode())

    bodies = {span.start: span for span in spans(source, "python") if span.kind == "body"}
    checked = 0
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        statements = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if not statements:
            continue
        first, last = statements[0], statements[-1]
        decorators = getattr(first, "decorator_list", [])
        line, column = min(
            (part.lineno, part.col_offset - (part is not first)) for part in [first, *decorators]
        )
        start = offset(line, column)
        end = offset(last.end_lineno or 0, last.end_col_offset or 0)
        body = bodies[max(place for place in bodies if place <= start)]
        assert _only_comments(source[body.start : start]), source[body.start : start]
        assert source[body.start - 1] != "\n"
        assert body.end >= end
        assert _only_comments(source[end : body.end]), source[end : body.end]
        checked += 1
    assert checked > 5


def _only_comments(between: str) -> bool:
    return re.fullmatch(r"(\s|;|#[^\n]*)*", between) is not None


COMPONENT = """\
import a from "b";
/** Say. */
export async function load(id: number): Promise<void> { // c
  if (id) { go(id); } else return;
}
class Panel extends View {
  private seen = new Set<string>();
  get title() { return `é${this.seen}`; }
  render = (item: Item) => (<Row title="t" of={item.name}>{item.children}</Row>);
  empty() {}
}
"""


def test_kinds_and_their_texts_in_a_brace_language() -> None:
    found = [(span.kind, COMPONENT[span.start : span.end]) for span in spans(COMPONENT, "tsx")]
    kinds = {kind: [text for one, text in found if one == kind] for kind, _ in found}
    body = "\n  if (id) { go(id); } else return;"
    assert kinds["body"] == [body, " return `é${this.seen}`;"]
    assert kinds["block"][:2] == [body, " go(id);"]
    assert kinds["block"][2].startswith("\n  private seen")
    assert kinds["block"][2].endswith("\n  empty() {}")
    assert kinds["docstring"] == ["/** Say. */"]
    assert kinds["comment"] == ["/** Say. */", "// c"]
    assert kinds["import"] == ['import a from "b";']
    assert kinds["statement"][:4] == [
        COMPONENT[COMPONENT.index("export") : COMPONENT.index("\nclass")],
        "if (id) { go(id); } else return;",
        "go(id);",
        COMPONENT[COMPONENT.index("class") : -1],
    ]
    assert kinds["expression"] == [
        *("id", "go(id)", "id", "new Set<string>()", "`é${this.seen}`", "this.seen"),
        '(item: Item) => (<Row title="t" of={item.name}>{item.children}</Row>)',
        '(<Row title="t" of={item.name}>{item.children}</Row>)',
        '<Row title="t" of={item.name}>{item.children}</Row>',
        *("item.name", "item.children"),
    ]


@pytest.mark.parametrize("language", ["javascript", "javascriptreact", "typescript"])
def test_the_ecmascript_family_has_the_same_spans(language: str) -> None:
    source = "const f = (x) => {\n  return g(x);\n};\n"
    assert [(span.kind, source[span.start : span.end]) for span in spans(source, language)] == [
        ("statement", source[:-1]),
        ("expression", "(x) => {\n  return g(x);\n}"),
        *((kind, "\n  return g(x);") for kind in ("block", "body")),
        *(("statement", "return g(x);"), ("expression", "g(x)"), ("expression", "x")),
    ]


EVERY_KIND = {
    "bash": 'source a\n# c\nf() {\n  echo "x"\n}\nfor i in 1; do\n  f\ndone\n',
    "c": '#include <a.h>\n/** c */\nint f(int a) {\n  if (a) { g("x"); }\n  return a;\n}\n',
    "cpp": '#include <a>\n/// c\nint f() {\n  for (auto a : b) { g("x"); }\n  return 1;\n}\n',
    "csharp": 'using A;\nclass B {\n  /// c\n  int F(int a) {\n    if (a) { G("x"); }\n  }\n}\n',
    "go": 'package a\nimport "b"\n// c\nfunc F(a int) {\n\tif a > 0 {\n\t\tg("x")\n\t}\n}\n',
    "java": 'import a.b;\nclass B {\n  /** c */\n  void f() {\n    if (a) { g("x"); }\n  }\n}\n',
    "lua": 'local a = require("a")\n--- c\nfunction f(a)\n  if a then g("x") end\nend\n',
    "php": '<?php\nuse A;\n/** c */\nfunction f($a) {\n  if ($a) { g("x"); }\n}\n',
    "ruby": 'require "a"\n# c\ndef f(a)\n  a.each do |b|\n    g("x")\n  end\nend\n',
    "rust": 'use a;\n/// c\nfn f() {\n    for a in b {\n        g("x");\n    }\n}\n',
    "typescript": 'import a from "b";\n/** c */\nfunction f(a: T) {\n  if (a) { g("x"); }\n}\n',
}


@pytest.mark.parametrize("language", EVERY_KIND)
def test_every_language_has_every_kind(language: str) -> None:
    source = EVERY_KIND[language]
    found = spans(source, language)
    kinds = {span.kind for span in found}
    expected = {"body", "block", "statement", "expression", "string", "comment", "import"}
    assert kinds == expected | {"docstring"}
    for span in found:
        text = source[span.start : span.end]
        assert text.strip() == text or span.kind in ("body", "block"), (span.kind, text)
        assert not text.endswith("\n")
