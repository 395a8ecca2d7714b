"""Several holes in turn, with a writer whose fills are known."""

from collections.abc import Generator
from dataclasses import replace

from fillwright.engine.infill.sequential import one_by_one
from fillwright.engine.request import Draft, Finish, Hole, Infill, InfillRequest

DOCUMENT = "a = 1\nb = 2\nc = 3\n"
REQUEST = InfillRequest(DOCUMENT, (Hole(4, 5), Hole(10, 11), Hole(16, 16)), "python")


class Writer:
    """Writes `fills` in turn, a draft before each; remembers what it was asked."""

    def __init__(self, fills: list[str], finishes: list[Finish]) -> None:
        self.fills, self.finishes = fills, finishes
        self.asked: list[InfillRequest] = []

    def __call__(self, request: InfillRequest) -> Generator[Draft, None, Infill]:
        number = len(self.asked)
        self.asked.append(request)
        text = self.fills[number]
        yield Draft(2, 5, (text[:1],), (((0, 1),),))
        return Infill(
            texts=(text,),
            confidences=((0.5, 0.25)[: number + 1],),
            finish=self.finishes[number],
            tokens=number + 1,
            steps=3,
            decode="draft",
            model="known",
            device="cpu",
            timings_ms={"draft": 10.0, "total": 20.0 * (number + 1)},
        )


def results(writer: Writer) -> tuple[list[Draft], Infill]:
    drafts, writing = [], one_by_one(REQUEST, writer)
    while True:
        try:
            drafts.append(next(writing))
        except StopIteration as finished:
            return drafts, finished.value


def test_how_sure_the_model_is_goes_with_the_hole() -> None:
    def write(request: InfillRequest) -> Generator[Draft, None, Infill]:
        sure = ((0, 1, 0.5),)
        for draft in Writer(["10"], ["settled"])(request):
            yield replace(draft, confidences=(sure,))
        return Infill(("10",), ((0.5,),), "settled", 1, 1, "denoise", "known", "cpu")

    second = list(one_by_one(REQUEST, write))[1]
    assert second.confidences == ((), ((0, 1, 0.5),))


def test_each_hole_is_asked_for_with_those_before_it_filled() -> None:
    writer = Writer(["10", "", "+ 1"], ["settled"] * 3)
    results(writer)
    assert [(asked.document, asked.holes) for asked in writer.asked] == [
        (DOCUMENT, (Hole(4, 5),)),
        ("a = 10\nb = 2\nc = 3\n", (Hole(11, 12),)),
        ("a = 10\nb = \nc = 3\n", (Hole(16, 16),)),
    ]
    first = replace(writer.asked[0], document="", holes=(Hole(0, 0),))
    assert first == replace(REQUEST, document="", holes=(Hole(0, 0),)), "nothing else is changed"


def test_drafts_show_all_holes() -> None:
    drafts, _ = results(Writer(["10", "20", "30"], ["settled"] * 3))
    assert [draft.texts for draft in drafts] == [("1", "", ""), ("10", "2", ""), ("10", "20", "3")]
    assert [draft.step for draft in drafts] == [2, 5, 8]
    tokens = REQUEST.budget.tokens
    assert [draft.steps_left for draft in drafts] == [5 + 2 * tokens, 5 + tokens, 5]
    assert drafts[1].settled == (((0, 2),), ((0, 1),), ())


def test_the_fill_is_all_of_them() -> None:
    _, fill = results(Writer(["10", "20", "30"], ["settled"] * 3))
    assert fill.texts == ("10", "20", "30")
    assert fill.confidences == ((0.5,), (0.5, 0.25), (0.5, 0.25))
    assert (fill.finish, fill.tokens, fill.steps) == ("settled", 6, 9)
    assert fill.timings_ms == {"draft": 30.0, "total": 60.0}, "the clock ran on"


def test_one_that_ran_out_of_its_budget_says_so_for_all() -> None:
    _, fill = results(Writer(["10", "20", "30"], ["settled", "budget", "settled"]))
    assert (fill.texts, fill.finish) == (("10", "20", "30"), "budget")


def test_holes_behind_a_stop_are_empty() -> None:
    for finish in ("deadline", "cancelled"):
        writer = Writer(["10", "2"], ["settled", finish])  # type: ignore[list-item]
        _, fill = results(writer)
        assert (fill.texts, fill.finish) == (("10", "2", ""), finish)
        assert len(fill.confidences) == 3
