"""A fitted gate trusts the project where the project is right."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.memory.evidence import PARTS
from fillwright.engine.memory.gate import FEATURES, FILE, Gate
from fillwright.engine.training.command import main
from fillwright.engine.training.gate import Token, fitted, nats, nats_of_others, tokens_of

HELD_OUT = Path(__file__).parents[3] / "fixtures" / "evaluation" / "held_out" / "h11"


def tokens(project: str, count: int = 40) -> list[Token]:
    """Long matches are right and short ones wrong; the model is never sure."""
    found = []
    for number in range(count):
        is_long = number % 2
        features = np.zeros(FEATURES)
        features[12] = np.log(12.0) if is_long else 0.0
        present = np.array([1.0, 0, 0, 1, 0])
        likelihoods = np.array([0.1, 0, 0, 0.9 if is_long else 0.0, 0])
        found.append(Token(project, features, present, likelihoods))
    return found


def test_a_gate_trusts_what_was_right() -> None:
    learnt = tokens("one")
    gate = fitted(learnt)
    short, long = (gate.shares(t.features[None], t.present[None] > 0)[0] for t in learnt[:2])
    assert long[3] > 0.6 > 0.3 > short[3]
    assert short[[1, 2, 4]].tolist() == [0, 0, 0]
    alone, mixed = nats(gate, learnt)
    assert alone == pytest.approx(-np.log(0.1))
    assert mixed < alone


def test_a_project_is_measured_with_a_gate_that_others_gave() -> None:
    found = nats_of_others(tokens("one") + tokens("two"))
    assert list(found) == ["one", "two"]
    assert found["one"] == nats(fitted(tokens("two")), tokens("one"))


def test_nothing_to_learn_on_is_one_sentence() -> None:
    with pytest.raises(BadRequest, match="name folders of source code"):
        fitted([])


def test_the_true_tokens_and_the_end_are_as_likely_as_model_and_project_make_them(
    checkpoint: Path,
) -> None:
    infiller = load_infiller(checkpoint, "cpu")
    found = list(tokens_of(infiller, [HELD_OUT], 4, 12, seed=0))
    assert {token.project for token in found} == {HELD_OUT.name}
    assert len(found) > 20
    for token in found:
        assert token.present.shape == token.likelihoods.shape == (1 + len(PARTS),)
        assert ((token.likelihoods >= 0) & (token.likelihoods <= 1)).all()
        assert (token.likelihoods[token.present == 0] == 0).all()
    assert max(token.likelihoods[3] for token in found) > 0.5


def test_the_command_writes_what_the_engine_then_mixes_with(
    checkpoint: Path,
    capsys: Any,
) -> None:
    assert load_infiller(checkpoint, "cpu").gate is None
    arguments = ["--of", str(checkpoint), "--device", "cpu", "--files", "3"]
    main(["gate", str(HELD_OUT), str(HELD_OUT.parent / "wsproto"), *arguments])
    assert (checkpoint / FILE).exists()
    assert isinstance(load_infiller(checkpoint, "cpu").gate, Gate)
    assert HELD_OUT.name in capsys.readouterr().out
