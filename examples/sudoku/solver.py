"""Solves a Sudoku by elimination and search, and says which technique it needs.

Candidates are bits: symbol s is 1 << s - 1.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Literal

from sudoku.grid import Grid

Technique = Literal["naked singles", "hidden singles", "more"]
"""The most that is needed: a place with one symbol left; a symbol with one place left in a unit;
or pairs, chains, trying out."""


def solutions(
    grid: Grid, givens: Sequence[int], random: Random | None = None
) -> Iterator[list[int]]:
    """All of them, in an order of symbols that is random if `random` is there."""
    left = _candidates(grid, givens)
    if left is not None:
        yield from _search(grid, left, random)


def technique(grid: Grid, givens: Sequence[int]) -> Technique:
    """Of a puzzle with one solution."""
    left = _candidates(grid, givens)
    if left is None:
        raise ValueError("the givens contradict each other")
    if all(_settled(bits) for bits in left):
        return "naked singles"
    while _place_hidden(grid, left):
        if all(_settled(bits) for bits in left):
            return "hidden singles"
    return "more"


def _candidates(grid: Grid, givens: Sequence[int]) -> list[int] | None:
    """What naked singles leave; None where they contradict each other."""
    left = [(1 << grid.size) - 1] * grid.places
    for place, symbol in enumerate(givens):
        if symbol and not _assign(grid, left, place, 1 << symbol - 1):
            return None
    return left


def _assign(grid: Grid, left: list[int], place: int, bit: int) -> bool:
    """Put a symbol down and all that follows by naked singles; False on a contradiction."""
    if not left[place] & bit:
        return False
    left[place] = bit
    queue = [place]
    while queue:
        place = queue.pop()
        bit = left[place]
        for peer in grid.peers[place]:
            if left[peer] & bit:
                left[peer] ^= bit
                if not left[peer]:
                    return False
                if _settled(left[peer]):
                    queue.append(peer)
    return True


def _settled(bits: int) -> bool:
    return not bits & (bits - 1)


def _place_hidden(grid: Grid, left: list[int]) -> bool:
    """Put down every symbol that has one place left in a unit; whether there was one."""
    found = False
    for unit in grid.units:
        once = twice = 0
        for place in unit:
            twice |= once & left[place]
            once |= left[place]
        for place in unit:
            bit = left[place] & once & ~twice
            if bit and not _settled(left[place]):
                found = _assign(grid, left, place, bit & -bit) or found
    return found


def _search(grid: Grid, left: list[int], random: Random | None) -> Iterator[list[int]]:
    open_places = [place for place, bits in enumerate(left) if not _settled(bits)]
    if not open_places:
        yield [bits.bit_length() for bits in left]
        return
    place = min(open_places, key=lambda place: left[place].bit_count())
    bits = [1 << number for number in range(grid.size) if left[place] >> number & 1]
    if random is not None:
        random.shuffle(bits)
    for bit in bits:
        tried = list(left)
        if _assign(grid, tried, place, bit):
            yield from _search(grid, tried, random)
