"""Lines and columns: between an editor's positions and character offsets of a text.

A line ends with `\\r\\n`, `\\n` or `\\r` and with nothing else (form feeds and U+2028 are ordinary
characters), as the Language Server Protocol has it. Knows no protocol types and no documents.
"""

import re
from bisect import bisect_right
from enum import StrEnum
from typing import NamedTuple

LINE_END = re.compile(r"\r\n|\n|\r")


class Position(NamedTuple):
    """A place in a text: line from 0, column from 0 in the units of a `PositionEncoding`."""

    line: int
    column: int


class PositionEncoding(StrEnum):
    """What a column counts: bytes, UTF-16 code units or code points."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"

    def units(self, text: str) -> int:
        """How many columns `text` takes."""
        if self is PositionEncoding.UTF32 or text.isascii():
            return len(text)
        if self is PositionEncoding.UTF8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def characters(self, line: str, column: int) -> int:
        """How many characters of `line` end at or before `column`."""
        if self is PositionEncoding.UTF32 or line.isascii():
            return min(max(column, 0), len(line))
        ends = range(1, len(line) + 1)
        return bisect_right(ends, column, key=lambda end: self.units(line[:end]))


class LineIndex:
    """Where the lines of one text start. Immutable; an edit gives a new index."""

    def __init__(self, text: str, starts: list[int] | None = None) -> None:
        self.text = text
        self.starts = starts or [0, *(match.end() for match in LINE_END.finditer(text))]

    def __len__(self) -> int:
        """The number of lines: one more than there are line ends."""
        return len(self.starts)

    def line_of(self, offset: int) -> int:
        """The line that holds the character offset; a line end belongs to the line it ends."""
        return bisect_right(self.starts, offset) - 1

    def end_of(self, line: int) -> int:
        """The offset of the line's end mark, or of the end of the text."""
        end = self.next_start(line)
        if self.text.endswith("\r\n", self.starts[line], end):
            return end - 2
        return end - self.text.endswith(("\n", "\r"), self.starts[line], end)

    def next_start(self, line: int) -> int:
        """Where the following line starts, or the end of the text."""
        return self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)

    def content(self, line: int) -> str:
        """The line without its end mark."""
        return self.text[self.starts[line] : self.end_of(line)]

    def offset(self, position: Position, encoding: PositionEncoding) -> int:
        """The character offset of a position.

        Clamped as the protocol says: a line before the first is the start of the text and one past
        the last its end, a column past the end of its line is the line's end. A column inside a
        character is the character's start.
        """
        if position.line < 0:
            return 0
        if position.line >= len(self):
            return len(self.text)
        line = self.content(position.line)
        return self.starts[position.line] + encoding.characters(line, position.column)

    def position(self, offset: int, encoding: PositionEncoding) -> Position:
        """The position of a character offset, clamped to the text; inside `\\r\\n` it is before."""
        line = self.line_of(min(max(offset, 0), len(self.text)))
        start = self.starts[line]
        end = max(start, min(offset, self.end_of(line)))
        return Position(line, encoding.units(self.text[start:end]))

    def lines_touched(self, start: int, end: int) -> tuple[int, int]:
        """First and last line whose extent can change when `start..end` is replaced.

        The line before counts when `start` is at a line's start: a `\\r` at its end may meet a
        `\\n`.
        """
        return self.line_of(max(start - 1, 0)), self.line_of(end)

    def replaced(self, start: int, end: int, text: str) -> "LineIndex":
        """The index of the text in which `text` stands for `start..end`.

        Only the lines touched are searched for line ends; the starts after them are shifted.
        """
        whole = self.text[:start] + text + self.text[end:]
        grown = len(whole) - len(self.text)
        first, last = self.lines_touched(start, end)
        region = range(self.starts[first], self.next_start(last) + grown)
        found = [match.end() for match in LINE_END.finditer(whole, region.start, region.stop)]
        after = [place + grown for place in self.starts[last + 2 :]]
        return LineIndex(whole, [*self.starts[: first + 1], *found, *after])
