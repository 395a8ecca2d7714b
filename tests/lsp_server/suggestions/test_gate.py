"""What passes the gate: whole fills that are sure, sure beginnings, and no noise."""

from dataclasses import replace

import pytest

from fillwright.engine.request import Certainty
from fillwright.lsp_server.fills.candidate import Candidate
from fillwright.lsp_server.suggestions.gate import GATES, Gate, says_nothing_new
from fillwright.lsp_server.text.changes import TextChange
from fillwright.lsp_server.text.documents import Document
from fillwright.lsp_server.text.reasons import Reason

GATE = Gate(whole=0.3, beginning=0.6)
SURE = Certainty(0.3, 0.0, (), 0.2, 0.0, 1)
UNSURE = Certainty(0.29, 0.1, (), 0.2, 0.0, 1)


def passing(
    before: str, text: str, certainty: Certainty | None, shown: str | None = None
) -> TextChange | Reason:
    """What may be shown after `before` of a fill that would be `shown`."""
    document = Document.of(f"{before}\nx\n", "plaintext")
    ghost = TextChange(len(before), len(before), text if shown is None else shown)
    return GATE.passing(document, len(before), Candidate(text, certainty), ghost)


def code(outcome: TextChange | Reason) -> str:
    assert isinstance(outcome, Reason)
    return outcome.code


def text(outcome: TextChange | Reason) -> str:
    assert isinstance(outcome, TextChange)
    return outcome.text


def test_a_fill_that_is_sure_enough_is_shown_whole() -> None:
    assert text(passing("self.", "width", SURE)) == "width"
    assert code(passing("self.", "width", UNSURE)) == "unsure"


def test_an_engine_that_cannot_say_is_not_gated() -> None:
    assert text(passing("self.", "width", None)) == "width"


def test_where_likely_nothing_is_missing_nothing_is_shown() -> None:
    assert code(passing("x = 1", " + y", replace(UNSURE, nothing=0.4))) == "finished"
    assert code(passing("x = 1", " + y", replace(SURE, nothing=0.4))) == "finished"
    assert text(passing("x = 1", " + y", replace(SURE, nothing=0.2))) == " + y"


def test_the_beginning_that_is_sure_is_shown_up_to_a_words_end() -> None:
    beginnings = ((5, 0.95), (12, 0.8), (13, 0.7), (17, 0.61), (18, 0.4))
    # "width", "height" cut before its last letter, a sign, a word
    unsure = replace(UNSURE, beginnings=((5, 0.95), (8, 0.9), (14, 0.5)))
    assert text(passing("self.", "width, height", unsure)) == "width"
    unsure = replace(UNSURE, beginnings=beginnings)
    assert text(passing("self.", "width+height(wide)", unsure)) == "width+height(wide"
    assert code(passing("self.", "width", replace(UNSURE, beginnings=((5, 0.59),)))) == "unsure"


def test_a_beginning_of_signs_or_two_letters_is_not_worth_a_look() -> None:
    for said, end in (("()", 2), ("ab + cd", 2), ("== (", 4)):
        assert code(passing("x", said, replace(UNSURE, beginnings=((end, 0.9),)))) == "unsure"


def test_a_beginning_is_inserted_and_takes_nothing_away() -> None:
    document = Document.of("f(a)\n", "plaintext")
    ghost = TextChange(2, 4, "width, a)")
    candidate = Candidate("width, a)", replace(UNSURE, beginnings=((5, 0.9), (9, 0.2))))
    assert GATE.passing(document, 2, candidate, ghost) == TextChange(2, 2, "width")


def test_a_beginning_is_found_in_what_was_laid_out_otherwise() -> None:
    said = "\n  total = 0\n  return total"
    shown = "\n\t\ttotal = 0\n\t\treturn total"
    unsure = replace(UNSURE, beginnings=((12, 0.8), (27, 0.2)))
    assert text(passing("def f():", said, unsure, shown)) == "\n\t\ttotal = 0"
    assert code(passing("def f():", said, unsure, "\n\t\tother")) == "unsure"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("add_parser(", ")"),
        ("result.push(x", ");"),
        ("parser =", " parser"),
        ("  const size = ", "size"),
        ("x := ", "x"),
        ("return total", " total"),
    ],
)
def test_what_says_nothing_new_is_never_shown(before: str, said: str) -> None:
    assert code(passing(before, said, replace(SURE, whole=0.99))) == "says-nothing-new"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("self.width = ", "width"),
        ("f(name=", "name"),
        ("x = ", "x + 1"),
        ("if a == ", "a"),
        ("for (;;) ", "{"),
        ("import ", "os"),
        ("subtotal", " = total"),
        ("x = sub", "total"),
    ],
)
def test_what_says_something_is_not_noise(before: str, said: str) -> None:
    assert not says_nothing_new(before, said)


def test_the_quieter_the_surer() -> None:
    both = [GATES["eager"], GATES["normal"], GATES["quiet"]]
    for eager, normal, quiet in ([each.line for each in both], [each.block for each in both]):
        assert eager.whole < normal.whole < quiet.whole
        assert eager.beginning <= normal.beginning <= quiet.beginning
    assert all(each.line.beginning < each.block.beginning for each in both)
