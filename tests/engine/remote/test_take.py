"""A fill as it comes, piece by piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.question import Piece
from fillwright.engine.remote.take import Hole, Take
from tests.engine.remote.conftest import request_for


def begun(marked="a = ‸\n", shape="line", tokens=32):
    request = request_for(marked, shape)
    return Take(Hole(Seams.of(request, lambda lead: False), Marks(), tokens))


def taken(take, *pieces):
    for piece in pieces:
        take = take.then(Piece(*piece) if isinstance(piece, tuple) else Piece(piece))
    return take


def test_a_line_is_over_at_its_end():
    take = taken(begun(), "len", "(x)")
    assert (take.fill, take.end) == ("len(x)", None)
    take = take.then(Piece("\nmore"))
    assert (take.fill, take.end, take.is_cut) == ("len(x)", "enough", False)


def test_a_line_that_may_still_go_on_is_not_over():
    source = "def f():\n    ‸\n    return total\n"
    take = taken(begun(source, "free"), "a = 1\n    return total")
    assert take.end is None
    assert taken(take, " + 1").end is None
    assert taken(take, "\n").end == "enough"


def test_a_control_token_ends_it_and_is_not_in_it():
    take = taken(begun(), "len(x)", "<|fim_", "middle|>def")
    assert (take.fill, take.end) == ("len(x)", "stop")


def test_a_server_that_does_not_stop_is_stopped():
    take = begun(tokens=2)
    for number in range(100):
        if take.end is not None:
            break
        take = take.then(Piece(f"a{number}, "))
    assert take.end == "length"
    assert len(take.text) < 50


def test_scores_are_of_the_tokens_that_stay():
    pieces = [("len", (-0.1,)), ("(x)", (-0.2,)), ("\nfoo", (-3.0,))]
    take = taken(begun(), *pieces)
    assert take.scores(len(take.fill)) == [(3, -0.1), (6, -0.2)]
    assert take.scores(4) == [(3, -0.1), (4, -0.2)]
    assert taken(begun(), "x").scores(1) == []


@pytest.mark.parametrize("end", ["stop", "length"])
def test_the_servers_own_end_is_kept(end):
    assert begun().then(Piece("x", None, end)).closed().end == end
    assert begun().then(Piece("x")).closed().end == "stop"


@given(st.lists(st.text(alphabet="ab \n\r\t\x00)é\ud800<|>", max_size=6), max_size=12))
def test_whatever_comes_the_fill_can_stand_in_a_file(texts):
    take = begun("f(‸)\n", "free")
    for text in texts:
        take = take.then(Piece(text))
    assert take.fill in take.text
    assert "\r" not in take.fill
    assert "\x00" not in take.fill
    take.fill.encode()
