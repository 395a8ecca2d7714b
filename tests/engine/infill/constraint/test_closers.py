import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.infill.constraint.closers import closers


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("", ""),
        ("f(a[1", "])"),
        ("f(a[1])", ""),
        ("{'a': (", ")}"),
        ("print('it\\'s", "')"),
        ("f(')', [", "])"),
        ("a)b(", ")"),
    ],
)
def test_what_is_open_is_closed(text: str, closing: str) -> None:
    assert closers(text) == closing


@given(st.recursive(st.integers(), lambda inner: st.lists(inner) | st.tuples(inner, inner)))
def test_every_beginning_of_a_value_can_be_closed(value: object) -> None:
    text = repr(value)
    ast.literal_eval(text)
    for end in range(len(text) + 1):
        beginning = text[:end]
        assert closers(beginning + closers(beginning)) == ""
    assert closers(text) == ""
