"""A board as it converges: as text, and as one SVG of several steps of a real run."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from board.puzzle import BLANK, Puzzle
from sudoku.grid import Grid

CELL, GAP, HEAD = 22, 26, 24
COLOURS = {"given": "#24292f", "kept": "#1a7f37", "guess": "#9aa1a9", "wrong": "#cf222e"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A board after `step`: its likeliest symbols, and which places were accepted."""

    step: int
    board: tuple[int, ...]
    accepted: tuple[bool, ...]


def as_text(grid: Grid, puzzle: Puzzle, drawn: Drawn) -> str:
    """Given and accepted symbols; a dot for every other place."""
    shown = [
        str(symbol) if given != BLANK or accepted else "."
        for symbol, given, accepted in zip(drawn.board, puzzle.givens, drawn.accepted, strict=True)
    ]
    lines = [" ".join(shown[at : at + grid.size]) for at in range(0, grid.places, grid.size)]
    return "\n".join(lines)


def as_svg(grid: Grid, puzzle: Puzzle, steps: Sequence[Drawn]) -> str:
    """One board beside the other. What is given is bold, what was accepted at the step is green,
    what was not is grey, and what the solution contradicts red."""
    side = grid.size * CELL
    width, height = len(steps) * (side + GAP) + GAP, side + HEAD + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="ui-monospace, monospace" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, drawn in enumerate(steps):
        left = GAP + number * (side + GAP)
        title = escape(f"step {drawn.step}")
        parts.append(f'<text x="{left}" y="{HEAD - 8}" fill="#57606a">{title}</text>')
        parts += _lines(grid, left)
        for place in range(grid.places):
            kind = _kind(puzzle, drawn, place)
            x = left + (place % grid.size) * CELL + CELL / 2
            y = HEAD + (place // grid.size) * CELL + CELL * 0.7
            weight = ' font-weight="bold"' if kind == "given" else ""
            parts.append(
                f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="{COLOURS[kind]}"{weight}>'
                f"{drawn.board[place]}</text>"
            )
    return "\n".join([*parts, "</svg>\n"])


def _kind(puzzle: Puzzle, drawn: Drawn, place: int) -> str:
    if puzzle.givens[place] != BLANK:
        return "given"
    if drawn.board[place] != puzzle.solution[place]:
        return "wrong"
    return "kept" if drawn.accepted[place] else "guess"


def _lines(grid: Grid, left: float) -> list[str]:
    side, found = grid.size * CELL, []
    for number in range(grid.size + 1):
        at = number * CELL
        across, down = (1.6 if number % each == 0 else 0.4 for each in (grid.height, grid.width))
        found.append(
            f'<path d="M{left} {HEAD + at}h{side}" stroke="#57606a" stroke-width="{across}"/>'
        )
        found.append(
            f'<path d="M{left + at} {HEAD}v{side}" stroke="#57606a" stroke-width="{down}"/>'
        )
    return found
