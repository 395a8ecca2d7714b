"""A neighbourhood with a fill in it: where it is cut, and which names are known further away."""

import pytest

from fillwright.engine.infill.ranking.plausibility import (
    AFTER_CHARACTERS,
    BEFORE_CHARACTERS,
    NEAR_LINES,
    Neighbourhood,
)
from fillwright.engine.request import Hole

BEFORE = "def f(a):\n    "
AFTER = "\n    return b\n"


def name_faults(
    fill: str, above: str = "", below: str = "", language: str = "python"
) -> int | None:
    document = above + BEFORE + AFTER + below
    at = len(above + BEFORE)
    filled = Neighbourhood.of(document, Hole(at, at), language).with_fill(fill)
    return None if filled is None else filled.name_faults


@pytest.mark.parametrize("far", [0, BEFORE_CHARACTERS + AFTER_CHARACTERS])
def test_a_name_is_known_from_anywhere_in_the_document(far: int) -> None:
    apart = "# far\n" * far
    for name in ("q", "größe", "_x1"):
        text = f"b = {name}"
        assert name_faults(text, apart, apart) == 1
        assert name_faults(text, f"import {name}\n" + apart, apart) == 0
        assert name_faults(text, apart, f"{apart}{name} = 1\n") == 0
        assert name_faults(text, f"{name}z = 1\n" + apart, f"{apart}# z{name}\n") == 1


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ("def g(q):\n    return q\n\n", 1),
        ("def g():\n    q = 1\n    return q\n\n", 1),
        ("class C:\n    def g(self, q):\n        self.q = q\n\n", 1),
        ("# the q\n", 1),
        ('"""The q."""\nx.q = g(q=1)\n', 1),
        ("from p import q\n", 0),
        ("def q():\n    return 1\n\n", 0),
        ("class C:\n    q = 1\n\n    def g(self):\n        pass\n\n", 0),
        ("def g():\n    pass\n\nfor q in g():\n    pass\n\n", 0),
    ],
)
def test_what_another_function_binds_is_not_known_here(above: str, expected: int) -> None:
    assert name_faults("b = q", above) == name_faults("b = q", below="\n" + above) == expected


def test_functions_of_javascript_keep_their_names_to_themselves_too() -> None:
    above = "const g = (q) => q;\nconst h = q2 => { let q3 = 1; return q3; };\n"
    document = above + "function f(a) {\n  \n}\n"
    at = document.rindex("\n}")
    around = Neighbourhood.of(document, Hole(at, at), "javascript")
    known = [name for name in ("f", "g", "h", "q", "q2", "q3", "a") if around.knows(name)]
    assert known == ["f", "g", "h"]


def test_a_name_that_the_fill_should_have_bound_is_a_fault() -> None:
    assert (name_faults("b = a"), name_faults("c = a"), name_faults("pass")) == (0, 2, 1)


def test_blank_lines_after_a_function_do_not_hide_its_strange_names() -> None:
    document = "def f(a):\n    \n"
    around = Neighbourhood.of(document, Hole(14, 14), "python")
    ends = [around.with_fill(fill) for fill in ("return q", "return q\n\n")]
    assert [filled and filled.name_faults for filled in ends] == [1, 1]


@pytest.mark.parametrize(
    ("before", "fill", "after", "expected"),
    [
        ("total += a\n    ", "total += a", "\nreturn total\n", True),
        ("total = 0\n", "    return total", "\nreturn total\n", True),
        ("total += a\ntotal +", "= a", "\n", True),
        ("total += a\ntotal ", "+=", " a\n", True),
        ("total += a\n", "total += b", "\n", False),
        ("total += a\n", "total += a\ntotal += a", "\n", False),
        ("if a:\n    f(b)\nelse:\n    c\nif d:\n    g(h)\n", "else:", "\n    c\n", False),
        ("total += a\n" + "b\n" * NEAR_LINES, "total += a", "\n", False),
        ("total += a\n" + "b\n" * (NEAR_LINES - 1), "total += a", "", True),
        ("", "total += a", "\n" + "b\n" * NEAR_LINES + "total += a", False),
        ("", "total += a", "\n" + "b\n" * (NEAR_LINES - 1) + "total += a", True),
        ("", "total += a", "", False),
    ],
)
def test_a_line_that_stands_near_is_a_copy(
    before: str, fill: str, after: str, expected: bool
) -> None:
    hole = Hole(len(before), len(before))
    filled = Neighbourhood.of(before + after, hole, "python").with_fill(fill)
    assert filled is not None
    assert filled.duplicates_a_line is expected


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("def f():\n    ", "pass", True),
        ('def f():\n    """Do."""', "\n    raise NotImplementedError", True),
        ("def f():\n    ", "# later\n    ...", True),
        ("def f():\n    ", "return 1", False),
        ("def f():\n    a = 1\n    ", "pass", False),
        ("def g():\n    pass\n\ndef f():\n    ", "return 1", False),
        ("while True:\n    ", "pass", False),
    ],
)
def test_a_stub_is_all_there_is_of_a_body(before: str, text: str, expected: bool) -> None:
    document = f"{before}\n\n\ndef h():\n    pass\n"
    hole = Hole(len(before), len(before))
    filled = Neighbourhood.of(document, hole, "python").with_fill(text)
    assert filled is not None
    assert filled.is_stub is expected


def test_without_a_grammar_there_is_nothing_to_say() -> None:
    assert name_faults("b = a", language="no such language") is None


def test_a_neighbourhood_has_whole_lines_and_leaves_nothing_out() -> None:
    document = "".join(f"line {number} = 1\n" for number in range(2000))
    for at in (0, 5000, 5003, len(document) - 3, len(document)):
        around = Neighbourhood.of(document, Hole(at, at), "python")
        whole = (around.further[0], around.before, around.after, around.further[1])
        assert b"".join(whole).decode() == document
        assert len(around.before) <= BEFORE_CHARACTERS + 20
        assert len(around.after) <= AFTER_CHARACTERS
        for edge in (around.further[0], around.before + around.after):
            assert not edge or edge.endswith(b"\n")


def test_a_neighbourhood_has_what_stands_in_it_and_builtins() -> None:
    document = "def f(width):\n    return weight\n" + "x = 1\n" * 2000 + "far = 2\n"
    at = document.index("weight")
    around = Neighbourhood.of(document, Hole(at, at + 6), "python")
    known = [name for name in ("width", "weight", "len", "far", "widt") if around.has(name)]
    assert known == ["width", "len", "far"]
    filled = around.with_fill("height")
    assert filled is not None
    assert filled.names == {"height"}
