"""The tokens of a board, and the noise in its open places.

Every place has tokens of its own, a blank and each symbol, so that the network need not count to
know where it is. Knows nothing of rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fillwright.kernels.arrays import (
    Array,
    RandomNumbers,
    namespace,
    placed,
    random_integers,
    random_shares,
)


@dataclass(frozen=True, slots=True)
class BoardTokens:
    """Ids are `place * (symbols + 1) + symbol`, where the symbol 0 is the blank."""

    places: int
    symbols: int

    @property
    def vocabulary(self) -> int:
        return self.places * (self.symbols + 1)

    def ids(self, board: Sequence[int]) -> list[int]:
        """Of a board, one symbol per place."""
        return [place * (self.symbols + 1) + symbol for place, symbol in enumerate(board)]

    def board(self, ids: Sequence[int]) -> tuple[int, ...]:
        """The symbols of tokens; a token of another place counts as its symbol."""
        return tuple(token % (self.symbols + 1) for token in ids)


@dataclass(frozen=True, slots=True)
class PlaceNoise:
    """At each place its blank, but with probability `symbol_share` any symbol of the place: the
    hybrid law of the embedded model, place by place."""

    tokens: BoardTokens
    symbol_share: float

    def draw(self, shape: Sequence[int], generator: RandomNumbers) -> Array:
        """int64 of `shape` [..., places]."""
        symbols = random_integers(self.tokens.symbols, shape, generator) + 1
        replaced = random_shares(shape, generator) < self.symbol_share
        blanks = placed(np.array(self.tokens.ids([0] * self.tokens.places)), generator)
        return blanks + namespace(symbols).where(replaced, symbols, 0)
