"""What a fill says again: before it on its line, after it on the line, on the lines below."""

import pytest

from fillwright.lsp_server.fitting.repeats import without_head, without_tail


@pytest.mark.parametrize(
    ("before", "text", "ways"),
    [
        ("    ret", "return x", ["urn x", "return x"]),
        ("return ", "return x", ["x", "return x"]),
        ("x = ", "x = 1", ["1", "x = 1"]),
        ("foo(na", "name)", ["me)", "name)"]),
        ("self.", "self.name", ["name", "self.name"]),
        ("std::", "std::vec", ["vec", "std::vec"]),
        ("def f(x):", "def f(x):\n    pass", ["\n    pass", "def f(x):\n    pass"]),
        ("function f() {", "\nfunction f() {\n  x;", ["\n  x;", "\nfunction f() {\n  x;"]),
        # what may well be meant comes first as it is
        ('x = "', '"a"', ['"a"', 'a"']),
        ("f(", "(1, 2)", ["(1, 2)", "1, 2)"]),
        ("x = 1", "10", ["10", "0"]),
        ("def _", "_init__", ["_init__", "init__"]),
        ("zeros(n, ", "n, m)", ["n, m)", "m)"]),
    ],
)
def test_the_beginning_may_be_said_already(before: str, text: str, ways: list[str]) -> None:
    assert without_head(text, before) == ways


@pytest.mark.parametrize(
    ("before", "text", "ways"),
    [
        ("  // return it", "it('adds')", ["it('adds')", "('adds')"]),
        ("  // sort items", "items.sort()", ["items.sort()", ".sort()"]),
        ("  loop do", "do\n    x", ["\n    x", "do\n    x"]),
        ("  f() {", "{\n  x;", ["{\n  x;", "\n  x;"]),
    ],
)
def test_a_name_on_the_next_line_is_not_the_last_word_of_this_one(
    before: str, text: str, ways: list[str]
) -> None:
    assert without_head(text, before, fresh=True) == ways


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("", "x"),
        ("    ", "    x"),
        ("x = a ", "and b"),
        ("a", " and b"),
        ("x = ", "y"),
        ("fo", "o(1)"),
    ],
)
def test_the_beginning_is_new(before: str, text: str) -> None:
    assert without_head(text, before) == [text]


@pytest.mark.parametrize(
    ("text", "after", "ways"),
    [
        ("a, b)", ")", ["a, b)", "a, b"]),
        ("a, b )", " );", ["a, b )", "a, b"]),
        ("a );", ");", ["a );", "a "]),
        ('abc"', '")', ['abc"', "abc"]),
        ("b * 2 + width", " + width", ["b * 2"]),
        ("b*2+width", " + width", ["b*2"]),
        ("af", " for a in b]", ["af"]),
        ("a", ")", ["a"]),
    ],
)
def test_the_rest_of_the_line_is_not_said_again(text: str, after: str, ways: list[str]) -> None:
    assert without_tail(text, "", after, ()) == ways


NEXT = ("    return x + 1", "def g(y):", "    return y", "print(g(f(1)))")


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("return x + 1", [""]),
        ("return x+1;", [""]),
        ("y = x\nreturn x + 1", ["y = x"]),
        ("y = x\nreturn x + 1\ndef g(y):\n    ret", ["y = x"]),
        ("y = x\nreturn x + 1\n\ndef g(y):\n    return y\n\nprint(h(f(1)))", ["y = x"]),
        ("return x - 1", ["return x - 1"]),
        ("return x + 1\ny = 2", ["return x + 1\ny = 2"]),
        ("y = return_x", ["y = return_x"]),
    ],
)
def test_the_lines_below_are_not_said_again(text: str, ways: list[str]) -> None:
    assert without_tail(text, "", "", NEXT) == ways


def test_many_lines_that_are_nearly_those_below_are_said_again() -> None:
    below = [f"    self.part{number} = Part({number}, name)" for number in range(10)]
    text = "\n".join(below).replace("Part(3, name)", "Part(3, other)")
    assert without_tail(text, "", "", below) == [""]
    assert without_tail(f"y = 1\n{text}", "", "", below) == ["y = 1"]
    other = "\n".join(below).replace("name", "other").replace("self", "this")
    assert without_tail(other, "", "", below) == [other]


@pytest.mark.parametrize("closer", ["}", "end", "});", "fi", "]"])
def test_what_only_closes_may_be_meant(closer: str) -> None:
    assert without_tail(f"x\n{closer}", "", "", [closer, "y"]) == [f"x\n{closer}", "x"]
