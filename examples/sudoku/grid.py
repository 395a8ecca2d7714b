"""The places of a Sudoku and which of them must differ. Knows no puzzles."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Grid:
    """Boxes of `height` rows and `width` columns; the grid is height * width places long and
    wide."""

    height: int
    width: int

    @property
    def size(self) -> int:
        return self.height * self.width

    @property
    def places(self) -> int:
        return self.size**2

    @cached_property
    def row(self) -> tuple[int, ...]:
        """Of every place."""
        return tuple(place // self.size for place in range(self.places))

    @cached_property
    def column(self) -> tuple[int, ...]:
        return tuple(place % self.size for place in range(self.places))

    @cached_property
    def box(self) -> tuple[int, ...]:
        rows = zip(self.row, self.column, strict=True)
        return tuple(r // self.height * self.height + c // self.width for r, c in rows)

    @cached_property
    def units(self) -> tuple[tuple[int, ...], ...]:
        """The places of every row, column and box: each symbol once in each."""
        return tuple(
            tuple(place for place in range(self.places) if of[place] == number)
            for of in (self.row, self.column, self.box)
            for number in range(self.size)
        )

    @cached_property
    def peers(self) -> tuple[tuple[int, ...], ...]:
        """For every place, the others that it shares a unit with."""
        return tuple(
            tuple(
                sorted({other for unit in self.units if place in unit for other in unit} - {place})
            )
            for place in range(self.places)
        )


GRIDS = {4: Grid(2, 2), 6: Grid(2, 3), 9: Grid(3, 3)}
