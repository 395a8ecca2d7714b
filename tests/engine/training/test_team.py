"""Real processes that learn together, against one that learns alone."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.training import train
from fillwright.engine.training.initialise import new_model, small_config
from fillwright.engine.training.optimizer import Optimizer, learnt
from fillwright.engine.training.phases import CausalPhase, Materials
from fillwright.engine.training.recipes import Recipe
from fillwright.engine.training.team import SETTINGS, Member, Shared, run_together
from fillwright.engine.training.train import Run, Schedule, gradients


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes find what they are to do in this file."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))


def new(folder: Path, recipe: Recipe) -> DiffusionGemma:
    return new_model(small_config(recipe, CodeTokenizer.from_checkpoint(folder)), seed=0)


def causal(folder: Path, recipe: Recipe, seed: int) -> CausalPhase:
    corpus = Corpus.load(folder / "train.npz.xz")
    tokenizer = CodeTokenizer.from_checkpoint(folder)
    return CausalPhase(Materials(recipe, tokenizer, corpus, corpus, seed, "cpu"))


def optimizer_of(model: DiffusionGemma, team: Member | None = None) -> Optimizer:
    return Optimizer(model, 0.03, 0.01, 0.003, team)


def one_gradient(rank: int, shared: Shared, folder: Path, recipe: Recipe, to: Path) -> None:
    model = new(folder, recipe)
    parameters = learnt(model)
    team = Member(shared, rank, parameters)
    with torch.compiler.set_stance("force_eager"):
        gradients(model, causal(folder, recipe, seed=rank))
    norm = team.add_up(parameters)
    if rank == 0:
        torch.save(([team.total(p) for p in parameters], norm), to)
    team.clear(parameters)


def some_steps(rank: int, shared: Shared, folder: Path, recipe: Recipe, to: Path) -> None:
    """Two by the batches of a phase, of which the state is kept; and one more by given numbers."""
    model = new(folder, recipe)
    team = Member(shared, rank, learnt(model))
    run = Run(
        to,
        small_config(recipe, CodeTokenizer.from_checkpoint(folder)),
        model,
        optimizer_of(model, team),
    )
    with torch.compiler.set_stance("force_eager"):
        phase = causal(folder, recipe, seed=rank)
        for _ in range(2):
            gradients(model, phase)
            run.optimizer.step(1.0)
    run.save()
    given(model, rank)
    run.optimizer.step(0.5)
    if rank == 0:
        torch.save([p.clone() for p in learnt(model)], to / "after.pt")
    team.agree(0.0)


def given(model: DiffusionGemma, rank: int) -> None:
    generator = torch.Generator().manual_seed(rank)
    for parameter in learnt(model):
        numbers = torch.randn(parameter.shape, generator=generator)
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        parameter.grad += numbers


def killed(rank: int, shared: Shared) -> None:
    if rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    shared.barrier.wait()


def a_short_phase(rank: int, shared: Shared, folder: Path, recipe: Recipe, to: Path) -> None:
    model = new(folder, recipe)
    team = Member(shared, rank, learnt(model))
    run = Run(
        to,
        small_config(recipe, CodeTokenizer.from_checkpoint(folder)),
        model,
        optimizer_of(model, team),
    )
    if rank:  # clocks differ: only the first one's counts, or one waits for the other for ever
        train.time = SimpleNamespace(monotonic=lambda: 0.0)  # type: ignore[assignment]
    with torch.compiler.set_stance("force_eager"):
        run.train(Schedule("causal", 0.05), causal(folder, recipe, rank))


def test_gradients_of_two_are_those_of_one_that_draws_both(made: Any, tmp_path: Path) -> None:
    recipe = made.recipe()
    model = new(made.folder, recipe)
    shared = Shared.of(learnt(model), 2)
    run_together(one_gradient, 2, shared, made.folder, recipe, tmp_path / "gradients.pt")
    theirs, norm = torch.load(tmp_path / "gradients.pt")
    with torch.compiler.set_stance("force_eager"):
        for seed in range(2):
            gradients(model, causal(made.folder, recipe, seed))
    for parameter in learnt(model):
        if parameter.grad is not None:
            parameter.grad /= 2
    mine = torch.nn.utils.clip_grad_norm_(learnt(model), 1.0)
    assert float(norm) == pytest.approx(float(mine), rel=1e-3)
    assert any(gradient is None for gradient in theirs)
    for parameter, gradient in zip(learnt(model), theirs, strict=True):
        assert (parameter.grad is None) == (gradient is None)
        if gradient is not None:
            torch.testing.assert_close(gradient, parameter.grad, rtol=0.02, atol=1e-4)


def test_one_goes_on_exactly_where_two_stopped(made: Any, tmp_path: Path) -> None:
    recipe = made.recipe()
    model = new(made.folder, recipe)
    run_together(some_steps, 2, Shared.of(learnt(model), 2), made.folder, recipe, tmp_path)
    assert not list(tmp_path.glob("part-*"))
    run = Run(tmp_path, made.config(), model, optimizer_of(model))
    run.resume()
    for rank in range(2):
        given(model, rank)
    for parameter in learnt(model):
        parameter.grad /= 2
    run.optimizer.step(0.5)
    for mine, theirs in zip(learnt(model), torch.load(tmp_path / "after.pt"), strict=True):
        torch.testing.assert_close(mine.detach(), theirs.detach(), rtol=1e-5, atol=1e-6)


def test_all_stop_when_the_first_ones_time_is_over(made: Any, tmp_path: Path) -> None:
    recipe = made.recipe()
    model = new(made.folder, recipe)
    run_together(a_short_phase, 2, Shared.of(learnt(model), 2), made.folder, recipe, tmp_path)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert state["steps"] > 0
    assert state["tokens"] == state["steps"] * 2 * 2 * 3 * 96


def settings(rank: int, to: Path) -> None:
    """Each process's own word on how it was started."""
    said = {name: os.environ.get(name) for name in SETTINGS} | {"threads": torch.get_num_threads()}
    (to / f"{rank}.json").write_text(json.dumps(said))


