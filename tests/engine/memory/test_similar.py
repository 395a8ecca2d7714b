"""The pieces most like a place: those that a search through every stream finds."""

import math
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.memory import similar
from fillwright.engine.memory.contexts import SortedContexts, Store
from fillwright.engine.memory.similar import Piece, most_similar

VOCABULARY = 12
STREAMS = st.lists(st.lists(st.integers(0, VOCABULARY - 1), max_size=40), min_size=1, max_size=5)
AROUND = st.lists(st.integers(0, VOCABULARY - 1), max_size=8)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of six tokens, and no token too common."""
    monkeypatch.setattr(similar, "STEP", 3)
    monkeypatch.setattr(similar, "COMMON", 1_000)


def store_of(streams: Sequence[Sequence[int]], out: Sequence[int] = ()) -> Store:
    contexts = SortedContexts.of(streams, VOCABULARY)
    return Store(contexts, tuple(contexts.spans[number] for number in out))


def naive(
    streams: Sequence[Sequence[int]], around: Sequence[int], rarity: dict[int, float]
) -> list[float]:
    """What every piece of every stream has in common with a place."""
    return [
        sum(rarity[token] for token in set(around) & set(stream[start : start + 6]))
        for stream in streams
        for start in range(0, len(stream), 3)
    ]


def scores(pieces: Sequence[Piece], around: Sequence[int], rarity: dict[int, float]) -> list[float]:
    return [sum(rarity[token] for token in set(around) & set(piece.tokens)) for piece in pieces]


@given(STREAMS, AROUND)
def test_the_best_piece_is_what_a_search_finds_and_the_others_follow(
    streams: list[list[int]], around: list[int]
) -> None:
    stores = [store_of(streams[:2]), store_of(streams[2:])]
    size = sum(len(each.contexts.tokens) for each in stores)
    counts = Counter(token for stream in streams for token in stream)
    rarity = {token: math.log(size / count) for token, count in counts.items()}
    rarity = {token: rarity.get(token, 0.0) for token in range(VOCABULARY)}
    found = list(most_similar(stores, around))
    best = max(naive(streams, around, rarity), default=0)
    got = scores(found, around, rarity)
    assert (got[0] if got else 0) == pytest.approx(best)
    assert got == pytest.approx(sorted(got, reverse=True))


@given(STREAMS, AROUND)
def test_no_pieces_overlap_and_none_reaches_across_two_streams(
    streams: list[list[int]], around: list[int]
) -> None:
    seen = set[int]()
    for piece in most_similar([store_of(streams)], around):
        start, stop = piece.store.contexts.spans[piece.stream]
        assert start <= piece.start < piece.stop <= stop
        assert seen.isdisjoint(range(piece.start, piece.stop))
        seen.update(range(piece.start, piece.stop))
        tokens = piece.store.contexts.tokens.tolist()
        assert piece.tokens_before(2) == tokens[max(start, piece.start - 2) : piece.start]
        assert piece.is_last == (piece.stop == stop)


def test_what_is_left_out_is_no_piece() -> None:
    streams = [[1, 2, 3], [1, 2, 4]]
    found = [piece.stream for piece in most_similar([store_of(streams)], [1, 2, 3])]
    assert found == [0, 1]
    found = [piece.stream for piece in most_similar([store_of(streams, out=[0])], [1, 2, 3])]
    assert found == [1]


def test_what_stands_everywhere_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of([[1] * 50, [1, 2]])
    assert {piece.stream for piece in most_similar([store], [1])} == {0, 1}
    monkeypatch.setattr(similar, "COMMON", 10)
    assert list(most_similar([store], [1])) == []
    assert [piece.stream for piece in most_similar([store], [1, 2])] == [1]
