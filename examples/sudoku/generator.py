"""Makes Sudokus with one solution."""

from dataclasses import dataclass
from random import Random

from board.puzzle import BLANK, Puzzle
from sudoku.grid import Grid
from sudoku.solver import solutions


@dataclass(frozen=True, slots=True)
class Generator:
    """Puzzles of a grid with `fewest` to `most` givens, or a few more where one solution needs
    them."""

    grid: Grid
    fewest: int
    most: int

    def __call__(self, random: Random) -> Puzzle:
        whole = next(solutions(self.grid, [BLANK] * self.grid.places, random))
        count = random.randint(self.fewest, self.most)
        shown = set(random.sample(range(self.grid.places), count))
        while True:
            givens = [each if place in shown else BLANK for place, each in enumerate(whole)]
            other = _other(self.grid, givens, whole)
            if other is None:
                return Puzzle(tuple(givens), tuple(whole))
            differing = [place for place, each in enumerate(whole) if each != other[place]]
            shown.add(random.choice(differing))


def _other(grid: Grid, givens: list[int], whole: list[int]) -> list[int] | None:
    """A solution that is not `whole`, if there is one."""
    return next((other for other in solutions(grid, givens) if other != whole), None)
