"""Control tokens in text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.templates import FAMILIES


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_token_of_a_family_is_seen_in_text(family):
    for token in (*family.stops, *family.also):
        assert family.marks.after_last(f"a {token} b") == " b"
        assert family.marks.before_first(f"a {token} b") == "a "


@pytest.mark.parametrize("mark", ["<|fim_middle|>", "<|turn>", "<turn|>", "<｜fim▁hole｜>"])
def test_tokens_that_are_nothing_else_are_seen_for_every_model(mark):
    assert Marks().before_first(f"a{mark}b{mark}") == "a"
    assert Marks().after_last(f"a{mark}b{mark}c") == "c"


@pytest.mark.parametrize(
    "code",
    [
        "if a < b and c > d:",
        "std::vector<std::pair<int, int>> x;",
        "x |> f <| y",
        "a <|> b",
        "usage: tool <filename>",
        "<s>struck</s> <PRE>",
        "f<|x| x + 1>",
        "[SUFFIX]",
    ],
)
def test_ordinary_code_has_none(code):
    assert Marks().before_first(code) == Marks().after_last(code) == code


@given(st.lists(st.sampled_from(["<|fim_prefix|>", "<|", "|>", "fim_suffix", "<fim_suffix>", "a"])))
def test_nothing_that_is_shown_has_one(parts):
    text, marks = "".join(parts), Marks()
    for shown in (marks.after_last(text), marks.before_first(text)):
        assert shown in text
        assert marks.before_first(shown) == shown
