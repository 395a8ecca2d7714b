"""How many held-out puzzles a network solves, by givens, by technique and by steps."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from board.puzzle import Puzzle, puzzles
from board.solving import drafts, settings_of, solve_causally, solve_from_left
from board.tokens import BoardTokens
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from sudoku.generator import Generator
from sudoku.grid import Grid
from sudoku.solver import technique

SEED = 2_000_000_011
"""Of the puzzles that are scored: no batch of training and no measure while training has it."""
AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Outcome:
    """One puzzle: its difficulty; `solved_at` is the first denoise step after which the board is
    right for good, None where it never is; `steps` are all that were taken. The others say whether
    the same weights solve it from the left; None where that was not tried."""

    givens: int
    technique: str
    solved_at: int | None
    steps: int
    from_left: bool | None = None
    causal: bool | None = None


def held_out(grid: Grid, givens: Sequence[int], count: int) -> list[Puzzle]:
    """The first puzzles with `givens`, the fewest and the most, that no training has."""
    fewest, most = givens
    return list(islice(puzzles(Generator(grid, fewest, most), SEED), count))


def outcomes(
    model: DiffusionGemma, grid: Grid, asked: Sequence[Puzzle], steps: int, beside: int
) -> Iterator[Outcome]:
    """Of every puzzle; of the first `beside` ones from left to right too."""
    tokens = BoardTokens(grid.places, grid.size)
    for start in range(0, len(asked), AT_ONCE):
        some = asked[start : start + AT_ONCE]
        rights = np.array([tokens.ids(puzzle.solution) for puzzle in some])
        right = [
            ((step.argmax_canvas.numpy() == rights).all(1), step.done.numpy())
            for step in drafts(model, tokens, some, settings_of(tokens, steps))
        ]
        few = some[: max(0, beside - start)]
        from_left = solve_from_left(model, tokens, few) if few else []
        causally = solve_causally(model, tokens, few)
        for index, puzzle in enumerate(some):
            taken = next((n for n, (_, done) in enumerate(right, 1) if done[index]), len(right))
            wrong = [n for n, (each, _) in enumerate(right, 1) if not each[index]]
            last = wrong[-1] if wrong else 0
            yield Outcome(
                puzzle.given,
                technique(grid, puzzle.givens),
                last + 1 if last < len(right) else None,
                taken,
                from_left[index] == puzzle.solution if index < len(few) else None,
                causally[index] == puzzle.solution if index < len(few) else None,
            )


def table(found: Iterable[Outcome], by_steps: Sequence[int] = (1, 2, 4, 8, 16, 32, 48)) -> str:
    """As text: one line for all, each range of givens and each technique."""
    every = list(found)
    groups = {"all": every}
    for low in range(15, 82, 5):
        groups[f"{low} to {low + 4} givens"] = [o for o in every if low <= o.givens < low + 5]
    for name in ("naked singles", "hidden singles", "more"):
        groups[name] = [o for o in every if o.technique == name]
    head = "".join(f"{n:>7}" for n in by_steps)
    lines = [f"{'':20} {'puzzles':>7} {'solved':>7} {'steps':>6} {'left':>7} {'causal':>7} |{head}"]
    for name, some in groups.items():
        if some:
            solved = [o.solved_at is not None for o in some]
            cells = "".join(
                f"{_share([o.solved_at is not None and o.solved_at <= n for o in some]):>7}"
                for n in by_steps
            )
            lines.append(
                f"{name:20} {len(some):7} {_share(solved):>7} "
                f"{sum(o.steps for o in some) / len(some):6.1f} "
                f"{_share([o.from_left for o in some]):>7} "
                f"{_share([o.causal for o in some]):>7} |{cells}"
            )
    return "\n".join(lines)


def _share(solved: Sequence[bool | None]) -> str:
    known = [each for each in solved if each is not None]
    return f"{sum(known) / len(known):.1%}" if known else "-"
