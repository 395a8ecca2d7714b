import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.constraint.matches import Matches, OneOf

NUMBER = Matches.of(r"-?(0|[1-9]\d*)(\.\d+)?")


@given(st.text(alphabet="-0123.x", max_size=8))
def test_a_pattern_is_met_where_json_reads_a_number(text: str) -> None:
    try:
        is_number = not isinstance(json.loads(text), str) and "x" not in text
    except ValueError:
        is_number = False
    assert NUMBER.is_met(text) == is_number


def test_endings_close_what_is_open() -> None:
    pattern = Matches.of(r'\["\w+"\]')
    assert list(pattern.endings('["ab')) == ["", '"]']
    assert list(pattern.endings("x")) == []


def test_a_pattern_that_takes_for_ever_is_not_met() -> None:
    assert not Matches.of(r"(a+)+(b+)+(a+)+$").is_met("a" * 40 + "b" * 40 + "c" * 40)


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(BadRequest, match="pattern cannot be used"):
        Matches.of("(")


def test_one_of_some_texts() -> None:
    some = OneOf(("os.path", "os", "sys"))
    assert some.is_met("os")
    assert not some.is_met("os.")
    assert list(some.endings("os")) == [".path", ""]
    assert list(some.endings("x")) == []
