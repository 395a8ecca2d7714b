"""Requests with a strength: with a model that knows the right text, and with the real one."""

from collections.abc import Callable

import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.request import Draft, Hole, Infill, InfillRequest

Run = Callable[..., tuple[list[Draft], Infill]]
BEFORE, AFTER = "def area(width, height):\n    ", "\n\n\nprint(area(2, 3))\n"
RIGHT, WRONG = "return width * height", "return width or height"


def ask(text: str = WRONG, strength: float | None = 0.2, **more: object) -> InfillRequest:
    hole = Hole(len(BEFORE), len(BEFORE) + len(text))
    return InfillRequest(
        BEFORE + text + AFTER,
        (hole,),
        "python",
        strength=strength,
        **more,  # type: ignore[arg-type]
    )


def test_what_is_wrong_is_put_right_and_all_else_stays(scripted: Callable, run: Run) -> None:
    infiller, _ = scripted("\n    " + RIGHT, canvas_length=64)
    drafts, fill = run(infiller, ask())
    assert (fill.texts, fill.finish, fill.decode) == ((RIGHT,), "settled", "denoise")
    assert drafts
    assert all(draft.texts[0].startswith("return width") for draft in drafts)
    assert len(fill.confidences[0]) == fill.tokens


def test_a_name_of_another_length_is_tried(scripted: Callable, run: Run) -> None:
    infiller, _ = scripted("\n    " + RIGHT, canvas_length=64)
    wrong = RIGHT.replace("height", "unheard")
    lengths = {len(infiller.tokenizer.encode("\n    " + each)) for each in (wrong, RIGHT)}
    assert len(lengths) == 2
    assert run(infiller, ask(wrong))[1].texts == (RIGHT,)


def test_as_many_changes_as_the_strength_allows(scripted: Callable, run: Run) -> None:
    infiller, _ = scripted("\n    " + RIGHT, canvas_length=64)
    touched, reworked = (
        run(infiller, ask("return height * width", each))[1].texts for each in (0.2, 0.5)
    )
    assert touched in [("return width * width",), ("return height * height",)]
    assert reworked == (RIGHT,)


def test_nothing_that_a_parser_or_a_linter_objects_to_is_written(
    scripted: Callable, run: Run
) -> None:
    for wanted, bad in (("return width ) height", ")"), ("return width * def_of", "def_of")):
        infiller, _ = scripted("\n    " + wanted, canvas_length=64)
        fill = run(infiller, ask(RIGHT, 1.0, candidates=3))[1]
        assert not any(bad in text for (text,) in (fill.texts, *fill.alternatives))


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_what_is_right_stays(scripted: Callable, run: Run, strength: float) -> None:
    infiller, _ = scripted("\n    " + RIGHT, canvas_length=64)
    assert run(infiller, ask(RIGHT, strength))[1].texts == (RIGHT,)


def test_candidates_are_denoised_side_by_side(scripted: Callable, run: Run) -> None:
    infiller, model = scripted("\n    " + RIGHT, canvas_length=64)
    drafts, fill = run(infiller, ask(candidates=3))
    assert all(draft.denoised for draft in drafts)
    # all three are the same text
    assert (fill.texts, fill.alternatives) == ((RIGHT,), ())
    assert set(model.batches) == {3}


def test_a_line_end_that_the_hole_holds_is_given_back(scripted: Callable, run: Run) -> None:
    infiller, _ = scripted("\n    " + RIGHT, canvas_length=64)
    request = ask(WRONG + "\n")
    assert run(infiller, request)[1].texts == (RIGHT + "\n",)


def test_a_text_longer_than_a_canvas_is_refused(scripted: Callable, run: Run) -> None:
    infiller, _ = scripted(RIGHT, canvas_length=16)
    with pytest.raises(BadRequest, match="select less"):
        run(infiller, ask(WRONG * 6))


def test_a_request_without_text_has_no_strength() -> None:
    with pytest.raises(ValueError, match="text in it"):
        InfillRequest("x = \n", (Hole(4, 4),), "python", strength=0.5)
    with pytest.raises(ValueError, match="lies in"):
        ask(strength=1.5)


def test_the_real_model_changes_no_more_than_it_may(embedded: Infiller, run: Run) -> None:
    text = "for shape in shapes:\n        total += shape.width"
    count = len(embedded.tokenizer.encode(text))
    for strength in (0.2, 0.5):
        fill = run(embedded, ask(text, strength))[1]
        before, after = (embedded.tokenizer.encode(each) for each in (text, fill.texts[0]))
        changed = sum(one != other for one, other in zip(before, after, strict=False))
        assert changed <= strength * count + 1
