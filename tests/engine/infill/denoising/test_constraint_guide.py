"""The guide with a form that knows brackets only, and in the loop with real text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from fillwright.engine.infill.constraint.check import check_of
from fillwright.engine.infill.denoising.constraint_guide import ConstraintGuide
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.request import Budget, Constraint, Draft, Hole, Infill, InfillRequest

Run = Callable[..., tuple[list[Draft], Infill]]
OPEN, CLOSE, WORD, OTHER, BAD, END = 1, 2, 3, 4, 5, 9
HOLES = [range(1, 9)]


@dataclass(frozen=True)
class Balanced:
    """Every OPEN is closed, no BAD is there, and something is."""

    def is_met(self, ids: Sequence[int]) -> bool:
        return bool(ids) and BAD not in ids and ids.count(OPEN) == ids.count(CLOSE)

    def endings(self, beginning: Sequence[int]) -> Iterator[list[int]]:
        yield [CLOSE] * (beginning.count(OPEN) - beginning.count(CLOSE))


def look(
    ids: list[int],
    sure: Sequence[float] = (),
    steps_left: int = 0,
    guide: ConstraintGuide | None = None,
) -> tuple[list[int], list[int]]:
    """The hole's tokens up to the end mark, and the refused rows, for a canvas of ten rows."""
    row = (ids + [END] * 8)[:8]
    confidence = [1.0, *(list(sure) + [1.0] * 8)[:8], 1.0]
    guide = guide or ConstraintGuide(Balanced(), (END,))
    guidance = guide.look(HOLES, [7, *row, 8], confidence, steps_left)
    assert (guidance.tokens[0], guidance.tokens[-1]) == (7, 8)
    hole = list(guidance.tokens[1:9])
    end = hole.index(END) if END in hole else 8
    assert set(hole[end:]) <= {END}
    return hole[:end], [row for row, refused in enumerate(guidance.refused) if refused]


@pytest.mark.parametrize("steps_left", [3, 0])
def test_what_meets_the_form_is_left_alone(steps_left: int) -> None:
    assert look([WORD, OPEN, CLOSE], steps_left=steps_left) == ([WORD, OPEN, CLOSE], [])


def test_rows_after_a_beginning_that_can_be_closed_are_refused() -> None:
    ids = [WORD, OPEN, OTHER, BAD, BAD]
    assert look(ids, [1, 1, 1, 0.1, 1], steps_left=3) == (ids, [4, 5])


def test_closers_are_written_where_nothing_else_is_missing() -> None:
    assert look([WORD, OPEN, OTHER], steps_left=3) == ([WORD, OPEN, OTHER, CLOSE], [])


def test_after_the_last_step_the_beginning_is_closed_and_ended() -> None:
    assert look([WORD, OPEN, OTHER, BAD, BAD], [1, 1, 1, 0.1, 1]) == (
        [WORD, OPEN, OTHER, CLOSE],
        [],
    )


def test_the_sure_beginning_comes_before_a_longer_one() -> None:
    ids = [WORD, OPEN, OTHER, OPEN, OTHER]
    assert look(ids, [1, 1, 0.1, 1, 1])[0] == [WORD, OPEN, CLOSE]
    assert look(ids)[0] == [*ids, CLOSE, CLOSE]


def test_what_does_not_fit_is_not_written() -> None:
    assert look([OPEN] * 8)[0] == [OPEN] * 4 + [CLOSE] * 4


def test_what_met_the_form_before_is_the_last_resort() -> None:
    guide = ConstraintGuide(Balanced(), (END,))
    look([WORD, OTHER], steps_left=2, guide=guide)
    assert look([BAD, WORD], guide=guide)[0] == [WORD, OTHER]
    assert look([BAD, WORD])[0] == [BAD, WORD]


def test_a_full_canvas_may_go_on_in_the_next() -> None:
    full = [WORD, CLOSE, OPEN, OTHER, WORD, WORD, OPEN, OPEN]
    following = ConstraintGuide(Balanced(), (END,), canvases=1)
    assert look(full, guide=following) == (full, [])
    last = following.after([OPEN])
    # what the canvases before have written counts
    assert look([WORD, CLOSE], guide=last) == ([WORD, CLOSE], [])
    assert look([WORD], guide=last)[0] == [WORD, CLOSE]


DOCUMENT = "def area(width, height):\n    return \n"
AT = DOCUMENT.index("\n", 30)


def ask(constraint: Constraint, **more: object) -> InfillRequest:
    return InfillRequest(
        DOCUMENT,
        (Hole(AT, AT),),
        "python",
        shape="line",
        constraint=constraint,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("decode", ["draft", "denoise", "draft+denoise"])
def test_a_text_that_parses_is_as_it_was(scripted: Callable, run: Run, decode: str) -> None:
    for constraint in (Constraint(), Constraint("parses")):
        infiller, _ = scripted(" width * height", decode)
        fill = run(infiller, ask(constraint))[1]
        assert (fill.texts, fill.finish, fill.decode) == (("width * height",), "settled", decode)


@pytest.mark.parametrize(
    ("decode", "text"),
    # of the beams of a draft one that parses is taken
    [("denoise", "list(width * height)"), ("draft", "list"), ("draft+denoise", "list")],
)
def test_a_text_that_does_not_parse_is_repaired(
    scripted: Callable, run: Run, decode: str, text: str
) -> None:
    infiller, _ = scripted(" list(width * height", decode)
    _, fill = run(infiller, ask(Constraint("parses")))
    assert fill.texts == (text,)
    assert fill.finish in ("settled", "budget")


def test_patterns_and_choices(scripted: Callable, run: Run) -> None:
    infiller, _ = scripted(" [width, height", "denoise")
    _, fill = run(infiller, ask(Constraint("regex", r"\[\w+(, \w+)*\]")))
    assert fill.texts == ("[width, height]",)
    document = "print(area())\n"
    at = document.index("())") + 1
    for decode in ("draft", "denoise"):
        infiller, _ = scripted("width * height", decode)
        some = Constraint("one of", choices=("height", "width"))
        request = InfillRequest(document, (Hole(at, at),), "python", constraint=some)
        assert run(infiller, request)[1].texts == ("width",)


def test_a_fill_that_cannot_meet_its_constraint_says_so(scripted: Callable, run: Run) -> None:
    for decode in ("draft", "denoise", "draft+denoise"):
        infiller, _ = scripted(" width", decode)
        assert run(infiller, ask(Constraint("regex", r"\d{90}")))[1].finish == "unmet"


def test_random_weights_meet_it_or_say_so(tiny: Infiller, run: Run) -> None:
    met = 0
    for seed in range(8):
        for constraint in (Constraint("parses"), Constraint("one of", choices=("width", "0"))):
            request = ask(constraint, seed=seed, decode="denoise", budget=Budget(tokens=12))
            fill = run(tiny, request)[1]
            check = check_of(request)
            assert check is not None
            assert check.is_met(fill.texts[0]) == (fill.finish != "unmet")
            met += fill.finish != "unmet"
    assert met >= 8
