"""Carving: the fixture documents, and rules that hold for any document."""

import argparse
import ast
import dataclasses
import typing
from itertools import chain, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.request import Hole
from fillwright.engine.syntax import shapes
from fillwright.engine.syntax.pieces import KINDS
from fillwright.lsp_server.carving.carving import (
    MOST_STUBS,
    Carving,
    carve_body,
    carve_line_end,
    carve_piece,
    carve_selection,
    stub_bodies,
    stub_bodies_in_class,
)
from fillwright.lsp_server.carving.docstrings import carve_docstring
from fillwright.lsp_server.text.documents import Document


def carve(document: Document, what: str, start: int, end: int) -> list[Carving]:
    match what:
        case "body":
            carving = carve_body(document, start)
        case "docstring":
            carving = carve_docstring(document, start)
        case "line end":
            carving = carve_line_end(document, start)
        case "selection":
            carving = carve_selection(document, start, end)
        case "stubs":
            return stub_bodies(document, start)
        case "stubs in class":
            return stub_bodies_in_class(document, start)
        case _:
            carving = carve_piece(document, start, KINDS[KINDS.index(what)])  # type: ignore[arg-type]
    return [] if carving is None else [carving]


def marked(text: str, carvings: list[Carving]) -> str:
    for carving in reversed(carvings):
        [hole] = carving.holes
        text = f"{text[: hole.start]}⟦{text[hole.start : hole.end]}⟧{text[hole.end :]}"
    return text


def layout(carving: Carving) -> str:
    parts = [carving.shape, "fresh" if carving.fresh else "inline", repr(carving.indent)]
    if carving.opening or carving.closing:
        parts.append(f"between {carving.opening!r} and {carving.closing!r}")
    if carving.language is not None:
        parts.append(carving.language)
    return ", ".join(parts) + "\n"


def test_carved_as_the_document_says(carve_document: Any) -> None:
    what = next(iter(carve_document.sections))
    source = carve_document.section(what)
    start = min(source.index(mark) for mark in "‸⟦" if mark in source)
    end = source.index("⟧") - 1 if "⟧" in source else start
    text = source.translate(dict.fromkeys(map(ord, "‸⟦⟧")))
    document = Document.of(text, carve_document.path.parent.name)
    carvings = carve(document, what, start, end)
    carve_document.expect("hole", marked(text, carvings))
    carve_document.expect("layout", "".join(map(layout, carvings)) or "none\n")


STUBS = """
class Shape:
    @abstractmethod
    def area(self): ...

    @typing.overload
    def scale(self, by: int) -> None: ...

    def scale(self, by):
        \"\"\"Grow.\"\"\"

    def move(self):
        raise NotImplementedError

    def turn(self):
        if self:
            pass

    def draw(self):
        def line(): pass
        line()
"""


def test_stubs_are_found_but_not_what_is_meant_to_be_bare() -> None:
    document = Document.of(STUBS, "python")
    found = [
        STUBS[carving.holes[0].start : carving.holes[0].end] for carving in stub_bodies(document)
    ]
    assert found == ["", "\n        raise NotImplementedError", " pass"]


@pytest.mark.parametrize("count", [3, MOST_STUBS + 5])
def test_no_more_stubs_than_a_canvas_holds_and_the_nearest_ones(count: int) -> None:
    source = "".join(f"def f{number}():\n    pass\n\n" for number in range(count))
    document = Document.of(source, "python")
    found = stub_bodies(document, len(source))
    assert len(found) == min(count, MOST_STUBS)
    assert source[: found[-1].holes[0].start].endswith(f"def f{count - 1}():")


def test_a_stub_far_away_is_found_too() -> None:
    source = "def f():\n    pass\n\n" + "x = 1\n" * 10_000
    [carving] = stub_bodies(Document.of(source, "python"), len(source))
    assert carving.holes[0].start == len("def f():")


