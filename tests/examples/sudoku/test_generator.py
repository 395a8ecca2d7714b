from random import Random

import pytest

from sudoku.generator import Generator
from sudoku.grid import GRIDS
from sudoku.solver import solutions


@pytest.mark.parametrize(("size", "fewest", "most"), [(4, 4, 8), (6, 10, 20), (9, 30, 45)])
def test_generated_puzzles_have_one_solution(size: int, fewest: int, most: int) -> None:
    draw, random = Generator(GRIDS[size], fewest, most), Random(3)
    drawn = [draw(random) for _ in range(10)]
    for puzzle in drawn:
        assert [tuple(each) for each in solutions(GRIDS[size], puzzle.givens)] == [puzzle.solution]
        assert puzzle.given >= fewest
    assert len({puzzle.solution for puzzle in drawn}) > 5


def test_few_givens_are_dug_for() -> None:
    draw, random = Generator(GRIDS[9], 24, 26), Random(3)
    assert sum(draw(random).given for _ in range(5)) / 5 < 28
