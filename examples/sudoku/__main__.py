"""`python -m sudoku train | score | show`: in `examples`, with Fillwright's Python."""

import argparse
from pathlib import Path

import torch

from board.learning import BoardTask
from board.network import BoardShape
from board.tokens import BoardTokens
from board.training import Pace, train
from sudoku.generator import Generator
from sudoku.grid import GRIDS, Grid

TRAINED_ON = {4: (4, 12), 6: (10, 28), 9: (30, 55)}


def task_of(grid: Grid) -> BoardTask:
    fewest, most = TRAINED_ON[grid.size]
    return BoardTask(
        BoardTokens(grid.places, grid.size),
        Generator(grid, fewest, most),
        lambda puzzle, board: board == puzzle.solution,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="sudoku", description=__doc__)
    parser.add_argument("command", choices=("train",))
    parser.add_argument("--size", type=int, choices=tuple(GRIDS), default=9)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--decay-minutes", type=float, default=20)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--inter", type=int, default=192)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--canvases", type=int, default=6)
    parser.add_argument("--rate", type=float, default=1)
    a = parser.parse_args()
    torch.set_num_threads(1)
    grid = GRIDS[a.size]
    kinds = (grid.row, grid.column, grid.box)
    folder = a.folder or Path(f"../.training/sudoku-{a.size}")
    train(
        task_of(grid),
        kinds,
        BoardShape(a.hidden, a.layers, a.hidden // 32, a.inter),
        Pace(a.minutes, a.decay_minutes, a.rows, a.canvases, a.rate),
        folder,
    )


if __name__ == "__main__":
    main()
