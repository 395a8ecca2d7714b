"""A board with some symbols given, and the whole of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

BLANK = 0


@dataclass(frozen=True, slots=True)
class Puzzle:
    """`givens` and `solution` have one symbol per place, 1 and up; BLANK where nothing is given.

    Raises ValueError when the solution has a blank or contradicts a given.
    """

    givens: tuple[int, ...]
    solution: tuple[int, ...]

    def __post_init__(self) -> None:
        pairs = zip(self.givens, self.solution, strict=True)
        if BLANK in self.solution or any(given not in (BLANK, true) for given, true in pairs):
            raise ValueError("a solution has every symbol, and the given ones where they stand")

    @property
    def given(self) -> int:
        """How many symbols are given."""
        return len(self.givens) - self.givens.count(BLANK)


Draw = Callable[[Random], Puzzle]
"""Makes a puzzle of random numbers."""
Solves = Callable[[Puzzle, Sequence[int]], bool]
"""Whether a filled board is a solution."""


def puzzles(draw: Draw, seed: int) -> Iterator[Puzzle]:
    """Endless, the same for the same seed."""
    random = Random(seed)
    while True:
        yield draw(random)
