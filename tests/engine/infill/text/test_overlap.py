import pytest

from fillwright.engine.infill.text.overlap import overlap_start

CUT = {
    "the closer that stands there": ("print(", "f(x))", ")", "f(x)"),
    "two closers": ("print(f(", "x))", "))", "x"),
    "one of two closers": ("print(f(", "x))", ")", "x)"),
    "quote and closer": ('print("', 'hello")', '")', "hello"),
    "the quote alone": ('print("', 'hello"', '")', "hello"),
    "a docstring's end": ('    """', 'Say so."""', '"""\n', "Say so."),
    "more than the closer": ("total = (", "a + b) * rate", ") * rate", "a + b"),
    "the next line": ("def f():", "\n    x = 1\n    return x", "\n    return x\n", "\n    x = 1"),
    "the next line, and what goes on from there": (
        "def f():",
        "\n    return 1\n\n\ndef g():\n    return 2",
        "\n\n\ndef g():\n    return 3\n",
        "\n    return 1",
    ),
    "blank lines that are missing stay": (
        "def f():",
        "\n    return 1\n\n\ndef g():",
        "\ndef g():\n",
        "\n    return 1\n\n",
    ),
    "the lead's own line": ("def f():", "\n    return x", "\n    return x\n", ""),
}
KEPT = {
    "a call's own closer": ("print(", "f(x)", ")"),
    "a closer of the prefix's bracket": ("print(f(", "x)", ")"),
    "closers and nothing after": ("print(f(x", "))", ""),
    "a string before a string": ("x = [", '"a", ', '"b"]'),
    "a whole string before a string": ("x = (", '"a"', '"b")'),
    "a bracket in a string": ("print(", '")"', ")"),
    "an escaped quote": ('print("', 'say \\"', '")'),
    "a deeper line that reads the same": (
        "def f(x):",
        "\n    if x:\n        return x",
        "\n    return x\n",
    ),
    "a short line": ("[", "\n    1,\n]\nx = [", "\n]\n"),
    "the line the hole is in": ("x = ", "return x", " return x"),
    "nothing": ("", "", ""),
    "an apostrophe in a comment": ("# don't\nprint(", "f(x)", ")"),
}


@pytest.mark.parametrize("case", CUT.values(), ids=CUT.keys())
def test_what_the_suffix_says_again_is_cut(case: tuple[str, str, str, str]) -> None:
    before, fill, after, kept = case
    assert fill[: overlap_start(before, fill, after)] == kept


@pytest.mark.parametrize("case", KEPT.values(), ids=KEPT.keys())
def test_what_only_looks_alike_stays(case: tuple[str, str, str]) -> None:
    before, fill, after = case
    assert fill[: overlap_start(before, fill, after)] == fill
