"""Sudoku by denoising: run `python -m sudoku` in `examples`, with Fillwright's own Python.

Everything lies in one folder (`.training/sudoku-9`): `state.pt` to go on from, `curve.jsonl`, and
`scores.jsonl`.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch

from board.learning import BoardTask
from board.network import BoardShape
from board.puzzle import Puzzle
from board.solving import drafts, settings_of
from board.tokens import BoardTokens
from board.training import Pace, add_pace, train, trained
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from sudoku.generator import Generator
from sudoku.grid import GRIDS, Grid
from sudoku.picture import Drawn, as_svg, as_text
from sudoku.scores import held_out, outcomes, table

TRAINED_ON = {4: (4, 12), 6: (10, 28), 9: (30, 55)}
"""The fewest and the most givens of the puzzles that are learnt, by the grid's size."""
SHAPES = {
    4: BoardShape(hidden_size=64, layers=3, heads=2, intermediate_size=96),
    6: BoardShape(hidden_size=96, layers=3, heads=3, intermediate_size=96),
    9: BoardShape(hidden_size=128, layers=4, heads=4, intermediate_size=128),
}
PICTURE_STEPS = (1, 2, 4, 8)


def main() -> None:
    arguments = _parser().parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.folder = arguments.folder or Path(f"../.training/sudoku-{arguments.size}")
    arguments.run(arguments, GRIDS[arguments.size])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sudoku",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", type=int, choices=tuple(GRIDS), default=9)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    learn = commands.add_parser("train", help="learn for a while; goes on from the last time")
    add_pace(learn)
    learn.set_defaults(run=_train)

    score = commands.add_parser("score", help="solve held-out puzzles, and say how many are right")
    score.add_argument("--puzzles", type=int, default=1000)
    score.add_argument("--givens", type=int, nargs=2, default=(36, 45), metavar=("FEWEST", "MOST"))
    score.add_argument("--steps", type=int, default=48)
    score.add_argument(
        "--beside", type=int, default=100, help="puzzles to solve from left to right too"
    )
    score.set_defaults(run=_score)

    show = commands.add_parser("show", help="solve one puzzle, step by step")
    show.add_argument("--number", type=int, default=0)
    show.add_argument("--givens", type=int, nargs=2, default=(30, 35), metavar=("FEWEST", "MOST"))
    show.add_argument("--svg", type=Path, metavar="FILE", help="draw it")
    show.set_defaults(run=_show)
    return parser


def task_of(grid: Grid) -> BoardTask:
    fewest, most = TRAINED_ON[grid.size]
    return BoardTask(
        BoardTokens(grid.places, grid.size),
        Generator(grid, fewest, most),
        lambda puzzle, board: board == puzzle.solution,
        (grid.row, grid.column, grid.box),
    )


def _train(arguments: argparse.Namespace, grid: Grid) -> None:
    pace = Pace(arguments.minutes, arguments.decay_minutes)
    train(task_of(grid), SHAPES[grid.size], pace, arguments.folder)


def _score(arguments: argparse.Namespace, grid: Grid) -> None:
    model = trained(task_of(grid), arguments.folder)
    asked = held_out(grid, arguments.givens, arguments.puzzles)
    found = []
    with (arguments.folder / "scores.jsonl").open("w", encoding="utf-8") as lines:
        for outcome in outcomes(model, grid, asked, arguments.steps, arguments.beside):
            found.append(outcome)
            lines.write(json.dumps(asdict(outcome)) + "\n")
            lines.flush()
    print(table(found))


def _show(arguments: argparse.Namespace, grid: Grid) -> None:
    model = trained(task_of(grid), arguments.folder)
    puzzle = held_out(grid, arguments.givens, arguments.number + 1)[-1]
    steps = list(_drawn(model, grid, puzzle))
    for drawn in steps:
        print(f"\nstep {drawn.step}\n{as_text(grid, puzzle, drawn)}")
    print("\nsolved" if steps[-1].board == puzzle.solution else "\nnot solved")
    if arguments.svg:
        some = [drawn for drawn in steps[:-1] if drawn.step in PICTURE_STEPS] + steps[-1:]
        arguments.svg.write_text(as_svg(grid, puzzle, some), encoding="utf-8")


def _drawn(model: DiffusionGemma, grid: Grid, puzzle: Puzzle) -> Iterator[Drawn]:
    tokens = BoardTokens(grid.places, grid.size)
    for step in drafts(model, tokens, [puzzle], settings_of(tokens)):
        board = tokens.board(step.argmax_canvas[0].tolist())
        yield Drawn(step.step, board, tuple(step.accepted_token_mask[0].tolist()))


if __name__ == "__main__":
    main()
