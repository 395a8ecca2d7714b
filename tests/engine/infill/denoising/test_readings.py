"""How likely tokens are and which others would be, with a model that knows the right text."""

import math
from collections.abc import Callable

import pytest

from fillwright.engine.infill.denoising.readings import (
    Read,
    read_by_denoising,
    read_causally,
    renoise_each,
)
from fillwright.engine.infill.denoising.renoise import EVERY, read_likelihoods
from fillwright.engine.infill.infiller import Infiller
from tests.engine.infill.denoising.test_renoise import RIGHT, WRONG, task_of


@pytest.mark.parametrize("read", [read_causally, read_by_denoising])
def test_the_other_one_is_what_belongs_there(scripted: Callable, read: Read) -> None:
    infiller, model = scripted(RIGHT, canvas_length=64)
    ids, right = (infiller.tokenizer.encode(text) for text in (WRONG, RIGHT))
    for at, reading in enumerate(read(model, task_of(infiller), ids, ())):
        assert (reading.own < -10) == (ids[at] != right[at])
        assert reading.other != ids[at]
        if ids[at] != right[at]:
            assert reading.other == right[at]
            assert reading.likelier > -0.1


@pytest.mark.parametrize("read", [read_causally, read_by_denoising])
def test_what_is_barred_is_proposed_nowhere(scripted: Callable, read: Read) -> None:
    infiller, model = scripted(RIGHT, canvas_length=64)
    ids, right = (infiller.tokenizer.encode(text) for text in (WRONG, RIGHT))
    readings = read(model, task_of(infiller), ids, right)
    assert not {reading.other for reading in readings} & set(right)


def test_the_causal_head_reads_as_it_does_for_a_rewrite(embedded: Infiller) -> None:
    ids = embedded.tokenizer.encode("    return width or height")
    task = task_of(embedded)
    found = [each.own for each in read_causally(embedded.model, task, ids, ())]
    assert found == pytest.approx(read_likelihoods(embedded.model, task, ids), abs=1e-3)


def test_each_place_is_noise_on_a_canvas_of_its_own(scripted: Callable) -> None:
    infiller, model = scripted(RIGHT, canvas_length=64)
    ids, right = (infiller.tokenizer.encode(text) for text in (WRONG, RIGHT))
    wrong = next(at for at in range(len(ids)) if ids[at] != right[at])
    first, second = renoise_each(model, task_of(infiller), ids, [0, wrong], ())
    assert math.exp(first.own) == pytest.approx(1)
    assert (second.other, model.batches) == (right[wrong], [2])
    known = len(model.denoised[0]) - len(ids) - 1
    shown = model.denoised[0][known : known + len(ids)]
    assert shown[1:] == ids[1:]


def test_a_text_shorter_than_the_pattern_has_a_canvas_for_each_token(scripted: Callable) -> None:
    infiller, model = scripted(RIGHT, canvas_length=64)
    ids = infiller.tokenizer.encode("return")[:EVERY]
    read_by_denoising(model, task_of(infiller), ids, ())
    assert set(model.batches) == {len(ids)}
