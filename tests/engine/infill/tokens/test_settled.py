import pytest

from fillwright.engine.infill.tokens.settled import settled_ids, settled_ranges, settled_tokens
from fillwright.engine.infill.tokens.tokenizer import Spelling

ABC = Spelling("aabbcc", (2, 4, 6))


@pytest.mark.parametrize(
    ("accepted", "kept", "ranges"),
    [
        ((False, False, False), range(6), ()),
        ((True, True, True), range(6), ((0, 6),)),
        ((True, False, True), range(6), ((0, 2), (4, 6))),
        ((False, True, True), range(6), ((2, 6),)),
        ((True, True, True), range(2, 5), ((0, 3),)),
        ((True, False, True), range(3, 4), ()),
        ((True, True, True), range(6, 6), ()),
    ],
)
def test_settled_tokens_make_ranges_of_what_is_kept(
    accepted: tuple[bool, ...], kept: range, ranges: tuple[tuple[int, int], ...]
) -> None:
    assert settled_ranges(ABC, accepted, kept) == ranges


@pytest.mark.parametrize(("first", "ranges"), [(True, ((0, 2),)), (False, ((1, 2),))])
def test_a_character_is_settled_when_all_its_tokens_are(
    first: bool, ranges: tuple[tuple[int, int], ...]
) -> None:
    emoji_and_letter = Spelling("😀b", (0, 0, 0, 1, 2))
    accepted = (first, True, True, True, True)
    assert settled_ranges(emoji_and_letter, accepted, range(2)) == ranges


def test_no_tokens_settle_nothing() -> None:
    assert settled_ranges(Spelling("", ()), (), range(0)) == ()


@pytest.mark.parametrize(
    ("ranges", "ids"),
    [
        ((), (False, False, False)),
        (((0, 6),), (True, True, True)),
        (((0, 2), (4, 6)), (True, False, True)),
        (((1, 5),), (False, True, False)),
        (((0, 1), (3, 6)), (False, False, True)),
    ],
)
def test_a_token_is_settled_when_all_its_characters_are(
    ranges: tuple[tuple[int, int], ...], ids: tuple[bool, ...]
) -> None:
    assert settled_ids(ABC, ranges) == ids


def test_settled_tokens_have_their_probabilities() -> None:
    accepted, sure = (True, False, True), (0.5, 0.75, 0.1234)
    assert settled_tokens(ABC, accepted, sure, range(6)) == ((0, 2, 0.5), (4, 6, 0.123))
    assert settled_tokens(ABC, accepted, sure, range(1, 5)) == ((0, 1, 0.5), (3, 4, 0.123))
    assert settled_tokens(ABC, accepted, sure, range(2, 4)) == ()


def test_a_token_that_spells_nothing_is_not_settled() -> None:
    assert settled_ids(Spelling("ab", (1, 1, 2)), ((0, 2),)) == (True, False, True)
