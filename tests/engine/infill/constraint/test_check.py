"""Which check a request has, and fills of those who know no constraints."""

from dataclasses import replace

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.constraint.check import check_of, judged
from fillwright.engine.infill.constraint.matches import Matches, OneOf
from fillwright.engine.infill.constraint.parses import Parses
from fillwright.engine.request import Constraint, Hole, Infill, InfillRequest

FILL = Infill(("x + 1",), ((1.0,),), "settled", 1, 1, "draft", "a", "cpu")


def ask(constraint: Constraint) -> InfillRequest:
    return InfillRequest("y = \n", (Hole(4, 4),), "python", constraint=constraint)


def test_every_kind_has_its_check() -> None:
    assert check_of(ask(Constraint())) is None
    assert isinstance(check_of(ask(Constraint("parses"))), Parses)
    assert isinstance(check_of(ask(Constraint("regex", "a+"))), Matches)
    assert isinstance(check_of(ask(Constraint("one of", choices=("a",)))), OneOf)
    with pytest.raises(BadRequest, match="pattern"):
        check_of(ask(Constraint("regex", "(")))


@pytest.mark.parametrize(
    ("constraint", "finish"),
    [
        (Constraint(), "settled"),
        (Constraint("parses"), "settled"),
        (Constraint("regex", r"\w \+ \d"), "settled"),
        (Constraint("regex", r"\w"), "unmet"),
        (Constraint("one of", choices=("x", "x + 1")), "settled"),
        (Constraint("one of", choices=("x",)), "unmet"),
    ],
)
def test_a_fill_is_judged(constraint: Constraint, finish: str) -> None:
    assert judged(ask(constraint), FILL).finish == finish
    cancelled = replace(FILL, finish="cancelled")
    assert judged(ask(constraint), cancelled) == cancelled


def test_constraints_that_do_not_make_sense_are_refused() -> None:
    for wrong in (
        lambda: Constraint("regex"),
        lambda: Constraint("parses", pattern="a"),
        lambda: Constraint("one of"),
        lambda: Constraint(choices=("a",)),
    ):
        with pytest.raises(ValueError, match="constraint has"):
            wrong()
    with pytest.raises(ValueError, match="single hole"):
        InfillRequest("a b", (Hole(0, 1), Hole(2, 3)), "python", constraint=Constraint("parses"))
