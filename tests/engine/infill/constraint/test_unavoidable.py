"""How many errors a file must have, whatever stands in a hole."""

import random
from pathlib import Path

import pytest

from fillwright.engine.infill.constraint import unavoidable as room
from fillwright.engine.infill.constraint.unavoidable import unavoidable
from fillwright.engine.syntax.grammars import parser_for

SOURCES = sorted(Path(room.__file__).parent.glob("*.py"))


def errors(before: str, after: str, language: str = "python") -> int:
    parser = parser_for(language)
    assert parser is not None
    return unavoidable(parser, language, before.encode(), after.encode())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_file_without_errors_must_have_none(path: Path) -> None:
    text, chance = path.read_text("utf-8"), random.Random(7)
    for _ in range(8):
        start = chance.randrange(len(text))
        end = text.index("\n", start)
        assert errors(text[:start], text[end:]) == 0, text[start:end]


@pytest.mark.parametrize(
    ("before", "after", "language"),
    [
        ("try:\n    f()\nexc", "\n    g()\nelse:\n    h()\n", "python"),
        ("while x:\n", "\n        y = 1\n      z = 2\n", "python"),
        ("imp", "\n\nx = 1\n", "python"),
        ('def f():\n    """Give b', '\n\n    More.\n    """\n    return 1\n', "python"),
        ("if (a) {\n  f();\n} el", "\n  g();\n}\n", "javascript"),
        ("export functi", "\n  a: number,\n): void {}\n", "typescript"),
    ],
)
def test_what_the_line_has_already_is_no_error(before: str, after: str, language: str) -> None:
    assert errors(before, after, language) == 0


def test_errors_elsewhere_are_the_files_own() -> None:
    assert errors("def f(:\n    pass\n\nx = ", "\ny = 2\n") == 1
