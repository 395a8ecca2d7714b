"""What a block must not begin with, by what stands around it."""

import pytest

from fillwright.engine.infill.beginnings import WHOLE_CHARACTERS, own_line, placeholders
from fillwright.engine.request import Hole, InfillRequest, Shape


@pytest.mark.parametrize(
    ("before", "text", "language", "expected"),
    [
        ("def f():\n    ", "pass", "python", ("pass",)),
        ("def f():", "\n    raise NotImplementedError\n", "python", ("raise NotImplementedError",)),
        ('class A:\n    def f(self):\n        """Do."""\n        ', "...", "python", ("...",)),
        ("def e():\n    ...\n\ndef f():\n    ", "pass", "python", ("...", "pass")),
        ("def e():\n    ...\n\ndef f():\n    ", "", "python", ("...",)),
        ("def e():\n    ...\n\ndef f():\n    ", "return 1", "python", ("...",)),
        ("def f():\n    ", "return 1", "python", ()),
        ("def f():\n    a = 1\n    ", "pass", "python", ()),
        ("@abstractmethod\ndef f():\n    ", "pass", "python", ()),
        ("while True:\n    ", "pass", "python", ()),
        ("def f():\n    ", "", "python", ()),
        ("function f() {\n  ", "throw Error('todo');", "javascript", ("throw Error('todo');",)),
        ("function f() {\n  ", "return 1;", "javascript", ()),
        ("def f():\n    ", "pass", "no such language", ()),
    ],
)
def test_what_would_make_a_stub_of_it_is_of_it_and_of_what_stands_near(
    before: str, text: str, language: str, expected: tuple[str, ...]
) -> None:
    after = "\n}\n" if language == "javascript" else "\n\n\ndef g():\n    return 2\n"
    hole = Hole(len(before), len(before + text))
    assert placeholders(before + text + after, hole, language) == expected


@pytest.mark.parametrize("far", [0, 20_000])
def test_a_method_is_one_however_far_its_class_begins(far: int) -> None:
    before = f"class A {{\n  all() {{\n{'    f();' * (far // 7)}\n  }}\n\n  size() {{\n    "
    text = "throw Error('todo');"
    assert len(before) < WHOLE_CHARACTERS
    hole = Hole(len(before), len(before + text))
    assert placeholders(f"{before}{text}\n  }}\n}}\n", hole, "javascript") == (text,)


@pytest.mark.parametrize(
    ("before", "after", "language", "shape", "expected"),
    [
        ("f() {\n  // TODO", "\n}\n", "javascript", "block", "\n"),
        ("f() {\n  // TODO: sum  ", "\n}\n", "javascript", "block", "\n"),
        ("f() {\n  /* to do */", "\n}\n", "javascript", "block", "\n"),
        ("f() {\n  // TODO", "\n}\n", "javascript", "line", ""),
        ("f() { // TODO\n", "\n}\n", "javascript", "block", ""),
        ("f() {\n  // TO", "DO\n}\n", "javascript", "block", ""),
        ("f() {", "\n  // TODO\n}\n", "javascript", "block", ""),
        ("function f() {\n  const a = '// TODO'", "\n}\n", "javascript", "block", ""),
        ("func f() {\n\t// TODO", "\n}\n", "go", "block", "\n"),
        ("def f():  # TODO", "\n\nx = 1\n", "python", "block", "\n"),
        ("f() {\n  // TODO", "\n}\n", "no such language", "block", ""),
        ("", "", "python", "block", ""),
    ],
)
def test_a_block_that_follows_a_comment_begins_below_it(
    before: str, after: str, language: str, shape: Shape, expected: str
) -> None:
    hole = Hole(len(before), len(before))
    request = InfillRequest(before + after, (hole,), language, shape=shape)
    assert own_line(request, hole) == expected


@pytest.mark.parametrize(
    ("text", "shape", "expected"),
    [
        ("\n    a = 1", "free", "\n"),
        ("\n    a = 1", "block", "\n"),
        ("a = 1", "free", ""),
        ("\n", "free", "\n"),
    ],
)
def test_lines_that_are_replaced_stay_lines(text: str, shape: Shape, expected: str) -> None:
    before = "def f():\n    # how many"
    hole = Hole(len(before), len(before) + len(text))
    request = InfillRequest(f"{before}{text}\n", (hole,), "no such language", shape=shape)
    assert own_line(request, hole) == expected
