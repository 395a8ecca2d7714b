"""Makes Sudokus with one solution."""

from collections.abc import Sequence
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
        shown = random.sample(range(self.grid.places), count)
        while (other := self._other(shown, whole)) is not None:
            differing = [place for place, each in enumerate(whole) if each != other[place]]
            shown.append(random.choice(differing))
        for place in random.sample(shown, len(shown)):
            if len(shown) == count:
                break
            fewer = [each for each in shown if each != place]
            if self._other(fewer, whole) is None:
                shown = fewer
        return Puzzle(tuple(self._givens(shown, whole)), tuple(whole))

    def _givens(self, shown: Sequence[int], whole: Sequence[int]) -> list[int]:
        seen = set(shown)
        return [each if place in seen else BLANK for place, each in enumerate(whole)]

    def _other(self, shown: Sequence[int], whole: list[int]) -> list[int] | None:
        """A solution that is not `whole`, if what is shown allows one."""
        found = solutions(self.grid, self._givens(shown, whole))
        return next((other for other in found if other != whole), None)
