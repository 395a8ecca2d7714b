from dataclasses import replace

from fillwright.engine.infill.masked.preferring import best_first, likelihood
from fillwright.engine.request import Hole, Infill, InfillRequest

DOCUMENT = "def area(width, height):\n    \n"
REQUEST = InfillRequest(DOCUMENT, (Hole(29, 29),), "python")


def fill(text: str, *sure: float) -> Infill:
    return Infill((text,), (sure,), "settled", len(sure), 1, "denoise", "m", "cpu")


def order(*fills: Infill, request: InfillRequest = REQUEST) -> list[str]:
    return [each.texts[0] for each in best_first(request, fills)]


def test_code_that_parses_comes_first_however_unlikely() -> None:
    assert order(fill("return width *", 0.9), fill("return width", 0.1)) == [
        "return width",
        "return width *",
    ]


def test_then_code_whose_names_are_bound() -> None:
    assert order(fill("return size", 0.9), fill("return width", 0.1)) == [
        "return width",
        "return size",
    ]


def test_then_what_several_say_and_then_the_likelier() -> None:
    twice = fill("return width", 0.2)
    once, likely = fill("return height", 0.3), fill("return height * 2", 0.9, 0.8)
    assert order(once, twice, likely, twice)[:3] == [
        "return width",
        "return width",
        "return height * 2",
    ]


def test_nothing_comes_last_although_it_parses() -> None:
    assert order(fill("  ", 0.9), fill("return (", 0.1)) == ["return (", "  "]


def test_without_a_grammar_the_likelihood_decides() -> None:
    request = replace(REQUEST, language="cobol")
    assert order(fill("a b", 0.5, 0.5), fill("c", 0.3), request=request) == ["c", "a b"]


def test_an_impossible_token_is_no_error() -> None:
    assert likelihood(fill("x", 0.0)) < -20
