"""Languages: which tree-sitter grammar and which query file stand behind a language id.

Knows language ids as editors name them ("python"), and where their queries lie. Knows nothing of
documents, holes or positions; what a capture name means is said in `queries/python.scm`.
"""

import importlib
from functools import cache
from pathlib import Path

from tree_sitter import Language, Parser, Query

GRAMMARS = {"python": "tree_sitter_python"}
"""Language id -> the module whose `language()` is its grammar."""


def parser_for(language: str) -> Parser | None:
    """A new parser for the language id, or None when no grammar is known for it.

    Parsers are cheap but hold state: one for each thread.
    """
    grammar = grammar_for(language)
    return Parser(grammar) if grammar else None


@cache
def grammar_for(language: str) -> Language | None:
    """The grammar behind a language id, loaded once; None when there is none."""
    module = GRAMMARS.get(language)
    return Language(importlib.import_module(module).language()) if module else None


@cache
def query_for(language: str, section: str) -> Query:
    """One section of `queries/<language>.scm`, compiled once.

    A section is what follows a line `;; <section>` up to the next such line. Raises KeyError when
    the file has no such section, and tree_sitter.QueryError when the query does not compile.
    """
    grammar = grammar_for(language)
    if grammar is None:
        raise KeyError(f"no grammar for {language!r}")
    return Query(grammar, _sections(language)[section])


@cache
def _sections(language: str) -> dict[str, str]:
    text = (Path(__file__).parent / "queries" / f"{language}.scm").read_text(encoding="utf-8")
    parts = ("\n" + text).split("\n;; ")[1:]
    return {name.strip(): query for name, _, query in (part.partition("\n") for part in parts)}