def test_each_has_one_thread_and_settings_that_the_caller_has_not(tmp_path: Path) -> None:
    before = dict(os.environ)
    run_together(settings, 2, tmp_path)
    assert dict(os.environ) == before
    for rank in range(2):
        said = json.loads((tmp_path / f"{rank}.json").read_text())
        assert said == SETTINGS | {"threads": 1}


def test_a_killed_process_ends_the_run_with_a_sentence() -> None:
    shared = Shared.of([torch.nn.Parameter(torch.zeros(4))], 2)
    with pytest.raises(
        BadRequest, match=r"run the command again to go on from the last checkpoint"
    ):
        run_together(killed, 2, shared)


def stays(rank: int, to: Path) -> None:
    (to / f"{rank}.pid").write_text(str(os.getpid()))
    while True:
        time.sleep(0.1)


BACKGROUND = """
import signal, sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell starts its background jobs
from fillwright.engine.training.team import run_together
from tests.engine.training.test_team import stays

if __name__ == "__main__":
    run_together(stays, 2, Path(sys.argv[1]))
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="Only Linux tells a process of its parent's end"
)
def test_none_is_left_when_the_caller_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "background.py"
    script.write_text(BACKGROUND)
    here = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen([sys.executable, script, tmp_path], env=here) as caller:
        try:
            files = [tmp_path / f"{rank}.pid" for rank in range(2)]
            while not all(file.exists() and file.read_text() for file in files):
                assert caller.poll() is None
                time.sleep(0.05)
        finally:
            caller.kill()
    for file in files:
        until_gone(int(file.read_text()))


def until_gone(process: int) -> None:
    deadline = time.monotonic() + 60
    while Path(f"/proc/{process}").exists():
        if time.monotonic() > deadline:
            os.kill(process, signal.SIGKILL)
            pytest.fail(f"process {process} was left over")
        time.sleep(0.05)


def test_a_state_of_another_version_is_refused(made: Any) -> None:
    with pytest.raises(BadRequest, match="--start-from"):
        optimizer_of(new(made.folder, made.recipe())).load_state_dict({"muon": {}, "adamw": {}})


def test_processes_deal_out_every_piece_once(made: Any) -> None:
    model = new(made.folder, made.recipe())
    parameters = learnt(model)
    shared = Shared.of(parameters, 3)
    names, total = [], 0
    for rank in range(3):
        pieces = optimizer_of(model, Member(shared, rank, parameters))._pieces
        assert pieces
        names += [piece.name for piece in pieces]
        total += sum(piece.view.numel() for piece in pieces)
    assert len(names) == len(set(names))
    assert total == sum(parameter.numel() for parameter in parameters)
