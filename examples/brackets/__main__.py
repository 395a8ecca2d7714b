"""Typed brackets by denoising: run `python -m brackets` in `examples`, with Fillwright's Python."""

import argparse
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch

from board.learning import BoardTask
from board.network import BoardShape
from board.puzzle import puzzles
from board.solving import settings_of, solve_causally, solve_from_left, solve_together
from board.tokens import BoardTokens
from board.training import Pace, add_pace, train, trained
from brackets.strings import TYPES, Generator, as_text, solves
from fillwright.engine.diffusion import DenoiseSettings

LENGTH = 24
TASK = BoardTask(
    BoardTokens(LENGTH, 2 * TYPES), Generator(LENGTH, 0, 20), solves, (tuple(range(LENGTH)),)
)
SHAPE = BoardShape(hidden_size=96, layers=4, heads=3, intermediate_size=96)
SEED = 2_000_000_011
AT_ONCE = 50


def main() -> None:
    arguments = _parser().parse_args()
    torch.set_num_threads(1)
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m brackets", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("../.training/brackets"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    learn = commands.add_parser("train", help="learn for a while; goes on from the last time")
    add_pace(learn)
    learn.set_defaults(run=_train)
    score = commands.add_parser("score", help="complete strings, and say how many are balanced")
    score.add_argument("--puzzles", type=int, default=1000)
    score.add_argument("--givens", type=int, nargs=2, default=(6, 12), metavar=("FEWEST", "MOST"))
    score.set_defaults(run=_score)
    return parser


def cooler(settings: DenoiseSettings) -> DenoiseSettings:
    """Where many strings are right, every open place is uncertain. At the usual temperatures what
    was accepted is then let go again; these were chosen among nine pairs, on 60 strings that are
    not scored."""
    return replace(settings, entropy_bound=0.01, t_min=0.1, t_max=0.2)


def _train(arguments: argparse.Namespace) -> None:
    pace = Pace(arguments.minutes, arguments.decay_minutes, rows=12)
    train(TASK, SHAPE, pace, arguments.folder)


def _score(arguments: argparse.Namespace) -> None:
    model, tokens = trained(TASK, arguments.folder), TASK.tokens
    draw = Generator(LENGTH, *arguments.givens)
    asked = list(islice(puzzles(draw, SEED), arguments.puzzles))
    solved = dict.fromkeys(("together", "usual settings", "from the left", "causally"), 0)
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        usual = settings_of(tokens)
        boards = {
            "together": solve_together(model, tokens, some, cooler(usual)),
            "usual settings": solve_together(model, tokens, some, usual),
            "from the left": solve_from_left(model, tokens, some),
            "causally": solve_causally(model, tokens, some),
        }
        for way, found in boards.items():
            solved[way] += sum(map(solves, some, found))
        if start == 0:
            print(as_text(some[0].givens), as_text(boards["together"][0]), sep="\n")
    for way, count in solved.items():
        print(f"{way:14} {count / len(asked):6.1%} of {len(asked)}")


if __name__ == "__main__":
    main()
