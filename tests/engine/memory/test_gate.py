"""The gate's mixture is a distribution, of the model's and the precedents' tokens."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fillwright.engine.errors import CheckpointError
from fillwright.engine.memory.contexts import SortedContexts, Store
from fillwright.engine.memory.evidence import PARTS, Precedents
from fillwright.engine.memory.gate import FEATURES, FILE, Gate, Mixture

VOCABULARY = 10
END, LINE_END = 0, 9


def gate(seed: int = 0) -> Gate:
    random = np.random.default_rng(seed)
    outputs = 1 + len(PARTS)
    weights = random.normal(size=(FEATURES, outputs))
    return Gate(np.zeros(FEATURES), np.ones(FEATURES), weights, random.normal(size=outputs))


def mixture(
    streams: list[list[int]], context: list[int], is_line: bool = True, lead: tuple[int, ...] = ()
) -> Mixture:
    marks = (END, LINE_END) if is_line else (END,)
    store = Store(SortedContexts.of(streams, VOCABULARY))
    seen = Precedents([], [store], context, lambda ids: () if ids else lead, marks)
    return Mixture(gate(), seen, is_line)


def logits(rows: int = 1) -> torch.Tensor:
    return torch.randn(rows, VOCABULARY, generator=torch.Generator().manual_seed(3))


STREAMS = st.lists(st.lists(st.integers(1, 9), max_size=30), max_size=4)
LEADS = st.sampled_from([(), (4,), (3, 9)])


@given(STREAMS, st.lists(st.integers(1, 9), max_size=6), st.booleans(), LEADS)
def test_a_mixture_sums_to_one(
    streams: list[list[int]], context: list[int], is_line: bool, lead: tuple[int, ...]
) -> None:
    mix = mixture(streams, context, is_line, lead)
    written = [(), (1,), (1, 2)]
    raw = logits(3)
    for row, before, ids in zip(mix.mixed(raw, written), raw, written, strict=True):
        if any(mix.precedents.parts(ids)):
            assert float(row.exp().sum()) == pytest.approx(1, abs=1e-5)
        else:
            assert torch.equal(row, before)


def test_what_followed_before_becomes_likelier_and_its_share_is_said() -> None:
    mix = mixture([[1, 2, 3]] * 3, [1, 2])
    mixed = mix.mixed(logits(), [()])
    assert mixed[0, 3] > logits().log_softmax(-1)[0, 3]
    assert 0 < mix.remembered([3]) < 1
    assert mix.remembered([]) == 0


def test_without_precedents_the_very_same_logits_come_back() -> None:
    raw = logits(2)
    assert mixture([], [1, 2]).mixed(raw, [(), (3,)]) is raw


def test_in_a_line_every_end_is_one_and_code_has_a_say_in_it() -> None:
    mixed = mixture([[1, 2, LINE_END]] * 3, [1]).mixed(logits(), [(2,)])[0]
    assert mixed[LINE_END] == -torch.inf
    both = logits().log_softmax(-1)[0, [END, LINE_END]].logsumexp(0)
    assert mixed[END] > both


def test_elsewhere_only_the_model_says_where_the_hole_ends() -> None:
    mixed = mixture([[1, 2, 3]] * 3, [1], is_line=False).mixed(logits(), [(2,)])[0]
    assert float(mixed[END]) == pytest.approx(float(logits().log_softmax(-1)[0, END]), abs=1e-5)


def test_where_a_lead_must_be_written_nothing_else_may_come() -> None:
    mixed = mixture([[1, 2, 4]], [1, 2], lead=(4, 5)).mixed(logits(), [()])[0]
    assert torch.isfinite(mixed).nonzero()[:, 0].tolist() == [4, 5]


def test_a_part_that_is_not_there_has_no_share() -> None:
    found = np.random.default_rng(1).normal(size=(2, FEATURES))
    present = np.array([[True, False, False, True, False], [True] * 5])
    one, all_ = gate().shares(found, present)
    assert one[[1, 2, 4]].tolist() == [0, 0, 0]
    assert (all_ > 0).all()
    assert one.sum() == pytest.approx(1)
    assert all_.sum() == pytest.approx(1)


def test_no_file_is_no_gate_and_another_file_is_one_sentence(tmp_path: Path) -> None:
    assert Gate.of_checkpoint(tmp_path) is None
    made = gate()
    constants = {name: getattr(made, name).tolist() for name in ("mean", "std", "weights", "bias")}
    (tmp_path / FILE).write_text(json.dumps(constants), "utf-8")
    read = Gate.of_checkpoint(tmp_path)
    assert read
    assert np.array_equal(read.weights, made.weights)
    for wrong in ("{", json.dumps(constants | {"bias": [1.0]}), "[]"):
        (tmp_path / FILE).write_text(wrong, "utf-8")
        with pytest.raises(CheckpointError, match="copy it from the checkpoint again"):
            Gate.of_checkpoint(tmp_path)
