import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from fillwright.engine.training import train as train_module
from fillwright.engine.training.initialise import new_model
from fillwright.engine.training.optimizer import Optimizer
from fillwright.engine.training.phases import CausalPhase, JointPhase, Materials, MixedPhase
from fillwright.engine.training.train import Phase, Run, Schedule


@pytest.fixture(autouse=True)
def eager() -> Iterator[None]:
    """The same arithmetic without a compiler."""
    with torch.compiler.set_stance("force_eager"):
        yield


STEP_SECONDS = 0.75


def minutes(steps: int) -> float:
    """A time that so many steps need and no more."""
    return (steps - 0.5) * STEP_SECONDS / 60


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that only training steps move on."""
    now = 0.0
    step = Optimizer.step

    def ticking(self: Optimizer, scale: float) -> torch.Tensor:
        nonlocal now
        now += STEP_SECONDS
        return step(self, scale)

    monkeypatch.setattr(Optimizer, "step", ticking)
    monkeypatch.setattr(train_module, "time", SimpleNamespace(monotonic=lambda: now))


def new_run(made: Any, folder: Path) -> Run:
    config = made.config()
    model = new_model(config, seed=0)
    optimizer = Optimizer(model, matrix_rate=0.03, embedding_rate=0.01, gain_rate=0.003)
    return Run(folder, config, model, optimizer)


def phase(kind: Callable[[Materials], Phase], made: Any, seed: int = 0) -> Phase:
    recipe, tokenizer = made.recipe(), made.tokenizer
    return kind(Materials(recipe, tokenizer, made.train, made.train, seed=seed, device="cpu"))


@pytest.mark.slow
def test_both_losses_fall(made: Any, tmp_path: Path, clock: None) -> None:
    run = new_run(made, tmp_path)
    causal = phase(CausalPhase, made)
    before = causal.evaluate(run.model)["held_out"]
    assert before == pytest.approx(torch.tensor(len(made.tokenizer.texts)).log().item(), abs=0.3)
    run.train(Schedule("causal", minutes(60), decay_minutes=minutes(20)), causal)
    assert causal.evaluate(run.model)["held_out"] < before - 1.2
    joint = phase(JointPhase, made)
    levels = ("held_out_t1.0", "held_out_t0.6", "held_out_t0.3")
    started = joint.evaluate(run.model)
    run.train(Schedule("joint", minutes(60), decay_minutes=minutes(20)), joint)
    ended = joint.evaluate(run.model)
    assert all(ended[level] < started[level] - 0.5 for level in levels)
    # what stands around a token on the canvas says something of it
    assert ended["held_out_t0.3"] < ended["held_out_t1.0"]
    assert run.steps == 120


def test_the_mixed_phase_learns_both_by_turns(made: Any, tmp_path: Path, clock: None) -> None:
    run = new_run(made, tmp_path)
    mixed = phase(MixedPhase, made)
    assert mixed.batches_per_step == 5
    assert mixed.tokens_per_step == 4 * 3 * 96 + 3 * (176 + 4 * 16)
    before = mixed.evaluate(run.model)
    assert before.keys() >= {"held_out_middle", "held_out_t0.6"}
    run.train(Schedule("mixed", minutes(12)), mixed)
    after = mixed.evaluate(run.model)
    assert all(after[name] < before[name] for name in ("held_out", "held_out_t1.0"))
    assert run.minutes["mixed"] > 0


def test_a_resumed_run_counts_on(made: Any, tmp_path: Path, clock: None) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = new_run(made, tmp_path / "whole")
    whole.train(Schedule("causal", minutes(6)), phase(CausalPhase, made))
    first = new_run(made, tmp_path / "parts")
    first.train(Schedule("causal", minutes(3)), phase(CausalPhase, made))
    second = new_run(made, tmp_path / "parts")
    second.resume()
    for mine, theirs in zip(second.model.parameters(), first.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    second.train(Schedule("causal", minutes(3)), phase(CausalPhase, made, seed=second.steps))
    assert (second.steps, second.tokens) == (whole.steps, whole.tokens) == (6, 6 * 6 * 96)
    assert second.minutes == pytest.approx(whole.minutes)


def test_a_resumed_step_is_the_step_that_would_have_been(made: Any, tmp_path: Path) -> None:
    """The optimizer's state comes back too, that of the experts' matrices included."""
    first = new_run(made, tmp_path)

    def step(run: Run, seed: int) -> None:
        torch.manual_seed(seed)
        for parameter in run.optimizer.parameters:
            parameter.grad = torch.randn_like(parameter)
        run.optimizer.step(1.0)

    step(first, 1)
    first.save()
    second = new_run(made, tmp_path)
    second.resume()
    step(first, 2)
    step(second, 2)
    for mine, theirs in zip(second.model.parameters(), first.model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_curve_says_what_was_measured(made: Any, tmp_path: Path, clock: None) -> None:
    run = new_run(made, tmp_path)
    causal = phase(CausalPhase, made)
    run.train(Schedule("causal", minutes(20)), causal)
    lines = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [20, 20]
    assert lines[0].keys() >= {"loss", "norm", "tokens", "phase"}
    assert lines[0]["tokens_per_s"] == pytest.approx(causal.tokens_per_step / STEP_SECONDS)
    assert lines[1].keys() >= {"held_out", "held_out_middle"}


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    schedule = Schedule("causal", minutes=10, decay_minutes=4, warmup_steps=10, rate=0.5)
    assert schedule.scale(0, 0.0) == pytest.approx(0.05)
    assert schedule.scale(9, 1.0) == schedule.scale(500, 6.0) == 0.5
    assert schedule.scale(600, 8.0) == pytest.approx(0.25)
    assert schedule.scale(700, 10.0) == schedule.scale(700, 10.5) == 0.0


def test_every_matrix_moves_and_no_router_does(made: Any, tmp_path: Path) -> None:
    run = new_run(made, tmp_path)
    before = {name: p.detach().clone() for name, p in run.model.named_parameters()}
    # the rate has to count: a step with every gradient at hand
    for parameter in run.optimizer.parameters:
        parameter.grad = torch.ones_like(parameter)
    run.optimizer.step(1.0)
    for name, parameter in run.model.named_parameters():
        assert torch.equal(parameter, before[name]) == (".router." in name), name
