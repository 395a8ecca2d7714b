"""The places of the command line: `LINE:COL`, `LINE`, `L1:C1-L2:C2` and `KIND@LINE:COL`.

Lines and columns count from 1; columns are characters (Unicode code points). Knows no files, no
documents and no offsets; whether a place exists in a document is seen when it is carved.
"""

import re
from dataclasses import dataclass

from fillwright.engine.syntax.pieces import KINDS, Kind


@dataclass(frozen=True, slots=True, order=True)
class LineColumn:
    """Line and column, both from 1; column 1 stands before the line's first character."""

    line: int
    column: int

    def __post_init__(self) -> None:
        if self.line < 1 or self.column < 1:
            raise ValueError(f"lines and columns count from 1, so {self} is not a position")

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class At:
    """From this position to the end of its line."""

    position: LineColumn

    def __str__(self) -> str:
        return f"--at {self.position}"


@dataclass(frozen=True, slots=True)
class Body:
    """The body of the innermost function around this line."""

    line: int

    def __str__(self) -> str:
        return f"--body {self.line}"


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` up to, and not with, `end`."""

    start: LineColumn
    end: LineColumn

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"the range {self.start}-{self.end} ends before it starts")

    def __str__(self) -> str:
        return f"--range {self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Piece:
    """The innermost piece of a kind around this position."""

    kind: Kind
    position: LineColumn

    def __str__(self) -> str:
        return f"--piece {self.kind}@{self.position}"


Location = At | Body | Range | Piece


def parse_at(text: str) -> At:
    """`12:5` -> At; ValueError with a sentence for anything else."""
    return At(_position(text, f"{text!r} is not LINE:COL, such as 12:5"))


def parse_body(text: str) -> Body:
    """`12` -> Body; ValueError with a sentence for anything else."""
    return Body(_position(f"{text}:1", f"{text!r} is not a line number, such as 12").line)


def parse_range(text: str) -> Range:
    """`12:5-14:1` -> Range; ValueError with a sentence for anything else."""
    expected = f"{text!r} is not L1:C1-L2:C2, such as 12:5-14:1"
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError(expected)
    return Range(_position(start, expected), _position(end, expected))


def parse_piece(text: str) -> Piece:
    """`arguments@12:5` -> Piece; ValueError with a sentence for anything else."""
    kind, at, position = text.partition("@")
    for known in KINDS:
        if at and kind == known:
            expected = f"{text!r} is not KIND@LINE:COL, such as {known}@12:5"
            return Piece(known, _position(position, expected))
    raise ValueError(f"{text!r} is not KIND@LINE:COL; the kinds are {', '.join(KINDS)}")


def _position(text: str, otherwise: str) -> LineColumn:
    # nine digits are more lines than any file has, and keep int() away from its own length limit
    match = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", text)
    if match is None:
        raise ValueError(otherwise)
    return LineColumn(int(match[1]), int(match[2]))
