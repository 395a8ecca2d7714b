import ast

import pytest

from fillwright.engine.syntax.grammars import parser_for
from fillwright.engine.syntax.line_ends import goes_on_below


@pytest.mark.parametrize(
    ("line", "goes_on"),
    [
        ("    x =", True),
        ("    x.", True),
        ("    x = 1", False),
        ("    f()", False),
        ("    if x:\n        y", False),
    ],
)
def test_a_statement_ends_with_its_line(line: str, goes_on: bool) -> None:
    before, after = "def f(x, y):\n", "\n    return x\n"
    parser = parser_for("python")
    assert parser is not None
    tree = parser.parse((before + line + after).encode())
    assert goes_on_below(tree, len(before + line)) == goes_on
    try:
        ast.parse(before + line + after)
    except SyntaxError:
        assert goes_on
    else:
        assert not goes_on


def test_a_header_and_its_block() -> None:
    parser = parser_for("python")
    assert parser is not None
    text = b"if x:\n    y\n"
    assert not goes_on_below(parser.parse(text), 5)
    assert not goes_on_below(parser.parse(text), len(text))


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("x = {\n    1: 'a',\n", "    2: 'b',", "\n    3: 'c',\n}\n"),
        ("x = [\n", "    a +", "\n    b,\n]\n"),
        ("", "x = {", "\n    1: 'a',\n}\n"),
        ("", "def f(a,", "\n      b):\n    pass\n"),
        ("f(\n", "    a=", "\n    g(b),\n)\n"),
        ("def f():\n", '    """Of an area', '\n    and more.\n    """\n'),
        ('def f():\n    """Of\n', "    an area", '\n    and more.\n    """\n'),
    ],
)
def test_in_brackets_the_end_of_a_line_ends_nothing(before: str, line: str, after: str) -> None:
    parser = parser_for("python")
    assert parser is not None
    ast.parse(before + line + after)
    assert not goes_on_below(parser.parse((before + line + after).encode()), len(before + line))


def test_brackets_that_are_closed_hold_nothing() -> None:
    parser = parser_for("python")
    assert parser is not None
    text = b"x = (a) +\ny\n"
    assert goes_on_below(parser.parse(text), len("x = (a) +"))
