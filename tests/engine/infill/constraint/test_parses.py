"""What parses, beside Python's own parser."""

import ast

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.constraint.parses import Parses
from fillwright.engine.request import Hole

BEFORE = "def area(shapes):\n    total = 0\n    for shape in shapes:\n"
AFTER = "\n    return total\n"
FILLS = [
    "        total += shape.width * shape.height",
    "        total += (shape.width",
    "        if shape:\n            total += 1",
    "        if shape:",
    "        return (",
    "    total += 1",
    "        x = = 1",
    "        f(')')",
]


def check(before: str = BEFORE, after: str = AFTER, language: str = "python") -> Parses:
    at = len(before)
    return Parses.of(before + after, Hole(at, at), language)


def python_parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("fill", FILLS)
def test_it_says_what_python_says(fill: str) -> None:
    assert check().is_met(fill) == python_parses(BEFORE + fill + AFTER)


def test_a_blank_fill_meets_nothing() -> None:
    assert not check("x = 1\n", "\ny = 2\n").is_met("  ")


def test_errors_of_the_file_itself_are_its_own() -> None:
    broken = check(before="def f(:\n    pass\n\n" + BEFORE)
    assert broken.is_met(FILLS[0])
    assert not broken.is_met(FILLS[1])


def test_a_hole_for_a_header_wants_one() -> None:
    header = check("def f(x):\n", "\n        return 1\n    return 2\n")
    assert header.is_met("    if x:")
    assert not header.is_met("    x")


@pytest.mark.parametrize(
    ("before", "after", "right", "wrong"),
    [
        ("def __in", "\n    pass\n", "it__(self):", "it__():)"),
        ("for a", "\n    print(a)\n", " in b:", " in :"),
        ("from a", "\nx = 1\n", ".b import c", ".b import"),
    ],
)
def test_what_a_line_has_already_is_no_excuse(
    before: str, after: str, right: str, wrong: str
) -> None:
    place = check(before, after)
    assert place.is_met(right)
    assert not place.is_met(wrong)


def test_a_statement_ends_with_its_line() -> None:
    place = check("def f(y):\n", "\n    y\n    return 2\n")
    # the second answer is remembered
    assert [place.is_met("    x ="), place.is_met("    x = 1"), place.is_met("    x =")] == [
        False,
        True,
        False,
    ]


def test_endings_make_a_fill_of_a_beginning() -> None:
    for beginning, whole in (("f(a[1", "f(a[1])"), ("if f(x", "if f(x):")):
        after = "\n        y\n" if beginning.startswith("if") else "\n"
        place = check("def f(x):\n", after)
        ends = [f"    {beginning}{end}" for end in place.endings(beginning)]
        assert next(filter(place.is_met, ends)).strip() == whole


def test_other_languages() -> None:
    script = check("function f(a) {\n", "\n}\n", "typescript")
    assert script.is_met("  return a.map((x: number) => x + 1);")
    assert not script.is_met("  return a.map((x: number) => x + 1;")


def test_a_language_without_a_grammar_is_refused() -> None:
    with pytest.raises(BadRequest, match="syntax"):
        check(language="plaintext")
