"""Grammars and query files: that every one is there, compiles, and says what others rely on."""

import importlib.util
from pathlib import PurePath

import pytest
import tree_sitter

from fillwright.engine.sources.corpus import SPAN_KINDS
from fillwright.engine.syntax import bundle, grammars
from fillwright.engine.syntax.grammars import (
    QUERIES,
    directive,
    grammar_for,
    has_queries,
    may_capture,
    parser_for,
    query_for,
)
from fillwright.engine.syntax.languages import (
    DOC_MARKS,
    GRAMMAR_NAMES,
    LANGUAGE_IDS,
    SUFFIXES,
    doc_marks,
    grammar_name,
    language_called,
    language_of_file,
)

FIRST_CLASS = sorted(DOC_MARKS)
SECTIONS = ("spans", "lists", "functions", "stubs", "layout", "embedded", "names")


def captures(query: tree_sitter.Query | None) -> set[str]:
    assert query is not None
    return {query.capture_name(number) for number in range(query.capture_count)}


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_first_class_language_says_what_there_is_to_fill(language: str) -> None:
    kinds = {"body", "block", "statement", "expression", "string", "comment", "docstring", "import"}
    said = captures(query_for(language, "spans"))
    assert kinds <= said
    assert {kind for kind in said if not kind.startswith("_")} <= set(SPAN_KINDS)
    assert {"arguments", "imports"} <= captures(query_for(language, "lists"))
    assert {"function", "broken"} <= captures(query_for(language, "functions"))
    assert "placeholder" in captures(query_for(language, "stubs"))
    assert has_queries(language)


def test_there_are_fourteen_of_them() -> None:
    assert len(FIRST_CLASS) == 14


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*.scm")), ids=lambda path: path.stem)
def test_every_section_compiles_and_every_wrapper_is_a_node(path: PurePath) -> None:
    if path.stem in ("ecmascript", "jsx"):
        pytest.skip("only inherited from")
    grammar = grammar_for(path.stem)
    assert grammar is not None
    assert set(grammars._sections(path.stem)) <= set(SECTIONS)
    for section in grammars._sections(path.stem):
        assert query_for(path.stem, section) is not None
    for kind in directive(path.stem, "wrapped by"):
        assert grammar.id_for_node_kind(kind, True), kind


@pytest.mark.parametrize("name", sorted({*GRAMMAR_NAMES, *LANGUAGE_IDS.values()}))
def test_every_name_of_a_language_has_a_grammar(name: str) -> None:
    assert grammar_for(name) is not None


@pytest.mark.parametrize("language", sorted(set(SUFFIXES.values())))
def test_every_language_of_a_file_has_a_grammar(language: str) -> None:
    assert grammar_for(language) is not None


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("javascriptreact", "javascript"),
        ("typescriptreact", "tsx"),
        ("csharp", "c_sharp"),
        ("shellscript", "bash"),
        ("sh", "bash"),
        ("objective-c", "objc"),
        ("Python", "python"),
        ("klingon", "klingon"),
    ],
)
def test_ids_of_editors_lead_to_grammars(language: str, name: str) -> None:
    assert grammar_name(language) == name


@pytest.mark.parametrize(
    ("file", "language"),
    [
        ("a/b.PY", "python"),
        ("b.test.tsx", "typescriptreact"),
        ("c.d.ts", "typescript"),
        ("Makefile", "makefile"),
        ("d.cs", "csharp"),
        ("run.sh", "shellscript"),
        ("README", "plaintext"),
        (".gitignore", "plaintext"),
    ],
)
def test_a_file_is_in_the_language_of_its_name(file: str, language: str) -> None:
    assert language_of_file(PurePath(file)) == language


def test_what_a_fence_says_becomes_an_id() -> None:
    assert [language_called(word) for word in ("js", "ts", "c#", "sh", "tsx")] == [
        *("javascript", "typescript", "csharp", "shellscript", "typescriptreact")
    ]


def test_marks_of_docstrings_are_found_under_any_id() -> None:
    assert doc_marks("typescriptreact") == ("/** ", " */")
    assert doc_marks("yaml") is None


@pytest.mark.skipif(
    importlib.util.find_spec("tree_sitter_languages") is None,
    reason="there is no bundle for Python 3.13 and newer",
)
def test_grammars_of_the_bundle_are_taken_where_there_is_no_wheel() -> None:
    kotlin = parser_for("kotlin")
    assert kotlin is not None
    assert not kotlin.parse(b"fun f(x: Int): Int = x + 1\n").root_node.has_error
    assert "kotlin" not in grammars.GRAMMARS
    assert not has_queries("kotlin")


@pytest.mark.parametrize("name", ["klingon", "", "x y", "../x", "é", "python_external_scanner_x"])
def test_the_bundle_has_no_other_grammars(name: str) -> None:
    assert bundle.grammar(name) is None


def test_without_the_bundle_there_are_no_such_grammars(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle._library.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert bundle.grammar("kotlin") is None
    bundle._library.cache_clear()


def test_an_unknown_language_has_neither_parser_nor_queries() -> None:
    assert parser_for("klingon") is None
    assert not has_queries("klingon")
    with pytest.raises(KeyError, match="klingon"):
        query_for("klingon", "functions")


def test_a_section_that_is_not_there_is_no_query() -> None:
    assert query_for("go", "layout") is None


def test_inherited_sections_come_together() -> None:
    assert "public_field_definition" in directive("tsx", "wrapped by")
    assert may_capture("cpp", "stubs", "throw_statement")
    assert may_capture("cpp", "stubs", "expression_statement")
    assert not may_capture("c", "stubs", "throw_statement")


@pytest.mark.parametrize("language", ["x" * 5000, "../queries/python", "py\0", ""])
def test_a_language_id_is_no_path(language: str) -> None:
    assert not has_queries(language)
    assert directive(language, "inherits") == frozenset()
