"""How sure one may be: neither everything nor nothing passes the gate."""

import pytest

from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.remote.certainty import certainty_of
from fillwright.engine.remote.marks import Marks
from fillwright.engine.remote.question import Piece
from fillwright.engine.remote.take import Hole, Take
from fillwright.lsp_server.fills.candidate import Candidate
from fillwright.lsp_server.suggestions.gate import GATES
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document

SEAMS = Seams("a = ", ("",), (), "", "\n", ("",), True, "")


def take(text, *scores):
    started = Take(Hole(SEAMS, Marks(), 32))
    return started.then(Piece(text, scores or None, "stop"))


@pytest.mark.parametrize(
    ("text", "others", "against", "whole"),
    [
        ("len(x)", [], 0, 0.5),
        ("len(x)", [], 1, 0.15),
        ("len(x)", ["len(x)"], 0, 0.75),
        ("len(x)", [" len(x) "], 0, 0.75),
        ("len(x)", ["len(y)"], 0, 0.25),
        ("len(x)", ["len(x)", "len(y)"], 0, 0.5),
        ("len(x)", ["len(x)"], 1, 0.225),
    ],
)
def test_agreement_and_faults_make_a_probability(text, others, against, whole):
    certainty = certainty_of(take(text), [take(other) for other in others], against)
    assert certainty.whole == pytest.approx(whole)
    assert certainty.near == 1 + len(others)


def test_a_beginning_is_as_sure_as_those_that_begin_so():
    certainty = certainty_of(take("len(x)"), [take("len(y)")], 0)
    assert certainty.beginnings == ((3, 0.75), (4, 0.75), (5, 0.25), (6, 0.25))


def test_where_others_say_nothing_nothing_may_be_missing():
    assert certainty_of(take("x"), [take("")], 0).nothing == 0.5
    assert certainty_of(take(""), [], 0).nothing == 1.0
    assert certainty_of(take("", -0.1), [], 0).nothing == 1.0


@pytest.mark.parametrize(
    ("others", "against", "shown"),
    [
        (["len(x)"], 0, "len(x)"),
        (["len(y)"], 0, "len("),
        (["sum(y)"], 0, None),
        (["len(x)"], 1, None),
        ([], 0, "len(x)"),
        ([], 1, None),
        (["", ""], 0, None),
    ],
)
def test_the_gate_shows_what_is_agreed_on(others, against, shown):
    certainty = certainty_of(take("len(x)"), [take(other) for other in others], against)
    document = Document.of("a = \n", "python")
    ghost = TextChange(4, 4, "len(x)")
    passed = GATES["normal"].line.passing(document, 4, Candidate("len(x)", certainty), ghost)
    assert getattr(passed, "text", None) == shown
