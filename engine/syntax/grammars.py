"""Languages: which tree-sitter grammar and which query file stand behind a language id.

Knows language ids as editors name them ("typescriptreact"), and where their queries lie. Knows
nothing of documents, holes or positions; what a capture name means is said in
`queries/python.scm`.
"""

import importlib
from functools import cache
from pathlib import Path

from tree_sitter import Language, Parser, Query

GRAMMARS = {
    "javascript": "tree_sitter_javascript:language",
    "python": "tree_sitter_python:language",
    "tsx": "tree_sitter_typescript:language_tsx",
    "typescript": "tree_sitter_typescript:language_typescript",
}
"""A grammar, by the name of its query file -> where its language comes from."""

ALIASES = {
    "javascriptreact": "javascript",
    "typescriptreact": "tsx",
}
"""Language id -> the grammar for it, where the two are called differently."""

INHERITS = "; inherits: "


def parser_for(language: str) -> Parser | None:
    """A new parser for the language id, or None when no grammar is known for it.

    Parsers are cheap but hold state: one for each thread.
    """
    grammar = grammar_for(language)
    return Parser(grammar) if grammar else None


def grammar_for(language: str) -> Language | None:
    """The grammar behind a language id, loaded once; None when there is none."""
    return _grammar(_name(language))


def query_for(language: str, section: str) -> Query:
    """One section of the language's query file, compiled once.

    A section is what follows a line `;; <section>` up to the next such line, in the file itself
    and in those that it inherits; one that is not there matches nothing. Raises KeyError for a
    language without a grammar, and tree_sitter.QueryError when the query does not compile.
    """
    return _query(_name(language), section)


def _name(language: str) -> str:
    return ALIASES.get(language, language)


@cache
def _grammar(name: str) -> Language | None:
    if name not in GRAMMARS:
        return None
    module, _, function = GRAMMARS[name].partition(":")
    return Language(getattr(importlib.import_module(module), function)())


@cache
def _query(name: str, section: str) -> Query:
    grammar = _grammar(name)
    if grammar is None:
        raise KeyError(f"no grammar for {name!r}")
    return Query(grammar, _sections(name).get(section, ""))


@cache
def _sections(name: str) -> dict[str, str]:
    text = (Path(__file__).parent / "queries" / f"{name}.scm").read_text(encoding="utf-8")
    preamble, *parts = ("\n" + text).split("\n;; ")
    inherited = [
        _sections(other.strip())
        for line in preamble.splitlines()
        if line.startswith(INHERITS)
        for other in line.removeprefix(INHERITS).split(",")
    ]
    own = {title.strip(): query for title, _, query in (part.partition("\n") for part in parts)}
    sections: dict[str, str] = {}
    for source in (*inherited, own):
        for title, query in source.items():
            sections[title] = sections.get(title, "") + query
    return sections
