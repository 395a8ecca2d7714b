"""Renoising a part of a text, with a model that knows the right one."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from fillwright.engine.infill.denoising.renoise import (
    changed_runs,
    denoised_likelihoods,
    improvements,
    least_likely,
    read_likelihoods,
    renoised,
)
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.preparation import Preparation
from fillwright.engine.infill.state import Task
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.request import Budget, Hole, InfillRequest

RIGHT = "return width * height"
WRONG = "return width or height"
DOCUMENT = "def area(width, height):\n"


def task_of(infiller: Infiller) -> Task:
    at = len(DOCUMENT) - 1
    request = InfillRequest(DOCUMENT, (Hole(at, at),), "python")
    plan = replace(infiller.plan(request, 0), drafting="samples")
    seams = Seams.of(request, infiller.tokenizer.starts_a_token)
    stop = Stop(lambda: False, Budget(), lambda: 0.0)
    return Preparation(infiller, request, plan, seams).task(stop)


@pytest.mark.parametrize("likelihoods", [read_likelihoods, denoised_likelihoods])
def test_the_wrong_token_is_the_least_likely(scripted: Callable, likelihoods: Callable) -> None:
    infiller, model = scripted(RIGHT, canvas_length=64)
    ids, right = (infiller.tokenizer.encode(text) for text in (WRONG, RIGHT))
    assert len(ids) == len(right)
    found = likelihoods(model, task_of(infiller), ids)
    wrong = [at for at in range(len(ids)) if ids[at] != right[at]]
    assert least_likely(found, 0.01, len(ids)) == wrong
    assert max(found[at] for at in wrong) < -10
    assert min(each for at, each in enumerate(found) if at not in wrong) > -0.1


def test_shares_of_tokens() -> None:
    found = [-1.0, -5.0, math.inf, -3.0]
    assert least_likely(found, 0, 3) == []
    assert least_likely(found, 0.1, 3) == [1]
    assert least_likely(found, 0.5, 3) == [1, 3]
    assert least_likely(found, 1, 3) == [0, 1, 3]


def test_only_free_places_change_on_every_canvas(scripted: Callable) -> None:
    infiller, model = scripted(RIGHT, canvas_length=64)
    ids, right = (infiller.tokenizer.encode(text) for text in (WRONG, RIGHT))
    wrong = changed_runs(ids, right)[0]
    task = task_of(infiller)
    for free, wanted in (([wrong.start], right), ([0], ids)):
        *_, (step, written) = renoised(model, task, ids, free, 3)
        assert written == [wanted] * 3
        assert bool(step.done.all())
    assert set(model.batches) == {3}


def test_more_than_a_canvas_is_refused(scripted: Callable) -> None:
    infiller, model = scripted(RIGHT, canvas_length=4)
    ids = infiller.tokenizer.encode(RIGHT)
    with pytest.raises(ValueError, match="do not fit on a canvas of 4"):
        next(renoised(model, task_of(infiller), ids, [0], 1))


def test_only_changes_for_the_better_stay(scripted: Callable) -> None:
    infiller, model = scripted(RIGHT, canvas_length=64)
    ids, right = (infiller.tokenizer.encode(text) for text in (WRONG, RIGHT))
    place = changed_runs(ids, right)[0].start
    both = list(right)
    both[0] = ids[place]
    better, same = improvements(model, task_of(infiller), ids, [both, ids])
    assert list(better.ids) == right
    assert better.gain > 10
    assert (list(same.ids), same.gain) == (ids, 0)


def test_runs_of_changes() -> None:
    assert changed_runs([1, 2, 3, 4, 5], [1, 9, 9, 4, 9]) == [range(1, 3), range(4, 5)]
    assert changed_runs([1], [1]) == []


def test_likelihoods_of_the_denoiser_see_the_text_on_both_sides(tiny: Infiller) -> None:
    """With random weights: another last token changes those before it, by canvases only."""
    ids = tiny.tokenizer.encode("return width")[:8]
    other = [*ids[:-1], ids[0]]

    def found(likelihoods: Callable, own: list[int]) -> torch.Tensor:
        return torch.tensor(likelihoods(tiny.model, task_of(tiny), own)[: len(ids) - 1])

    torch.testing.assert_close(found(read_likelihoods, ids), found(read_likelihoods, other))
    first, second = (found(denoised_likelihoods, each) for each in (ids, other))
    assert not torch.allclose(first, second)
