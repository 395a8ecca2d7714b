"""Fills made to fit: the fixture documents, and what real code and its parser say of them."""

import argparse
import ast
import textwrap
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.request import Hole
from fillwright.engine.syntax.functions import functions
from fillwright.lsp_server.carving.carving import (
    Carving,
    carve_body,
    carve_line_end,
    carve_selection,
    stub_bodies,
)
from fillwright.lsp_server.carving.docstrings import carve_docstring
from fillwright.lsp_server.carving.frames import framed
from fillwright.lsp_server.fitting.fit import Dropped, Fit, fit_fill
from fillwright.lsp_server.suggestions.ghost_text import carve_ghost, ghost_text
from fillwright.lsp_server.text.changes import TextChange, applied
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.formatting import Formatting
from fillwright.lsp_server.text.reasons import Reason


def test_fitted_as_the_document_says(edit_document: Any) -> None:
    title = next(iter(edit_document.sections))
    source, fill = edit_document.section(title), edit_document.section("fill").replace("␍", "\r")
    start = min(source.index(mark) for mark in "‸⟦" if mark in source)
    end = source.index("⟧") - 1 if "⟧" in source else start
    text = source.translate(dict.fromkeys(map(ord, "‸⟦⟧")))
    kind, crlf = title.removesuffix(" crlf"), title.endswith(" crlf")
    language = edit_document.path.parent.name
    document = Document.of(text.replace("\n", "\r\n") if crlf else text, language)
    if kind == "ghost":
        cursor = document.from_lf(start)
        ghost = ghost_text(document, cursor, carve_ghost(document, cursor), fill)
        fitted = Fit(()) if isinstance(ghost, Reason) else Fit((ghost,))
        none = ghost.code if isinstance(ghost, Reason) else ""
    else:
        fitted = fitted_at(document, kind, start, end, fill)
        none = fitted.dropped[0].code if fitted.dropped else ""
    changed = applied(document.text, fitted.changes)
    if crlf:
        assert "\n" not in changed.replace("\r\n", "")
    edit_document.expect("changed", changed.replace("\r\n", "\n"))
    shown = [f"{document.text[one.start : one.end]!r} -> {one.text!r}\n" for one in fitted.changes]
    edit_document.expect("change", "".join(shown) or f"none: {none}\n")


def fitted_at(document: Document, kind: str, start: int, end: int, fill: str) -> Fit:
    """What becomes of a fill for the hole that a fixture's title names, its frame with it."""
    carving: Carving | None
    if kind == "body":
        carving = carve_body(document, start)
    elif kind == "line end":
        carving = carve_line_end(document, start)
    elif kind == "docstring":
        carving = carve_docstring(document, start)
    else:
        carving = carve_selection(document, start, end)
    assert carving is not None
    frame = framed(document, [carving])
    fit = fit_fill(frame.document, frame.carvings[0], [fill])
    return Fit(frame.original(0, fit.changes), fit.dropped)


LINES = st.sampled_from(
    [
        *(
            "x = 1",
            "if x:",
            "else:",
            "    y = 2",
            "return x",
            "for a in b:",
            "    pass",
            "foo(",
            ")",
        ),
        *("try:", "except E:", "    # c", "def g():", "        z", "", '"""', "x = (1,", "    2)"),
    ]
)


@given(st.lists(LINES, max_size=8).map("\n".join), st.sampled_from(["", "\n", "\n    "]))
def test_a_file_that_parses_still_does(fill: str, lead: str) -> None:
    source = "class A:\n    def f(x):\n        pass\n\n    def g(x):\n        return 1\n"
    document = Document.of(source, "python")
    carving = carve_body(document, source.index("pass"))
    assert carving is not None
    changed = applied(source, fit_fill(document, carving, [lead + fill]).changes)
    try:
        ast.parse(changed)
    except SyntaxError as error:
        # CPython also refuses what is only out of place, which no grammar knows
        assert "outside" in str(error) or "not properly" in str(error), changed  # noqa: PT017


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_body_of_the_library_comes_back(line_end: str) -> None:
    source = Path(textwrap.__file__).read_text(encoding="utf-8").replace("\n", line_end)
    document = Document.of(source, "python")
    start = document.lf.index("def _wrap_chunks")
    carving = carve_body(document, start)
    assert carving is not None
    [hole] = carving.holes
    body = document.lf[hole.start : hole.end]
    assert fit_fill(document, carving, [body]) == Fit((), (Dropped(0, "unchanged"),))

    first, last = document.from_lf(hole.start), document.from_lf(hole.end)
    emptied = document.replaced(first, last, f"{line_end}        pass", 1)
    carving = carve_body(emptied, start)
    assert carving is not None
    for text in (body, textwrap.dedent(body), body.strip(), body + document.lf[hole.end :][:200]):
        assert applied(emptied.text, fit_fill(emptied, carving, [text]).changes) == source


