"""Where two texts differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.infill.text.changed_words import changed_words


@pytest.mark.parametrize(
    ("before", "after", "own", "new"),
    [
        ("return width\n", "return height\n", "width", "height"),
        ("x = widths", "x = wides", "widths", "wides"),
        ("if a <= b:", "if a < b:", "<=", "<"),
        ("if a < b:", "if a <= b:", "<", "<="),
        ("f(a, b)", "f(b, b)", "a", "b"),
        ("a + b", "a - b", "+", "-"),
        ("not a", "a", "not ", ""),
        ("aa", "aaa", "aa", "aaa"),
        ("same", "same", "", ""),
    ],
)
def test_words_and_operators_are_whole(before: str, after: str, own: str, new: str) -> None:
    place, text = changed_words(before, after)
    assert (before[place.start : place.stop], text) == (own, new)


@given(st.text("ab<= ("), st.text("ab<= ("))
def test_the_change_makes_the_one_of_the_other(before: str, after: str) -> None:
    place, text = changed_words(before, after)
    assert before[: place.start] + text + before[place.stop :] == after
