"""Ghost text: which hole a cursor gets, and which part of a fill may be shown at it.

In the sources `‸` is the cursor.
"""

import pytest

from fillwright.engine.request import Hole
from fillwright.lsp_server.carving.carving import carve_line_end
from fillwright.lsp_server.suggestions.ghost_text import carve_ghost, first_line, ghost_text
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.reasons import Reason


def at(source: str) -> tuple[Document, int]:
    cursor = source.index("‸")
    return Document.of(source.replace("‸", ""), "python"), cursor


def shown(source: str, fill: str) -> str:
    """The source after accepting the ghost text of a fill, the inserted text in «»; or the code of
    the reason why there is none."""
    document, cursor = at(source)
    ghost = ghost_text(document, cursor, carve_ghost(document, cursor), fill)
    if isinstance(ghost, Reason):
        return ghost.code
    text = document.text
    assert ghost.start <= cursor <= ghost.end or cursor == ghost.start
    return text[: ghost.start] + "«" + ghost.text + "»" + text[ghost.end :]


def test_the_rest_of_the_line_is_the_hole() -> None:
    document, cursor = at("x = 1\ny = foo(‸)\nz = 2\n")
    carving = carve_ghost(document, cursor)
    assert carving.shape == "line"
    assert carving.holes == (Hole(cursor, cursor + 1),)


@pytest.mark.parametrize(
    "source",
    [
        "def f(a):‸\n",
        "def f(a):\n    ‸\n",
        'def f(a):\n    """Say."""\n    ‸\n\nx = 1\n',
        "class A:\n    def f(self):\n        ‸\n    def g(self): pass\n",
        "def f(a):\n    ‸",
        "def f(a):\r\n    ‸\r\nx = 1\r\n",
    ],
)
def test_an_empty_function_is_a_block(source: str) -> None:
    document, cursor = at(source)
    carving = carve_ghost(document, cursor)
    assert (carving.shape, carving.what) == ("block", "body")


@pytest.mark.parametrize(
    "source",
    [
        "def f(a):\n    ‸\n    return a\n",
        "def f(a):\n    a += 1\n    ‸\n",
        "def f(a):\n    pass‸\n",
        "‸\ndef f(a):\n    pass\n",
        "x = 1\n‸\n",
        "def f(a‸):\n",
        "‸",
    ],
)
def test_anything_else_is_a_line(source: str) -> None:
    document, cursor = at(source)
    assert carve_ghost(document, cursor).shape == "line"


@pytest.mark.parametrize(
    ("source", "fill", "result"),
    [
        ("x = ‸\n", "1 + 2", "x = «1 + 2»\n"),
        ("x = foo(‸)\n", "1, 2)", "x = foo(«1, 2»)\n"),
        ("x = ‸\r\ny = 2\r\n", "1\ny = 2", "x = «1»\r\ny = 2\r\n"),
        (
            "def f(a):\n    ‸\n",
            "\n    b = a\n    return b",
            "def f(a):\n    «b = a\n    return b»\n",
        ),
        ("def f(a):\n‸\n", "\n    return a", "def f(a):\n«    return a»\n"),
        ("def f(a):‸\n", "\n    return a", "def f(a):«\n    return a»\n"),
        (
            'def f(a):\r\n    """Say."""\r\n    ‸\r\n',
            "\n    b = a\n    return b",
            'def f(a):\r\n    """Say."""\r\n    «b = a\r\n    return b»\r\n',
        ),
    ],
)
def test_what_is_shown_stands_at_the_cursor(source: str, fill: str, result: str) -> None:
    assert shown(source, fill) == result


@pytest.mark.parametrize(
    ("fill", "code"),
    [("", "empty"), ("   ", "whitespace"), ("\n", "empty"), ("\t\n  ", "whitespace")],
)
def test_nothing_visible_is_not_shown_for_a_reason(fill: str, code: str) -> None:
    assert shown("x = ‸\n", fill) == code


def test_a_change_on_another_line_is_no_ghost_text() -> None:
    document, cursor = at("x = 1‸\ny = \n")
    below = carve_line_end(document, document.text.index("y = ") + 4)
    assert ghost_text(document, cursor, below, "2") == Reason.of("not-at-cursor")


def test_text_between_the_cursor_and_the_change_is_shown_with_it() -> None:
    """Editors show ghost text only where its range begins at the cursor."""
    assert shown("f(‸a, b)\n", "a, c, b)") == "f(«a, c, »b)\n"


def test_code_behind_the_cursor_is_not_taken_away() -> None:
    document, cursor = at("x = ‸1 + 2\n")
    line_end = carve_line_end(document, cursor)
    assert ghost_text(document, cursor, line_end, "3") == Reason.of("overwrites")
    kept = ghost_text(document, cursor, line_end, "3 + 1 + 2")
    assert isinstance(kept, TextChange)
    assert kept.text.startswith("3 + ")


def test_a_popup_shows_one_line() -> None:
    assert first_line(TextChange(0, 1, "a\r\nb")) == TextChange(0, 1, "a")
    assert first_line(TextChange(0, 1, "a\fb")) == TextChange(0, 1, "a\fb")
