"""Strings of typed brackets: drawn at random, and judged.

Symbols are 1 to 6: the openings `( [ {`, then the closings `) ] }`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from board.puzzle import BLANK, Puzzle

SHAPES = "([{)]}"
TYPES = 3


@dataclass(frozen=True, slots=True)
class Generator:
    """Balanced strings of a length, of which `fewest` to `most` symbols are given. There may be
    other strings that fit what is given."""

    length: int
    fewest: int
    most: int

    def __call__(self, random: Random) -> Puzzle:
        whole = self._balanced(random)
        shown = set(random.sample(range(self.length), random.randint(self.fewest, self.most)))
        givens = (each if place in shown else BLANK for place, each in enumerate(whole))
        return Puzzle(tuple(givens), tuple(whole))

    def _balanced(self, random: Random) -> list[int]:
        """Opens with even chances wherever it may open or close."""
        written, open_ = list[int](), list[int]()
        for left in range(self.length, 0, -1):
            must_open, must_close = not open_, len(open_) == left
            if must_open or (not must_close and random.random() < 0.5):
                open_.append(random.randint(1, TYPES))
                written.append(open_[-1])
            else:
                written.append(open_.pop() + TYPES)
        return written


def is_balanced(symbols: Sequence[int]) -> bool:
    """Whether every bracket is closed by one of its type, inside of what is around it."""
    open_ = list[int]()
    for symbol in symbols:
        if symbol <= TYPES:
            open_.append(symbol)
        elif not open_ or open_.pop() != symbol - TYPES:
            return False
    return not open_


def solves(puzzle: Puzzle, symbols: Sequence[int]) -> bool:
    """Whether a string is balanced and has what is given."""
    kept = zip(puzzle.givens, symbols, strict=True)
    return is_balanced(symbols) and all(given in (BLANK, symbol) for given, symbol in kept)


def as_text(symbols: Sequence[int]) -> str:
    return "".join("." if symbol == BLANK else SHAPES[symbol - 1] for symbol in symbols)
