import pytest

from fillwright.engine.infill.text.repetition import repetition_start


@pytest.mark.parametrize(
    ("fill", "kept"),
    [
        ("\n    a = 1\n    a = 1\n    a = 1\n    a =", "\n    a = 1"),
        ("\n    a = 1\n    a = 1\n    a = 1", "\n    a = 1"),
        ("x\ny\nz\ny\nz\ny\nz", "x\ny\nz"),
        ("first\nloop()\nloop()\nloop()", "first\nloop()"),
        ("a\nb\nc\nd\na\nb\nc\nd\na\nb\nc\nd\na", "a\nb\nc\nd"),
        ("return len(len(len(", "return len("),
        ("\n    return len(len(len(le", "\n    return len("),
        ("x = a[i][a[i][a[i][a", "x = a[i]["),
        ("self.a" + ".a" * 8, "self.a"),
        ("x = None" + ", None" * 8, "x = None,"),
    ],
)
def test_copies_at_the_end_go_and_the_first_stays(fill: str, kept: str) -> None:
    assert fill[: repetition_start(fill)] == kept


@pytest.mark.parametrize(
    "fill",
    [
        "",
        "\n    return a",
        "\n    step()\n    step()",
        "\n    step()\n    step()\n    step()\n    return",
        "a\n\n\n\n\n",
        "x = [\n    0,\n    1,\n]",
        "f(f(",
        "f(f(f(x)))",
        "x = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0",
        "print('=' * 10, '==================')",
        "(a), (a), (a), (a)",
        "a, b = None, None",
        "                        x",
    ],
)
def test_what_is_no_circle_stays_whole(fill: str) -> None:
    assert repetition_start(fill) == len(fill)
