"""What documents declare, in several languages."""

import argparse
import ast
from pathlib import Path

import pytest

from fillwright.lsp_server.context.outline import imports, signatures
from fillwright.lsp_server.text.documents import Document

PYTHON = """\
import os
from a import (
    b,
)

class A(B):
    @x
    def f(self,
          y): pass
"""


@pytest.mark.parametrize(
    ("language", "source", "imported", "names"),
    [
        ("python", PYTHON, ["import os", "from a import ( b, )"], ["A", "f"]),
        (
            "typescript",
            "import { a } from './a';\nclass A<T> {\n  f<U>(y: T): void {}\n}\n",
            ["import { a } from './a';"],
            ["A", "f"],
        ),
        (
            "go",
            'package p\nimport "os"\n\nfunc (a *A) f(y int) error {\n\treturn nil\n}\n',
            ['import "os"'],
            ["f"],
        ),
        (
            "rust",
            "use std::fs;\nimpl A {\n    pub fn f(&self, y: u32) -> u32 { y }\n}\n",
            ["use std::fs;"],
            ["A", "f"],
        ),
        (
            "java",
            "import java.io.File;\nclass A {\n    int f(int y) { return y; }\n}\n",
            ["import java.io.File;"],
            ["A", "f"],
        ),
        ("ruby", "require 'set'\nclass A\n  def f(y)\n  end\nend\n", ["require 'set'"], ["A", "f"]),
        ("c", "#include <a.h>\nint f(int y) { return y; }\n", ["#include <a.h>"], ["f"]),
    ],
)
def test_imports_and_names(
    language: str, source: str, imported: list[str], names: list[str]
) -> None:
    document = Document.of(source, language)
    assert [one.text for one in imports(document)] == imported
    assert [one.name for one in signatures(document, 0, len(source))] == names


def test_a_header_of_several_lines_is_one_line() -> None:
    document = Document.of(PYTHON.replace("\n", "\r\n"), "python")
    assert [one.text for one in imports(document)] == ["import os", "from a import ( b, )"]
    texts = [one.text for one in signatures(document, 0, len(document.lf))]
    assert texts == ["class A(B):", "@x def f(self, y):"]


def test_only_what_touches_the_range() -> None:
    source = "".join(f"def f{number}(x):\n    return x\n\n" for number in range(100))
    document = Document.of(source, "python")
    start = source.index("def f50")
    names = [one.name for one in signatures(document, start, start + 5)]
    assert names == ["f50"]


def test_every_definition_of_a_real_module() -> None:
    source = Path(argparse.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source)
    declared = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    document = Document.of(source, "python")
    assert {one.name for one in signatures(document, 0, len(source))} == declared
    lines = sum(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)
    assert len(imports(document)) >= lines


def test_nothing_is_declared_without_a_grammar() -> None:
    document = Document.of("def f(x):\n", "klingon")
    assert imports(document) == signatures(document, 0, 10) == []
