from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from board.network import BoardShape
from board.solving import settings_of, solve_causally, solve_from_left, solve_together
from board.training import Pace, begun, trained
from fillwright.engine.training.train import gradients
from sudoku.__main__ import task_of
from sudoku.grid import GRIDS
from sudoku.scores import held_out, outcomes, table

pytestmark = pytest.mark.slow
FOUR = GRIDS[4]
TINY = BoardShape(hidden_size=64, layers=2, heads=2, intermediate_size=64)


@pytest.fixture(autouse=True)
def eager() -> Iterator[None]:
    with torch.compiler.set_stance("force_eager"):
        yield


def learn(folder: Path, steps: int) -> list[float]:
    """So many steps on from what is in the folder; gives the losses."""
    run, phase = begun(task_of(FOUR), TINY, Pace(minutes=1, decay_minutes=0, rows=8), folder)
    losses = []
    for _ in range(steps):
        losses.append(gradients(run.model, phase).item())
        run.optimizer.step(1.0)
        run.steps += 1
    run.save()
    return losses


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What some steps teach the smallest network."""
    folder = tmp_path_factory.mktemp("sudoku-4")
    with torch.compiler.set_stance("force_eager"):
        losses = learn(folder, 150)
    assert sum(losses[-10:]) < sum(losses[:10]) / 3
    return folder


def test_a_run_in_parts_learns_what_one_without_a_pause_learns(tmp_path: Path) -> None:
    whole = learn(tmp_path / "whole", 6)
    assert learn(tmp_path / "parts", 4) + learn(tmp_path / "parts", 2) == whole


def test_the_measure_is_of_other_puzzles_and_the_same_each_time(learnt: Path) -> None:
    run, phase = begun(task_of(FOUR), TINY, Pace(minutes=1, decay_minutes=0), learnt)
    first = phase.evaluate(run.model)
    assert first == phase.evaluate(run.model)
    assert first["held_out_t0.2"] < first["held_out_t1.0"] < 2.0
    assert 0 <= first["solved"] <= 1


def test_most_small_boards_are_solved_with_what_is_given_kept(learnt: Path) -> None:
    task = task_of(FOUR)
    model, asked = trained(task, learnt), held_out(FOUR, (8, 12), 20)
    together = solve_together(model, task.tokens, asked, settings_of(task.tokens))
    assert sum(map(task.solves, asked, together)) >= 10
    for solve in (solve_from_left, solve_causally):
        boards = solve(model, task.tokens, asked)
        assert sum(map(task.solves, asked, boards)) >= 1
        for puzzle, board in zip(asked, boards, strict=True):
            pairs = zip(puzzle.givens, board, strict=True)
            assert all(given in (0, symbol) for given, symbol in pairs)


def test_outcomes_say_when_a_board_was_right(learnt: Path) -> None:
    model = trained(task_of(FOUR), learnt)
    found = list(outcomes(model, FOUR, held_out(FOUR, (8, 12), 10), steps=12, beside=3))
    assert len(found) == 10
    assert [each.causal is None for each in found] == [False] * 3 + [True] * 7
    assert all(each.solved_at is None or 1 <= each.solved_at <= 12 for each in found)
    said = table(found)
    assert "all                       10" in said
    assert "naked singles             10" in said