def test_a_long_file_costs_no_more_than_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked at, in place of how long it takes."""
    looked_at = list[object]()
    body_of_node = shapes.body_of
    monkeypatch.setattr(
        shapes, "body_of", lambda node: looked_at.append(node) or body_of_node(node)
    )
    for methods in (10, 2_000):
        source = "class A {\n" + "  f() {\n    g(1);\n  }\n" * methods + "}\n"
        document = Document.of(source, "typescript")
        looked_at.clear()
        assert carve_body(document, source.rindex("1")) is not None
        assert len(looked_at) <= 2, methods


LANGUAGES = st.sampled_from(
    [
        *("python", "javascript", "typescriptreact", "go", "rust", "c", "cpp", "java", "csharp"),
        *("ruby", "lua", "php", "shellscript", "html", "markdown", "kotlin", "klingon"),
    ]
)
PIECES = st.sampled_from(
    [
        *("def f(x):", "@d", "async ", "class A:", "if x:", "else:", "return x", "pass", "..."),
        *("\n", "\n    ", "\n        ", "\n\t", "\r\n", "# c", '"""', "'", "(", ")", "x = 1", "😀"),
        *("function f(x) {", "fn f() {", "func f() {", "int f(int x) {", "() => ", "class A {"),
        *("{", "}", ";", "// c", "/* c */", "todo!()", "end", "do |x|", "then", "f() {", "<?php "),
        *("<script>", "</script>", "```python\n", "```\n", "<<EOF\n", "EOF\n", "`", "<b>", "[["),
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join), LANGUAGES, st.data())
def test_carving_never_fails(text: str, language: str, data: st.DataObject) -> None:
    document = Document.of(text, language)
    end = data.draw(st.integers(0, len(document.lf)))
    start = data.draw(st.integers(0, end))
    stubs = [stub_bodies(document, end), stub_bodies_in_class(document, end)]
    for carvings in stubs:
        holes = [carving.holes[0] for carving in carvings]
        assert all(before.end <= after.start for before, after in pairwise(holes))
    carvings = [
        carve_body(document, end),
        carve_docstring(document, end),
        *(carve_piece(document, end, kind) for kind in KINDS),
        carve_line_end(document, end),
        carve_selection(document, start, end),
        *chain.from_iterable(stubs),
    ]
    for carving in carvings:
        if carving is None:
            continue
        [hole] = carving.holes
        assert hole.end <= len(document.lf)
        assert carving.indent.strip(" \t") == ""
        if carving.what == "body":
            assert document.lf[: hole.start].rstrip(" \t\n") != "", "a header stands before"
        if carving.fresh and carving.what == "selection":
            assert document.lf[hole.start] == "\n"
        elif carving.fresh:
            assert not document.lf[: hole.start].endswith("\n")
        if carving.opening or carving.closing:
            assert hole.start == hole.end


@pytest.mark.parametrize("module", [argparse, dataclasses, typing], ids=lambda m: m.__name__)
def test_each_statement_is_in_the_body_that_cpython_says(module: ModuleType) -> None:
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    document = Document.of(source, "python")
    starts = document.lf_lines.starts

    def check(node: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef | None) -> int:
        checked = 0
        for child in ast.iter_child_nodes(node):
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            inside = child if is_function else function
            if isinstance(child, ast.stmt):
                carving = carve_body(document, starts[child.lineno - 1])
                assert (carving is None) == (inside is None), child.lineno
                if carving is not None and inside is not None:
                    check_body(carving.holes[0], inside)
                checked += 1
            checked += check(child, inside)
        return checked

    def check_body(hole: Hole, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        statements = function.body[1:] if ast.get_docstring(function) else function.body
        for statement in statements[:1]:
            decorators = getattr(statement, "decorator_list", [])
            line = min(part.lineno for part in [statement, *decorators])
            assert only_comments(source[hole.start : starts[line - 1]])
        last_line = starts[(function.end_lineno or 0) - 1]
        assert only_comments(source[last_line : hole.end].partition("\n")[2])
        assert hole.end > last_line

    assert check(ast.parse(source), None) > 400


def only_comments(text: str) -> bool:
    return all(not line or line.startswith("#") for line in map(str.strip, text.split("\n")))
