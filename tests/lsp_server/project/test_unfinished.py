"""Lines that are not finished: nothing is learnt from where they end."""

import pytest

from fillwright.lsp_server.project.unfinished import with_gaps

WHOLE = "def area(width):\n    if width is None:\n        return\n    return width\n"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (WHOLE, []),
        ("def f(x):\n    return \n\n\ny = 1\n", ["    return "]),
        ("x = 1\nf(y.)\nz = 3\n", ["f(y.)"]),
        ("f(1)\ng(1,\n", ["g(1,"]),
        ("x = 1\n   \ny = 2\n", []),
    ],
)
def test_a_line_that_waits_for_more_has_a_gap_at_its_end(text: str, marked: list[str]) -> None:
    found = with_gaps(text, "python")
    assert found.replace("\0", "") == text
    assert [line[:-1] for line in found.split("\n") if line.endswith("\0")] == marked


def test_so_has_the_line_that_is_typed() -> None:
    assert with_gaps("a = 1\nb = 2\n", "python", 1) == "a = 1\nb = 2\0\n"
    assert with_gaps("a = 1\n\n", "python", 1) == "a = 1\n\n"
    assert with_gaps("a = 1\n", "python", 9) == "a = 1\n"


def test_a_secrets_gap_is_no_error_and_hides_none() -> None:
    text = 'key = "\0"\n'
    assert with_gaps(text, "python") == text
    assert with_gaps(text + "y.\n", "python") == text + "y.\0\n"


def test_a_language_without_a_grammar_has_its_white_space() -> None:
    assert with_gaps("so \nit is\n", "plaintext") == "so \0\nit is\n"
