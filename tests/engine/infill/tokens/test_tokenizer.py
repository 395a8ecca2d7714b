from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer

PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"))


@given(text=PLAIN_TEXT)
def test_text_comes_back_from_its_ids(tokenizer: CodeTokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(text=PLAIN_TEXT)
def test_a_spelling_says_where_each_token_ends(tokenizer: CodeTokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    spelling = tokenizer.spell(ids)
    assert list(spelling.ends) == list(accumulate(spelling.ends, max))
    for count, end in enumerate(spelling.ends, 1):
        assert tokenizer.decode(ids[:count]) == text[:end]


@given(text=PLAIN_TEXT, characters=st.integers(0, 30))
def test_tokens_of_are_the_fewest_that_hold_the_characters(
    tokenizer: CodeTokenizer, text: str, characters: int
) -> None:
    characters = min(characters, len(text))
    ids = tokenizer.encode(text)
    count = tokenizer.spell(ids).tokens_of(characters)
    assert len(tokenizer.decode(ids[:count])) >= characters
    assert count == 0 or len(tokenizer.decode(ids[: count - 1])) < characters


def test_half_a_character_gives_no_text(tokenizer: CodeTokenizer) -> None:
    ids = tokenizer.encode("a😀b")
    assert len(ids) == 6
    assert [tokenizer.decode(ids[:count]) for count in range(1, 7)] == ["a"] * 4 + ["a😀", "a😀b"]
    assert tokenizer.decode([*ids[:3], ids[0], ids[0]]) == "aaa"


def test_a_combining_character_stays_with_its_letter_as_it_was(tokenizer: CodeTokenizer) -> None:
    for text in ("e\u0301", "\u00e9", "👩\u200d👧", "\ufeffx"):
        assert tokenizer.decode(tokenizer.encode(text)) == text


def test_special_tokens_in_ordinary_text_are_ordinary_text(tokenizer: CodeTokenizer) -> None:
    text = "a <eos> <suffix><middle> b"
    ids = tokenizer.encode(text)
    assert not set(ids) & tokenizer.special_ids
    assert tokenizer.decode(ids) == text


def test_special_tokens_have_ids_but_no_text(tokenizer: CodeTokenizer) -> None:
    mark = tokenizer.special("<eos>")
    assert mark in tokenizer.special_ids
    assert tokenizer.texts[mark] == ""
    assert tokenizer.decode([mark, *tokenizer.encode("x"), mark]) == "x"


def test_an_unpaired_surrogate_is_encoded_as_a_broken_character(tokenizer: CodeTokenizer) -> None:
    assert tokenizer.encode("a\ud800b") == tokenizer.encode("a\ufffdb")


@pytest.mark.parametrize("start", ["\n", "\n    ", " ", "re"])
def test_tokens_are_found_by_their_first_characters(tokenizer: CodeTokenizer, start: str) -> None:
    found = tokenizer.starting_with(start)
    assert found
    assert set(found) == {i for i, text in enumerate(tokenizer.texts) if text.startswith(start)}
    assert tokenizer.starts_a_token(start)
    assert not tokenizer.starts_a_token(start + "\u1234")


@pytest.mark.parametrize("end", ["\n", "n", "rn", "():"])
def test_tokens_are_found_by_their_last_characters(tokenizer: CodeTokenizer, end: str) -> None:
    found = tokenizer.ending_with(end)
    assert set(found) == {i for i, text in enumerate(tokenizer.texts) if text.endswith(end)}


def test_tokens_that_begin_a_text_leave_some_of_it(tokenizer: CodeTokenizer) -> None:
    found = tokenizer.beginning(" return")
    assert found
    assert {tokenizer.texts[i] for i in found} <= {" return"[:end] for end in range(1, 7)}
    assert tokenizer.beginning(" ") == []


def test_the_ids_that_show_characters(tokenizer: CodeTokenizer) -> None:
    ids = tokenizer.encode("return number")
    spelling = tokenizer.spell(ids)
    first = spelling.ends[0]
    assert spelling.showing(range(0)) == range(0)
    assert spelling.showing(range(len(spelling.text))) == range(len(ids))
    assert spelling.showing(range(first, len(spelling.text))) == range(1, len(ids))
    assert spelling.showing(range(first - 1, first + 1)) == range(2)


def test_line_ends_are_the_tokens_with_a_line_end(tokenizer: CodeTokenizer) -> None:
    ids = tokenizer.encode("if x:\n    y\n\n\tz")
    ends = [tokenizer.texts[i] for i in ids if i in tokenizer.line_ends]
    assert ends == [text for i in ids if "\n" in (text := tokenizer.texts[i])] != []


def test_a_special_token_that_is_missing_is_named(tokenizer: CodeTokenizer) -> None:
    with pytest.raises(CheckpointError, match=r"<bos_token>.*use the checkpoint's own tokenizer"):
        tokenizer.special("<bos_token>")
