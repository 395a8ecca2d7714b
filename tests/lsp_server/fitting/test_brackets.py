"""Trying texts where there is no grammar. In the sources `⟦` and `⟧` are the ends of the hole."""

import pytest

from fillwright.engine.request import Hole
from fillwright.lsp_server.fitting.brackets import BracketTrial, unopened
from fillwright.lsp_server.text.documents import Document


def trial(source: str) -> BracketTrial:
    start, end = source.index("⟦"), source.index("⟧") - 1
    text = source.replace("⟦", "").replace("⟧", "")
    return BracketTrial(Document.of(text, "klingon"), Hole(start, end))


@pytest.mark.parametrize(
    ("source", "text", "accepted"),
    [
        ("f ⟦⟧\n", "(a)", True),
        ("f ⟦⟧\n", "(a", False),
        ("f ⟦⟧\n", "a)", False),
        ("f(⟦⟧\n", "a)", True),
        ("f(⟦)⟧\n", "a", False),
        ("⟦⟧\n  g\n}\n", "if a {", True),
        ("⟦⟧\n", '"("', True),
        ("⟦⟧\n", "// (", True),
        ("⟦⟧\n", "'('", True),
        ("⟦⟧\n", "http://a/(b", False),
        ("see you ⟦⟧\n", "soon :)", True),
        ("⟦⟧\n", "f(g(_:)", False),
        ("⟦⟧\n", 'x = "a', False),
        ("⟦⟧\n", 'x = """', True),
        ("⟦⟧\n", "a) the first", True),
        ("x = (\n⟦⟧\n", "a", True),
    ],
)
def test_no_more_brackets_may_lack_another(source: str, text: str, accepted: bool) -> None:
    assert trial(source).accepts(text) is accepted
    assert (trial(source).faults_with(text) == 0) <= accepted


@pytest.mark.parametrize(
    ("source", "text", "within"),
    [
        ("f {⟦⟧\n}\n", "\n  a\n}\ng {", ["\n  a", "\n  a\n}"]),
        ("f {⟦⟧\n}\n", "\n  a {\n  }", ["\n  a {\n  }"]),
        ("f {⟦⟧\n", "\n  a\n}\ng {", ["\n  a", "\n  a\n}"]),
        ("f\n⟦⟧\n", "\n  a\ng\n", ["\n  a"]),
        ("f {⟦⟧}\n", " a }", [" a ", " a }"]),
    ],
)
def test_a_block_ends_where_its_bracket_or_its_indentation_does(
    source: str, text: str, within: list[str]
) -> None:
    assert trial(source).within_block(text, "  ") == within


def test_the_header_of_a_statement_would_take_what_is_below() -> None:
    assert trial("  ⟦⟧\n  g\n").takes_over("while (a)")
    assert not trial("  ⟦⟧\n  g\n").takes_over("f(a)")


def test_brackets_are_known_by_where_they_stand() -> None:
    assert trial("⟦⟧\n").unclosed("f({ [1] ") == [(1, ")"), (2, "}")]
    assert unopened("a) the first } (b)") == [13]
    assert unopened("f(a)) }") == [4, 6]