@pytest.mark.parametrize("module", [argparse, textwrap])
def test_every_body_of_a_module_comes_back(module: ModuleType) -> None:
    """However it is indented, and though it runs on into what follows."""
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    document = Document.of(source, "python")
    assert document.tree is not None
    returned = 0
    for function in functions(document.tree, "python")[:60]:
        start, end = function.hole_start, function.hole_end
        body, following = source[start:end], source[end:]
        emptied = document.replaced(start, end, "", 1)
        carving = carve_body(emptied, function.body_start)
        if carving is None or carving.holes != (Hole(start, start),):
            continue
        runs_on = body + following[:300]
        for text in (body, textwrap.dedent(body), runs_on, textwrap.dedent(runs_on)):
            assert applied(emptied.text, fit_fill(emptied, carving, [text]).changes) == source
            returned += 1
    assert returned > 50


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("go", "package p\n\nfunc f() {\n}\n"),
        ("python", "def f():\n    pass\n"),
        ("javascript", "function f() {\n}\n"),
        ("ruby", "def f\nend\n"),
    ],
)
@pytest.mark.parametrize("fill", ["\n\fx", "x\f\n\fy", "\n\tx\f", "\n x\n  y\n z", "x\n\n\n"])
def test_a_body_that_was_fitted_is_not_fitted_again(language: str, source: str, fill: str) -> None:
    document = Document.of(source, language)
    carving = carve_body(document, source.rindex("f"))
    assert carving is not None
    [hole] = carving.holes
    after = Document.of(applied(source, fit_fill(document, carving, [fill]).changes), language)
    again = replace(carving, holes=(Hole(hole.start, len(after.lf) - len(source) + hole.end),))
    fitted = after.lf[again.holes[0].start : again.holes[0].end]
    for text in (fitted, fill):
        assert fit_fill(after, again, [text]).changes == ()


def test_several_holes_of_one_document() -> None:
    source = "def f():\n    pass\n\ndef g():\n    pass\n"
    document = Document.of(source, "python")
    first, second = stub_bodies(document)
    both = Carving((*first.holes, *second.holes), "block", "    ", "body", fresh=True)
    fit = fit_fill(document, both, ["\n    return 1", "\n    return 2"])
    assert fit.dropped == ()
    assert applied(source, fit.changes) == source.replace("pass", "return 1", 1).replace(
        "pass", "return 2"
    )
    fit = fit_fill(document, both, ["  ", "\n    return 2"])
    assert (len(fit.changes), fit.dropped) == (1, (Dropped(0, "whitespace"),))


def test_without_a_grammar_lines_decide() -> None:
    source = "proc f\n    old\nproc g\n    new\n"
    document = Document.of(source, "klingon")
    carving = carve_body(document, 9)
    assert carving is not None
    fit = fit_fill(document, carving, ["\n    done\nproc g\n    new"])
    assert applied(source, fit.changes) == "proc f\n    done\nproc g\n    new\n"
    at_end = Carving((Hole(len(source), len(source)),), "free", "", "selection", fresh=False)
    assert applied(source, fit_fill(document, at_end, ["end"]).changes) == source + "end"


@pytest.mark.parametrize(
    ("formatting", "step"),
    [
        (Formatting(2, insert_spaces=True), "  "),
        (Formatting(8, insert_spaces=False), "\t"),
        (Formatting(0, insert_spaces=True), " "),
        (None, "    "),
    ],
)
def test_the_editor_says_how_to_indent_a_new_file(formatting: Formatting | None, step: str) -> None:
    document = Document.of("def f(x):\n", "python")
    carving = carve_body(document, 4)
    assert carving is not None
    fill = "\n    if x:\n        return 1\n    return 2"
    changed = applied(document.text, fit_fill(document, carving, [fill], formatting).changes)
    assert changed == f"def f(x):\n{step}if x:\n{2 * step}return 1\n{step}return 2\n"


