from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from fillwright.engine.errors import BadRequest
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.training.phases import JointPhase, MixedPhase
from fillwright.engine.training.recipes import Recipe
from fillwright.engine.tuning.files import TuningText
from fillwright.engine.tuning.lora import pairs
from fillwright.engine.tuning.tuning import Progress, TuneSettings, Tuning

Start = Callable[..., Tuning]


class Clock:
    """Each look at it is half a minute later."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 30.0
        return self.seconds


@pytest.fixture
def start(checkpoint: Path, files: list[SourceFile], recipe: Recipe, tmp_path: Path) -> Start:
    """Begins a run, or goes on with it; a step takes half a minute."""
    text = TuningText.of(files)

    def start(name: str = "adapter", minutes: float = 4, rate: float = 0.01) -> Tuning:
        settings = TuneSettings(checkpoint, minutes, rank=4, alpha=8, rate=rate)
        return Tuning(text, settings, tmp_path / name, recipe, Clock())

    return start


@pytest.mark.slow
def test_the_loss_on_held_out_files_falls(start: Start, tmp_path: Path) -> None:
    told = list[Progress]()
    tuned = start(minutes=36).run(told.append)
    assert tuned.ending == "time"
    assert tuned.progress.best < tuned.progress.before - 0.1
    assert told[0].steps == 1
    assert told[-1] == tuned.progress
    adapter = Adapter.read(tmp_path / "adapter")
    assert (adapter.rank, adapter.alpha, adapter.base) == (4, 8, "checkpoint")
    assert all(up.any() for _, up in adapter.matrices.values())


@pytest.mark.slow
def test_a_model_with_experts_that_is_asked_in_turns_learns_too(
    instructed: Path, files: list[SourceFile], recipe: Recipe, tmp_path: Path
) -> None:
    settings = TuneSettings(instructed, 12, rank=4, alpha=8, rate=0.01)
    tuning = Tuning(TuningText.of(files), settings, tmp_path / "adapter", recipe, Clock())
    progress = tuning.run().progress
    assert progress.best < progress.before - 0.05
    adapter = Adapter.read(tmp_path / "adapter")
    assert not any("experts" in name or "router" in name for name in adapter.matrices)


def test_an_interrupted_run_ends_as_one_that_was_not(start: Start) -> None:
    whole = start("whole")
    whole.run()
    first = start("parts")

    def interrupt(progress: Progress) -> None:
        # past what was saved last, which is learnt again
        if progress.steps == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(interrupt)
    second = start("parts")
    assert 0 < second.steps < 4
    ended = second.run()
    assert ended.progress == whole.progress
    for name, pair in pairs(second.model).items():
        assert torch.equal(pair.up, pairs(whole.model)[name].up), name
    assert start("parts").run() == ended


def test_it_ends_where_held_out_files_get_worse(start: Start, tmp_path: Path) -> None:
    # at this rate they get no better either
    tuned = start(minutes=24, rate=0.0).run()
    assert tuned.ending == "worse"
    assert tuned.progress.minutes < 24
    # what is kept is the best, which was the first: it adds nothing
    assert tuned.progress.best == tuned.progress.before
    assert not any(up.any() for _, up in Adapter.read(tmp_path / "adapter").matrices.values())


def test_what_fills_are_made_with_is_learnt_and_measured(
    start: Start, instructed: Path, files: list[SourceFile], recipe: Recipe, tmp_path: Path
) -> None:
    drafting = start(minutes=1)
    assert isinstance(drafting.phase, MixedPhase)
    with torch.no_grad():
        middles = drafting.phase.causal.evaluate(drafting.model)["held_out_middle"]
    assert drafting.run().progress.before == middles
    settings = TuneSettings(instructed, 1, rank=4, alpha=8)
    denoising = Tuning(TuningText.of(files), settings, tmp_path / "turns", recipe, Clock())
    assert isinstance(denoising.phase, JointPhase)


def test_a_folder_with_another_run_is_refused(start: Start) -> None:
    start(minutes=1).run()
    with pytest.raises(BadRequest, match="holds a run with other files or options"):
        start(minutes=2)
