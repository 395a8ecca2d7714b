"""Loose names: beside what Python's own compiler makes of its standard library, and by hand."""

import argparse
import ast
import builtins
import dataclasses
import inspect
import json.decoder
import statistics
import symtable
import textwrap
import typing
import warnings
from collections.abc import Iterator
from types import ModuleType

import pytest

from fillwright.engine.syntax.grammars import directive, parser_for
from fillwright.engine.syntax.names import LooseEnds, loose_ends, names_within

MODULES = (argparse, dataclasses, json.decoder, statistics, textwrap, typing, warnings)


def found(text: str, language: str = "python") -> LooseEnds:
    """Of the function around the mark."""
    parser = parser_for(language)
    assert parser is not None
    before, _, after = text.partition("§")
    at = len(before.encode())
    return loose_ends(parser.parse((before + after).encode()), language, at, at)


def outermost(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child
        else:
            yield from outermost(child)


def symbols(table: symtable.SymbolTable) -> Iterator[symtable.Symbol]:
    yield from table.get_symbols()
    for child in table.get_children():
        yield from symbols(child)


def is_bound(symbol: symtable.Symbol) -> bool:
    ways = (
        symbol.is_assigned(),
        symbol.is_parameter(),
        symbol.is_imported(),
        symbol.is_declared_global(),
        symbol.is_nonlocal(),
    )
    return any(ways)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_compiler_finds_the_same_names_unbound(module: ModuleType) -> None:
    functions = list(outermost(ast.parse(inspect.getsource(module))))
    assert len(functions) > 5
    for function in functions:
        source = ast.unparse(function)
        every = list(symbols(symtable.symtable(source, "f", "exec")))
        bound = {symbol.get_name() for symbol in every if is_bound(symbol)}
        read = {symbol.get_name() for symbol in every if symbol.is_referenced()}
        # the compiler's own: a comprehension's argument, and what `super()` needs
        expected = read - bound - set(dir(builtins)) - {".0", "__class__"}
        assert found(source.replace("def ", "def §", 1)).unbound == expected, source


def test_builtins_are_those_of_this_python() -> None:
    own = {name for name in dir(builtins) if not name.startswith("_")}
    # an interactive session adds `_` and a test runner may add more
    assert directive("python", "builtins") >= own


@pytest.mark.parametrize(
    ("language", "text", "unbound", "unread"),
    [
        ("python", "def f(a):\n    b = 1\n    c = a§\n    return c\n", [], ["b"]),
        ("python", "def f(a):\n    n = 0\n    for x in a:§\n        n += 1\n", [], ["n"]),
        ("python", "def f(a):\n    for x in a:§\n        n += 1\n    return n\n", ["n"], []),
        ("python", "def f(a):\n    match a:\n        case P(x=y), *z:§ w\n", ["w"], []),
        ("python", "x = 1\ny = z§\n", ["z"], []),
        ("python", "def f():\n    with a as (b, c): d = b.e(f=c)§\n", ["a"], ["d"]),
        ("javascript", "const f = (a) => { const b = 1, {c} = a; c(d)§ }", ["d"], ["b"]),
        ("javascript", "function f([a, ...b]) { let n = 0; n++; Math.max(a.b)§ }", [], ["n"]),
        ("javascriptreact", "const f = (p) => <div><Foo x={q}>{p}</Foo>§</div>", ["Foo", "q"], []),
        ("typescript", "function f<T>(a: T, b?: A) { enum E {X}; return E.X in a && {g, h: 1}§ }",
         ["g"], []),
        ("typescript", "class A { m(x: number) { for (const y of x) { z(y) }§ } }", ["z"], []),
        ("lua", "function f() return g§ end", [], []),
    ],
)  # fmt: skip
def test_by_hand(language: str, text: str, unbound: list[str], unread: list[str]) -> None:
    ends = found(text, language)
    assert (sorted(ends.unbound), sorted(ends.unread)) == (unbound, unread)


def test_what_stands_in_other_functions_says_nothing() -> None:
    source = "def g():\n    a = 1\n\ndef f():§\n    return a\n"
    ends = found(source)
    assert (ends.unbound, ends.unread) == ({"a"}, set())
    assert ends.within == (source.index("def f"), len(source.replace("§", "")) - 1)


def test_the_names_of_a_range() -> None:
    source = "def f(a):\n    return b.c(a, d=1)  # e\n"
    parser = parser_for("python")
    assert parser is not None
    tree, start = parser.parse(source.encode()), source.index("return")
    assert names_within(tree, "python", start, len(source)) == {"a", "b", "c", "d"}
    assert names_within(tree, "python", start, start + 9) == {"b"}
    assert names_within(tree, "lua", 0, len(source)) == set()