@pytest.mark.parametrize(
    "above", ["/**\n * Adds.\n */\n", "const x = {\n  a: 1,\n};\n", "f(\n      1,\n      2);\n", ""]
)
def test_comments_and_data_do_not_overrule_the_editor(above: str) -> None:
    source = above + "function add(a, b) {\n}\n"
    document = Document.of(source, "javascript")
    carving = carve_body(document, len(source) - 3)
    assert carving is not None
    fit = fit_fill(document, carving, ["\n  return a + b;"], Formatting(4, insert_spaces=True))
    assert applied(source, fit.changes) == source[:-2] + "    return a + b;\n}\n"


@pytest.mark.parametrize("formatting", [None, Formatting(4, insert_spaces=True)])
@pytest.mark.parametrize("step", ["  ", "\t", "   "])
def test_the_white_space_before_the_cursor_comes_before_the_editors_options(
    formatting: Formatting | None, step: str
) -> None:
    source = f"function add(a, b) {{\n{step}\n}}\n"
    document = Document.of(source, "javascript")
    cursor = source.index("\n}")
    fill = "\n    if (a) {\n        return b;\n    }"
    ghost = ghost_text(document, cursor, carve_ghost(document, cursor), fill, formatting)
    assert ghost == TextChange(cursor, cursor, f"if (a) {{\n{2 * step}return b;\n{step}}}")


def test_a_file_that_is_indented_says_so_itself() -> None:
    source = "def g(x):\n   return x\n\ndef f(x):\n"
    document = Document.of(source, "python")
    carving = carve_body(document, len(source) - 2)
    assert carving is not None
    fit = fit_fill(document, carving, ["\nif x:\n\treturn 1"], Formatting(8, insert_spaces=False))
    assert applied(source, fit.changes) == source + "   if x:\n      return 1\n"


@pytest.mark.parametrize(
    ("what", "fill", "code"),
    [
        ("line end", "", "empty"),
        ("line end", " \t", "whitespace"),
        ("line end", "<|endoftext|>x", "empty"),
        ("line end", "second", "repeats-what-follows"),
        ("line end", "first", "unchanged"),
        ("line end", "x[(", "does-not-parse"),
        ("selection", "pass", "deletes-too-much"),
    ],
)
def test_what_is_dropped_says_why(what: str, fill: str, code: str) -> None:
    source = "first\nsecond\n" + "third + fourth\n" * 30
    document = Document.of(source, "python")
    carving = (
        carve_line_end(document, 0) if what == "line end" else carve_selection(document, 13, 300)
    )
    fit = fit_fill(document, carving, [fill])
    assert fit.changes == ()
    [dropped] = fit.dropped
    assert (dropped.hole, dropped.code) == (0, code)
    assert dropped.message.endswith(".")
    assert len(dropped.message.split()) > 3


def test_a_marker_that_the_document_is_about_is_text() -> None:
    source = 'END = "<|turn>"\nBEGIN = \n'
    document = Document.of(source, "python")
    fit = fit_fill(document, carve_line_end(document, len(source) - 1), ['"<|turn>"<|mask|>'])
    assert applied(source, fit.changes) == 'END = "<|turn>"\nBEGIN = "<|turn>"\n'


def test_what_one_hole_gets_the_one_before_does_not_say() -> None:
    document = Document.of("a\n\nb\n", "klingon")
    holes = Carving((Hole(1, 1), Hole(2, 2)), "free", "", "selection", fresh=False)
    fit = fit_fill(document, holes, ["\nthe middle", "the middle"])
    assert applied(document.text, fit.changes) == "a\nthe middle\nb\n"
    assert fit.dropped == (Dropped(0, "repeats-what-follows"),)


def test_text_nested_deeper_than_pythons_stack_is_fitted() -> None:
    source = "y = " + "(f[" * 2000 + "1 +" + "])" * 1999 + "\nx = \n"
    document = Document.of(source, "python")
    fit = fit_fill(document, carve_line_end(document, len(source) - 1), ["1"])
    assert applied(source, fit.changes) == source[:-1] + "1\n"
