import pytest

from sudoku.grid import GRIDS
from sudoku.solver import solutions, technique

# from the paper of Felgenhauer and Jarvis: 288 whole grids of 4 x 4
WHOLE_GRIDS_OF_FOUR = 288
# solved by naked singles, by hidden ones, and by neither
EASY = "530070000600195000098000060800060003400803001700020006060000280000419005000080079"
HIDDEN = "000000907000420180000705026100904000050000040000507009920108000034059000507000000"
HARD = "005300000800000020070010500400005300010070006003200080060500009004000030000009700"


def givens(text: str) -> list[int]:
    return [int(each) for each in text]


def test_all_grids_of_four_are_found() -> None:
    found = list(solutions(GRIDS[4], [0] * 16))
    assert len({tuple(grid) for grid in found}) == len(found) == WHOLE_GRIDS_OF_FOUR


@pytest.mark.parametrize("text", [EASY, HIDDEN, HARD])
def test_a_puzzle_has_its_one_solution(text: str) -> None:
    grid = GRIDS[9]
    [found] = solutions(grid, givens(text))
    assert all(sorted(found[place] for place in unit) == list(range(1, 10)) for unit in grid.units)
    assert all(given in (0, symbol) for given, symbol in zip(givens(text), found, strict=True))


def test_a_contradiction_has_none() -> None:
    assert list(solutions(GRIDS[4], [1, 1, *[0] * 14])) == []
    with pytest.raises(ValueError, match="contradict"):
        technique(GRIDS[4], [1, 1, *[0] * 14])


@pytest.mark.parametrize(
    ("text", "needed"), [(EASY, "naked singles"), (HIDDEN, "hidden singles"), (HARD, "more")]
)
def test_the_technique_is_the_hardest_that_is_needed(text: str, needed: str) -> None:
    assert technique(GRIDS[9], givens(text)) == needed
