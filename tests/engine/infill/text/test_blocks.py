"""A block ends where a line begins left of it."""

import pytest

from fillwright.engine.infill.text.blocks import block_end, own_indentation

PYTHON = "\n    if x:\n\n        y = 1\n    return y\n\n\ndef other():\n"
BRACES = "\n  return x;\n}\n"
QUOTED = '\n    text = """\nleft of it\n"""\n    return text\nx = 1\n'


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (PYTHON, "\n    if x:\n\n        y = 1\n    return y"),
        (BRACES, "\n  return x;"),
        (QUOTED, '\n    text = """\nleft of it\n"""\n    return text'),
    ],
)
def test_what_leaves_the_block_is_no_part_of_it(text: str, kept: str) -> None:
    indentation = own_indentation(text)
    assert indentation
    assert text[: block_end(text, indentation)] == kept


@pytest.mark.parametrize("text", ["\n    return x\n", "\n    return x\n\n\n", "\n    x = 1\n# no"])
def test_where_no_line_leaves_it_nobody_knows_its_end(text: str) -> None:
    assert block_end(text, "    ") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [("\n\n\tx", "\t"), ("  \n  x", "  "), ("\nx", ""), (" x = 1\n    y", None), ("\n \n", None)],
)
def test_a_block_that_begins_on_a_line_of_its_own_has_an_indentation(
    text: str, found: str | None
) -> None:
    assert own_indentation(text) == found
