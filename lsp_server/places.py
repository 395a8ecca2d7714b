"""The places of the command line: `LINE:COL`, `LINE` and `L1:C1-L2:C2`, all counted from 1.

Columns are characters (Unicode code points). Knows no files, no documents and no offsets; whether a
place exists in a document is seen when it is carved.
"""

import re
from dataclasses import dataclass


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


Place = At | Body | Range


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


def _position(text: str, otherwise: str) -> LineColumn:
    # nine digits are more lines than any file has, and keep int() away from its own length limit
    match = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", text)
    if match is None:
        raise ValueError(otherwise)
    return LineColumn(int(match[1]), int(match[2]))
