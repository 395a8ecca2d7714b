"""Constraints on fills of servers that know none: by scripted fills, and by a server of OpenAI's
kind over its real connection."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.remote.constrained import ROUNDS, Filling, constrained
from fillwright.engine.request import Constraint, Draft, Infill, InfillRequest
from tests.engine.remote.conftest import fill_of, request_for, serving

PARSES = Constraint("parses")


def filling(*texts: str, others: tuple[str, ...] = ()) -> tuple[Callable[..., Filling], list[Any]]:
    """A model that writes these texts, one after another, and the requests that it got."""
    asked: list[InfillRequest] = []

    def fill(request: InfillRequest) -> Filling:
        asked.append(request)
        text = texts[len(asked) - 1]
        yield Draft(1, 0, (text,), ((),))
        alternatives = tuple((other,) for other in others)
        return Infill((text,), ((0.5,),), "settled", 1, 1, "x", "m", "cpu", {}, alternatives)

    return fill, asked


def result(
    request: InfillRequest, fill: Callable[..., Filling], stop: Callable[[], bool] = lambda: False
) -> Infill:
    def run() -> Iterator[Infill]:
        yield (yield from constrained(request, fill, stop))  # type: ignore[misc]

    *_, found = run()
    return found


def wanted(constraint: Constraint, marked: str = "a = ‸\nb = 1\n") -> InfillRequest:
    request: InfillRequest = request_for(marked, constraint=constraint, seed=7)
    return request


def test_a_fill_that_meets_its_constraint_is_asked_for_once() -> None:
    fill, asked = filling("len(x)")
    found = result(wanted(PARSES), fill)
    assert (found.texts, found.finish, found.confidences) == (("len(x)",), "settled", ((0.5,),))
    assert len(asked) == 1


def test_what_follows_a_good_beginning_is_asked_for_again_with_other_noise() -> None:
    fill, asked = filling("len(x) + )(", " + 2")
    found = result(wanted(PARSES), fill)
    assert found.texts == ("len(x) + 2",)
    again = asked[1]
    assert again.document == "a = len(x)\nb = 1\n"
    assert again.holes[0].start == again.holes[0].end == len("a = len(x)")
    assert again.seed != asked[0].seed


def test_after_the_last_round_the_beginning_is_closed() -> None:
    fill, asked = filling("f([1, 2 = =", " = =", " = =")
    found = result(wanted(PARSES), fill)
    assert (found.texts, found.finish) == (("f([1, 2])",), "settled")
    assert len(asked) == ROUNDS + 1


def test_another_candidate_that_meets_it_is_taken_first() -> None:
    fill, asked = filling(") = (", others=("]", "y"))
    found = result(wanted(PARSES), fill)
    assert (found.texts, len(asked)) == (("y",), 1)


def test_what_cannot_meet_it_says_so() -> None:
    fill, _ = filling("one", "two", "three")
    found = result(wanted(Constraint("regex", pattern=r"\d\d")), fill)
    assert found.finish == "unmet"


@pytest.mark.parametrize("text", ["blu", "", "green"])
def test_one_of_some_texts(text: str) -> None:
    fill, _ = filling(text, "", "")
    found = result(wanted(Constraint("one of", choices=("red", "blue"))), fill)
    assert found.texts[0] == ("blue" if text == "blu" else "red")


def test_nothing_more_is_asked_for_when_time_is_up() -> None:
    fill, asked = filling("f([1, 2 = =")
    found = result(wanted(PARSES), fill, stop=lambda: True)
    assert (found.texts, len(asked)) == (("f([1, 2])",), 1)


def test_a_pattern_that_is_none_is_refused() -> None:
    fill, asked = filling("x")
    with pytest.raises(BadRequest, match="pattern"):
        result(wanted(Constraint("regex", pattern="(")), fill)
    assert not asked


def test_over_a_real_connection(server: Any, connected: Any) -> None:
    serving(server, "f([1, 2 = =")
    fill = fill_of(connected(server.url, samples=1), wanted(PARSES))
    assert fill.texts[0].startswith("f([1")
    assert fill.finish in ("settled", "budget")
    compile(f"a = {fill.texts[0]}\nb = 1\n", "there", "exec")
