"""What is left of a fill is as sure as the model would find it there."""

import pytest

from fillwright.engine.request import Certainty, Infill
from fillwright.lsp_server.fills.candidate import Candidate, candidates_of

# `self` and `.width` are one token each; together 0.4, with the end mark 0.32
FILL = Candidate("self.width", Certainty(0.36, 0.2, ((4, 0.5), (10, 0.4)), 0.32, 1.5, 3))


def test_what_was_typed_is_not_in_doubt_any_more() -> None:
    rest = FILL.remaining(".width").certainty
    assert rest is not None
    assert rest.beginnings == ((6, pytest.approx(0.8)),)
    assert rest.drafted == pytest.approx(0.32 / 0.5)
    assert rest.nothing == 0.0
    # calibrated it was likelier than the draft's own probability, and still is
    assert 0.64 < rest.whole < 1
    assert (rest.margin, rest.near) == (1.5, 3)


def test_half_a_token_says_only_that_something_is_missing() -> None:
    rest = FILL.remaining("lf.width").certainty
    assert rest is not None
    assert rest.drafted == pytest.approx(0.32 / 0.8)
    assert rest.beginnings == ((2, pytest.approx(0.5 / 0.8)), (8, pytest.approx(0.4 / 0.8)))


def test_a_rest_is_never_certain() -> None:
    sure = Candidate("ab", Certainty(0.99, 0.0, ((1, 0.5), (2, 0.5)), 0.5, 0.0, 1))
    rest = sure.remaining("b").certainty
    assert rest is not None
    assert rest.whole < 1
    assert all(probability < 1 for _, probability in rest.beginnings)


def test_what_was_deleted_stands_before_the_beginnings() -> None:
    longer = FILL.remaining("x = self.width").certainty
    assert longer is not None
    assert longer.beginnings == ((8, 0.5), (14, 0.4))
    assert longer.whole == 0.36


def test_the_same_text_is_the_same_candidate() -> None:
    assert FILL.remaining(FILL.text) == FILL
    assert Candidate("ab").remaining("b") == Candidate("b")


def test_only_the_first_candidate_has_a_certainty() -> None:
    infill = Infill(
        ("self.width",),
        ((0.9,),),
        "settled",
        1,
        1,
        "draft",
        "m",
        "cpu",
        {},
        (("other",),),
        certainty=FILL.certainty,
    )
    assert candidates_of(infill) == (FILL, Candidate("other"))
