from random import Random

import pytest

from board.puzzle import Puzzle
from brackets.strings import SHAPES, Generator, as_text, is_balanced, solves


def symbols(text: str) -> list[int]:
    return [SHAPES.index(each) + 1 for each in text]


@pytest.mark.parametrize("text", ["", "()", "([]){}", "{[()()]}"])
def test_balanced_strings_are_told(text: str) -> None:
    assert is_balanced(symbols(text))


@pytest.mark.parametrize("text", ["(", ")", ")(", "(]", "([)]", "(()"])
def test_others_are_not(text: str) -> None:
    assert not is_balanced(symbols(text))


def test_drawn_strings_are_balanced_and_have_so_many_givens() -> None:
    draw, random = Generator(24, 3, 9), Random(0)
    drawn = [draw(random) for _ in range(50)]
    for puzzle in drawn:
        assert is_balanced(puzzle.solution)
        assert 3 <= puzzle.given <= 9
    assert len({puzzle.solution for puzzle in drawn}) == 50
    assert {symbol for puzzle in drawn for symbol in puzzle.solution} == set(range(1, 7))


def test_any_balanced_string_with_what_is_given_is_a_solution() -> None:
    puzzle = Puzzle((1, 0, 0, 0), tuple(symbols("()[]")))
    assert solves(puzzle, symbols("(())"))
    assert not solves(puzzle, symbols("[()]"))
    assert not solves(puzzle, symbols("((]]"))
    assert as_text(puzzle.givens) == "(..."
