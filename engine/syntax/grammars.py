"""Languages: which tree-sitter grammar and which query file stand behind a language id.

Knows language ids as editors name them ("typescriptreact"), and where their queries lie. Knows
nothing of documents, holes or positions; what a capture name means is said in
`queries/python.scm`.
"""

import importlib
import re
from functools import cache
from pathlib import Path

from tree_sitter import Language, Parser, Query

from fillwright.engine.syntax import bundle, shapes
from fillwright.engine.syntax.languages import grammar_name

GRAMMARS = {
    "bash": "tree_sitter_bash:language",
    "c": "tree_sitter_c:language",
    "c_sharp": "tree_sitter_c_sharp:language",
    "cpp": "tree_sitter_cpp:language",
    "css": "tree_sitter_css:language",
    "go": "tree_sitter_go:language",
    "html": "tree_sitter_html:language",
    "java": "tree_sitter_java:language",
    "javascript": "tree_sitter_javascript:language",
    "lua": "tree_sitter_lua:language",
    "markdown": "tree_sitter_markdown:language",
    "php": "tree_sitter_php:language_php",
    "python": "tree_sitter_python:language",
    "ruby": "tree_sitter_ruby:language",
    "rust": "tree_sitter_rust:language",
    "tsx": "tree_sitter_typescript:language_tsx",
    "typescript": "tree_sitter_typescript:language_typescript",
}
"""A grammar, by the name of its query file -> where its language comes from."""

TO_DO = (
    r"(todo|fixme|not .{0,9}implement|not supported yet|unimplement|implement (me|this)|stub"
    r"|\\.\\.\\.|…)"
)
"""What `<to do>` in a query's pattern stands for."""

QUERIES = Path(__file__).parent / "queries"


def parser_for(language: str) -> Parser | None:
    """A new parser for the language id, or None when no grammar is known for it.

    Parsers are cheap but hold state: one for each thread.
    """
    grammar = grammar_for(language)
    return Parser(grammar) if grammar else None


def grammar_for(language: str) -> Language | None:
    """The grammar behind a language id, loaded once and only when asked for; None when there is
    none."""
    return _grammar(grammar_name(language))


def query_for(language: str, section: str) -> Query | None:
    """One section of the language's query file, compiled once; None when it has no such section.

    A section is what follows a line `;; <section>` up to the next such line, in the file itself
    and in those that it inherits. For a grammar without a file the sections `functions` and `stubs`
    are made from the shape of its nodes. Raises KeyError for a language without a grammar, and
    tree_sitter.QueryError when the query does not compile.
    """
    return _query(grammar_name(language), section)


def may_capture(language: str, section: str, kind: str) -> bool:
    """Whether a section speaks of nodes of this kind, or of any: asking costs more than this."""
    kinds = _kinds(grammar_name(language), section)
    return kind in kinds or "_" in kinds


def has_queries(language: str) -> bool:
    """Whether the language has a query file that says what a function is."""
    name = grammar_name(language)
    return name in _with_files() and "functions" in _sections(name)


def directive(language: str, title: str) -> frozenset[str]:
    """The words that the query file lists, separated by commas, after `; <title>:`."""
    return _directive(grammar_name(language), title)


@cache
def _grammar(name: str) -> Language | None:
    if name not in GRAMMARS:
        return bundle.grammar(name)
    module, _, function = GRAMMARS[name].partition(":")
    return Language(getattr(importlib.import_module(module), function)())


@cache
def _query(name: str, section: str) -> Query | None:
    grammar = _grammar(name)
    if grammar is None:
        raise KeyError(f"no grammar for {name!r}")
    text = _sections(name).get(section, "")
    # even an empty query costs some milliseconds to compile
    return Query(grammar, text) if text else None


@cache
def _kinds(name: str, section: str) -> frozenset[str]:
    return frozenset(re.findall(r"\((\w+)", _sections(name).get(section, "")))


@cache
def _sections(name: str) -> dict[str, str]:
    if name not in _with_files():
        grammar = _grammar(name)
        return shapes.sections(grammar) if grammar is not None else {}
    text = _file(name).read_text(encoding="utf-8").replace("<to do>", TO_DO)
    _, *parts = f"\n{text}".split("\n;; ")
    own = {title.strip(): query for title, _, query in (part.partition("\n") for part in parts)}
    sections: dict[str, str] = {}
    for source in (*map(_sections, sorted(_listed(name, "inherits"))), own):
        for title, query in source.items():
            sections[title] = sections.get(title, "") + query
    return sections


@cache
def _directive(name: str, title: str) -> frozenset[str]:
    if name not in _with_files():
        return frozenset()
    inherited = (_directive(other, title) for other in _listed(name, "inherits"))
    return _listed(name, title).union(*inherited)


def _listed(name: str, title: str) -> frozenset[str]:
    lines = _file(name).read_text(encoding="utf-8").splitlines()
    said = (line.removeprefix(f"; {title}:") for line in lines if line.startswith(f"; {title}:"))
    return frozenset(word.strip() for line in said for word in line.split(",") if word.strip())


@cache
def _with_files() -> frozenset[str]:
    """The grammars that have a query file. A language id comes from outside: it is never a path."""
    return frozenset(path.stem for path in QUERIES.glob("*.scm"))


def _file(name: str) -> Path:
    return QUERIES / f"{name}.scm"
