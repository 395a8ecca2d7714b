"""How sure a fill is: against the model's own probabilities, and on a model with a script."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.drafting.beam_search import search
from fillwright.engine.infill.hypotheses import Beams, Evidence, Hypothesis
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.ranking.calibration import Calibration
from fillwright.engine.infill.ranking.certainty import (
    certainty_of,
    nothing_missing,
    probability_of_text,
)
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.infill.tokens.healing import Edges
from fillwright.engine.infill.tokens.tokenizer import Spelling
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest

PROMPT = "def total(numbers):\n    result = 0\n    for number in"
SUFFIX = "\n    return result\n"


def searched(infiller: Infiller, lead: str = "") -> Beams:
    prompt = infiller.prompt.ids(PROMPT, SUFFIX, "python")
    cache = infiller.model.prefill(torch.tensor(prompt[:-1]))
    hole = Constraints(6, infiller.prompt.end_marks, Edges(infiller.tokenizer, lead, ""))
    *_, last = search(infiller.model, cache, prompt[-1], hole, 8, 24)
    return last


def line(document: str, at: int, **how: object) -> InfillRequest:
    request = InfillRequest(document, (Hole(at, at),), "python", shape="line")
    return replace(request, budget=Budget(8), decode="draft", **how)  # type: ignore[arg-type]


def ended(ids: tuple[int, ...], probability: float) -> Hypothesis:
    return Hypothesis(ids, (math.log(probability),), ended=True)


def test_nothing_is_missing_as_likely_as_an_end_mark_comes_first(tiny: Infiller) -> None:
    prompt = tiny.prompt.ids(PROMPT, SUFFIX, "python")
    cache = tiny.model.prefill(torch.tensor(prompt[:-1]))
    logits = tiny.model.causal_logits(cache, torch.tensor(prompt[-1:]))[-1]
    expected = float(logits.softmax(-1)[list(tiny.prompt.end_marks)].sum())
    assert 0 < expected < 1
    assert nothing_missing(searched(tiny), None) == pytest.approx(expected, rel=1e-3)


def test_after_a_word_that_is_cut_nothing_is_missing_where_it_ends() -> None:
    beams = Beams((), (ended((1, 2), 0.5), ended((3,), 0.2), ended((1,), 0.1)), 3, 0.9)
    assert nothing_missing(beams, lambda beam: beam.ids == (3,)) == pytest.approx(0.2)


def test_a_fill_is_as_likely_as_all_that_say_it() -> None:
    chosen, other, spelt_otherwise = ended((1, 2), 0.3), ended((3,), 0.2), ended((4,), 0.1)
    beams = Beams((Hypothesis((4, 5), (math.log(0.25),)),), (chosen, other, spelt_otherwise), 3)
    said = probability_of_text(chosen, beams, lambda beam: beam.ids in ((1, 2), (4,)))
    assert said == pytest.approx(0.4)


def test_a_draft_that_did_not_end_counts_alone() -> None:
    live = Hypothesis((1, 2), (math.log(0.3),))
    assert probability_of_text(live, Beams((live,), (), 3), lambda beam: False) == pytest.approx(
        0.3
    )


def test_beginnings_end_with_the_tokens_of_what_is_kept() -> None:
    # "  self", ".wid", "th\n": the blanks stand there already, the line end is cut
    spelling = Spelling("  self.width\n", (6, 10, 13))
    evidence = Evidence(0.1, nothing=0.2, margin=40.0, near=2, something=0.8)
    found = certainty_of(evidence, Calibration(), (0.5, 0.5, 0.25), spelling, range(2, 10))
    assert found.beginnings == ((4, pytest.approx(0.4)), (8, pytest.approx(0.2)))
    assert found.whole == pytest.approx(0.1)
    assert (found.nothing, found.drafted, found.margin, found.near) == (0.2, 0.1, 10.0, 2)


def test_the_certainty_of_a_fill_is_the_models_own(tiny: Infiller) -> None:
    *_, fill = tiny.infill(line("x = f()\n", 7), lambda: False)
    assert isinstance(fill, Infill)
    certainty = fill.certainty
    assert certainty is not None
    sure = math.prod(fill.confidences[0])
    last = certainty.beginnings[-1]
    expected = sure * (1 - certainty.nothing)
    assert last == (len(fill.texts[0]), pytest.approx(expected, abs=1e-3))
    assert certainty.whole == pytest.approx(max(certainty.drafted, 1e-4), abs=1e-3)


def test_where_nothing_is_missing_a_fill_that_nobody_asked_for_ends_at_once(scripted) -> None:  # type: ignore[no-untyped-def]
    for unasked in (True, False):
        infiller, _ = scripted("", decode="draft")
        *_, fill = infiller.infill(line("x = f()\n", 7, unasked=unasked), lambda: False)
        assert fill.certainty.nothing > 0.99
        if unasked:
            assert (fill.texts, fill.finish, fill.steps) == (("",), "settled", 1)
        else:
            assert fill.steps > 1


def test_where_something_is_missing_nobody_need_have_asked(scripted) -> None:  # type: ignore[no-untyped-def]
    fills = []
    for unasked in (True, False):
        infiller, _ = scripted(" + total", decode="draft")
        *_, fill = infiller.infill(line("x = f()\n", 7, unasked=unasked), lambda: False)
        fills.append(replace(fill, timings_ms={}))
    assert fills[0] == fills[1]
    assert fills[0].texts == (" + total",)
    assert fills[0].certainty.whole > 0.9
    assert fills[0].certainty.nothing < 0.01


def test_a_block_is_as_sure_as_its_tokens(tiny: Infiller) -> None:
    document = "def area(width):\n"
    request = replace(line(document, len(document) - 1), shape="block", budget=Budget(6))
    *_, fill = tiny.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    assert fill.certainty is not None
    assert fill.certainty.nothing == 0.0


def test_denoising_alone_does_not_say(tiny: Infiller) -> None:
    *_, fill = tiny.infill(replace(line("x = \n", 4), decode="denoise"), lambda: False)
    assert isinstance(fill, Infill)
    assert fill.certainty is None


def test_weights_of_the_checkpoint_calibrate(tiny_copy: Callable[..., Path]) -> None:
    folder = tiny_copy()
    assert load_infiller(folder, "cpu").calibration == Calibration()
    weights = {"drafted": 0.7, "margin": 0.2, "near": -0.3, "bias": 0.1}
    (folder / "certainty.json").write_text(json.dumps({"weights": weights}))
    calibration = load_infiller(folder, "cpu").calibration
    assert calibration == Calibration(**weights)
    score = 0.7 * math.log(0.25 / 0.75) + 0.2 * 2 - 0.3 * math.log(4) + 0.1
    expected = 1 / (1 + math.exp(-score))
    assert calibration.probability(0.25, 2.0, 3) == pytest.approx(expected)


@pytest.mark.parametrize(
    "wrong", ["", "[]", '{"weights": {"other": 1}}', '{"weights": {"near": []}}']
)
def test_weights_that_cannot_be_used_are_told(tiny_copy: Callable[..., Path], wrong: str) -> None:
    folder = tiny_copy()
    (folder / "certainty.json").write_text(wrong)
    with pytest.raises(CheckpointError, match=r"certainty\.json"):
        load_infiller(folder, "cpu")


def test_the_languages_of_the_checkpoint_are_known(tiny_copy: Callable[..., Path]) -> None:
    assert load_infiller(tiny_copy(), "cpu").languages is None
    assert load_infiller(tiny_copy(languages=["go"]), "cpu").languages == ("go",)
    with pytest.raises(CheckpointError, match="languages"):
        load_infiller(tiny_copy(languages="go"), "cpu")
