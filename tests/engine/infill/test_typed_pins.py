"""What is typed while a hole is denoised, or afterwards: on texts, and on the loop."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.typed_pins import (
    AGREEING,
    KEPT,
    SHOWN,
    UNDER_WAY,
    LastCanvas,
    LastCanvases,
    Rest,
)
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest, Snippet

Run = Callable[..., tuple[list[Draft], Infill]]
BEFORE, AFTER = "def f(x):\n    ", "\n\nprint(f(1))\n"
SAID = "return width * height"


def ask(typed: str = "", before: str = BEFORE, after: str = AFTER, **more: object) -> InfillRequest:
    text, at = before + typed + after, len(before + typed)
    return InfillRequest(
        text,
        (Hole(at, at),),
        "python",
        **{"shape": "line", "document_key": "a", "decode": "denoise"} | more,  # type: ignore[arg-type]
    )


def rest(typed: str, said: str = SAID) -> Rest | None:
    return LastCanvas(ask(), said, ((0, len(said)),)).rest(ask(typed))


@pytest.mark.parametrize(
    ("typed", "left", "agrees"),
    [
        ("r", "eturn width * height", True),
        ("return width", " * height", True),
        (SAID, "", True),
        ("return w", "idth * height", True),
        # other text takes the place of as many words and signs
        ("x", " width * height", False),
        ("return height", " * height", False),
        ("return widget", " * height", False),
        ("return width + ", "height", False),
        ("return width +", " height", False),
        (SAID + " * 2", "", False),
        ("yield from iter(width)", "", False),
    ],
)
def test_what_was_typed_takes_the_place_of_what_was_said(
    typed: str, left: str, agrees: bool
) -> None:
    noise = AGREEING if agrees else UNDER_WAY
    assert rest(typed) == Rest(left, ((0, len(left)),) if left else (), agrees, noise)


def test_what_is_not_settled_stays_noise() -> None:
    canvas = LastCanvas(ask(), SAID, ((0, 2), (7, 12)))
    assert canvas.rest(ask("return")) == Rest(" width * height", ((1, 6),), True, AGREEING)


def test_other_text_renoises_what_follows_in_a_finished_fill_only() -> None:
    fill = Infill((SAID,), ((1.0,),), "settled", 1, 1, "denoise", "m", "cpu", {})
    finished = LastCanvas(ask(), SAID, ((0, len(SAID)),), fill, (len(SAID),))
    assert [finished.rest(ask(typed)).noise for typed in ("x", "r")] == [SHOWN, AGREEING]


@pytest.mark.parametrize(
    "other",
    [
        ask(),
        ask("r", before="x = 1\n" + BEFORE),
        ask("r", after=")" + AFTER),
        ask("r", seed=1),
        ask("r", shape="block"),
        ask("r", instruction="be quick"),
        replace(ask("r"), holes=(Hole(len(BEFORE), len(BEFORE) + 1),)),
        replace(ask("r"), holes=(Hole(2, 2),)),
    ],
)
def test_where_more_changed_than_that_something_was_typed_all_begins_again(
    other: InfillRequest,
) -> None:
    assert LastCanvas(ask(), SAID, ()).rest(other) is None


def test_what_other_places_say_may_change() -> None:
    typed = ask("r", context=(Snippet("b.py", "y = 1"),))
    assert LastCanvas(ask(), SAID, ()).rest(typed) is not None


def test_a_few_documents_have_a_last_canvas_and_none_without_a_key() -> None:
    canvases = LastCanvases()
    for number in range(KEPT + 1):
        canvases.keep(LastCanvas(ask(document_key=str(number)), SAID, ()))
    canvases.keep(LastCanvas(ask(document_key=""), SAID, ()))
    found = [canvases.of(ask(document_key=str(number))) for number in range(KEPT + 1)]
    assert [canvas is not None for canvas in found] == [False] + [True] * KEPT
    assert canvases.of(ask(document_key="")) is None


def given_up(infiller: Infiller, request: InfillRequest, steps: int) -> list[Draft]:
    drafts: list[Draft] = []
    for event in infiller.infill(request, lambda: len(drafts) >= steps):
        if isinstance(event, Draft):
            drafts.append(event)
        else:
            assert event.finish == "cancelled"
    return drafts


def test_what_was_said_and_typed_needs_no_step(scripted: Callable, run: Run) -> None:
    infiller, model = scripted("\n    " + SAID, "denoise")
    _, first = run(infiller, ask())
    assert first.texts == (SAID,)
    made = model.passes
    drafts, fill = run(infiller, ask("return wid"))
    assert (fill.texts, fill.finish, fill.steps, drafts) == (("th * height",), "settled", 0, [])
    assert model.passes == made
    # a token that was typed in part is still one of the fill
    of_rest = len(model.tokenizer.encode("th * height"))
    assert 1 <= fill.tokens == len(fill.confidences[0]) <= of_rest
    assert fill.confidences[0] == first.confidences[0][-fill.tokens :]
    # all of it was typed: what comes then is asked for
    assert run(infiller, ask(SAID))[1].steps > 0


def test_the_canvas_of_a_fill_under_way_is_gone_on_with(scripted: Callable, run: Run) -> None:
    infiller, model = scripted("\n    " + SAID, "denoise")
    assert len(given_up(infiller, ask(), 1)) == 1
    del model.denoised[:]
    drafts, fill = run(infiller, ask("ret"))
    assert (fill.texts, fill.finish) == (("urn width * height",), "settled")
    # all was settled, so it takes the steps that show that nothing changes
    assert fill.steps == len(drafts) == len(model.denoised) == 2
    encoded = model.tokenizer.encode("\n    " + SAID)
    assert model.denoised[0][1 : 1 + len(encoded)] == encoded


def test_other_text_is_pinned_and_what_follows_is_renoised(scripted: Callable, run: Run) -> None:
    infiller, model = scripted("\n    " + SAID, "denoise")
    steps = infiller.settings.steps
    run(infiller, ask())
    infiller.settings = replace(infiller.settings, confidence_threshold=0.0)
    model.fill = model.tokenizer.encode("\n    yield width * height")
    _, fill = run(infiller, ask("yi"))
    assert fill.texts == ("eld width * height",)
    assert fill.steps == steps // 2


def test_where_the_canvas_of_before_is_too_small_all_begins_again(
    scripted: Callable, run: Run
) -> None:
    long = "for book in self.books: return width * height * width * height * width"
    infiller, model = scripted("\n    return width", "denoise", canvas_length=64)
    run(infiller, ask())
    model.fill = model.tokenizer.encode("\n    " + long)
    assert len(model.fill) > 16
    del model.denoised[:]
    _, fill = run(infiller, ask("f"))
    assert (fill.texts, fill.finish) == ((long[1:],), "settled")
    assert [len(canvas) for canvas in model.denoised] == [16] * 2 + [64] * 2


def test_where_nothing_is_left_all_begins_again(scripted: Callable, run: Run) -> None:
    infiller, model = scripted("\n    return", "denoise", canvas_length=64)
    run(infiller, ask())
    model.fill = model.tokenizer.encode("\n    for book in self.books: return")
    del model.denoised[:]
    _, fill = run(infiller, ask("for"))
    assert fill.texts == (" book in self.books: return",)
    assert {len(canvas) for canvas in model.denoised} == {64}


@pytest.mark.parametrize(
    "change", [{"decode": "draft"}, {"length": "contract"}, {"document_key": ""}]
)
def test_only_a_canvas_with_an_end_mark_is_gone_on_with(
    scripted: Callable, run: Run, change: dict[str, str]
) -> None:
    infiller, _ = scripted("\n    " + SAID, "denoise")
    run(infiller, ask(**change))
    _, fill = run(infiller, ask("ret", **change))
    assert fill.texts == ("urn width * height",)
    assert fill.steps > 0


def test_a_fill_that_goes_on_says_the_same_as_one_that_begins_again(embedded: Infiller) -> None:
    """With the real model, whatever it writes: what was typed is not said again."""
    document = "def area(width, height):\n    return \n"
    at = document.index("return ") + len("return ")

    def typed(text: str, steps: int | None = None) -> InfillRequest:
        whole = document[:at] + text + document[at:]
        hole = Hole(at + len(text), at + len(text))
        return InfillRequest(
            whole, (hole,), "python", shape="line", budget=Budget(16, steps=steps),
            document_key="typed", decode="denoise",
        )  # fmt: skip

    (first,) = given_up(embedded, typed(""), 1)
    letter = first.texts[0][:1]
    assert letter.strip()
    *_, fill = embedded.infill(typed(letter), lambda: False)
    assert isinstance(fill, Infill)
    assert fill.finish in ("settled", "budget")
    assert 0 < fill.steps <= embedded.settings.steps
    assert fill.texts[0].strip()
