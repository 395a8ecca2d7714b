"""Faults: what tree-sitter sees, and what it forgives but Python does not."""

import ast

import pytest

from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.grammars import parser_for

SOUND = [
    "",
    "x = 1\n",
    "\ufeffx = 1\ny = 2\n",
    "if x: a; b\nelse:\n  c; d\n  e\n",
    "try:\n    x\nexcept E: pass\nelse:\n    y\nfinally:\n    z\n",
    "match x:\n    # c\n    case 1:\n        pass\n    case _:\n        pass\n",
    "@d\nclass A: pass\n",
    "def f():\n    x = (\n1,\n)\n    return x\n",
    "for a in b:\n\tc\nelse:\n\td\n",
    "f(a, *b, c=1, *d, **e)\n",
    "x = [0, 00, 0x1F, 0b10, 0o17, 1_000, 07j, 1.0, '`a`']\n",
]
FAULTY = [
    "def f(:\n    pass\n",
    "x = (1,\n",
    "x = = 1\n",
    "class A:\n\nx = 1\n",
    "if x:\n    # later\n\ny = 1\n",
    "def f():\n    x = 1\n      return x\n",
    "def f():\n    if a:\n            x\n        y\n",
    "def f():\n    return 1\n  y\n",
    "if x:\n    a\n  else:\n    b\n",
    "try:\n    x\ny = 1\n",
    "try:\n    x\nelse:\n    y\n",
    "x = f(1)    return x\n",
    "match x:\n    # c\n",
    "if ``:\n    pass\n",
    "x = `a`\n",
    "x = a <> b\n",
    "x = 0777\n",
    "x = 1L\n",
    "f(a=1, b)\n",
    "f(a=1, -1, c=2)\n",
]


def count(source: str) -> int:
    parser = parser_for("python")
    assert parser is not None
    data = source.encode()
    return faults(parser.parse(data), "python", 0, len(data))


@pytest.mark.parametrize("source", SOUND)
def test_sound_sources_have_none(source: str) -> None:
    ast.parse(source.removeprefix("\ufeff"))
    assert count(source) == 0


@pytest.mark.parametrize("source", FAULTY)
def test_faulty_sources_have_some(source: str) -> None:
    with pytest.raises(SyntaxError):
        ast.parse(source)
    assert count(source) > 0


def test_layout_is_looked_at_near_the_range_only() -> None:
    source = b"if x:\n\ny = 1\nz = 2\n\n\nt = 3\n"
    parser = parser_for("python")
    assert parser is not None
    tree = parser.parse(source)
    assert faults(tree, "python", 0, 5) == 1
    assert faults(tree, "python", 20, 25) == 0


@pytest.mark.parametrize(
    ("language", "sound", "broken"),
    [
        ("javascript", "f(1);\n", "f(1;\n"),
        ("go", "package a\nfunc f() {}\n", "package a\nfunc f() {\n"),
        ("ruby", "def f\nend\n", "def f\n"),
        ("kotlin", "fun f() {}\n", "fun f( {}\n"),
    ],
)
def test_other_languages_have_what_the_grammar_sees(language: str, sound: str, broken: str) -> None:
    parser = parser_for(language)
    assert parser is not None
    assert faults(parser.parse(sound.encode()), language, 0, len(sound)) == 0
    assert faults(parser.parse(broken.encode()), language, 0, len(broken)) > 0


def test_errors_that_are_nested_thousandfold_are_counted() -> None:
    source = ("x = f(\n" + "def g():\n    'a'\n    b\n\n" * 3_000).encode()
    parser = parser_for("python")
    assert parser is not None
    assert faults(parser.parse(source), "python", 0, 10) > 0
