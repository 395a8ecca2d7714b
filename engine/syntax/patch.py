"""A text in which one place changes again and again, each time parsed in less than a millisecond.

Knows bytes and grammars; knows no tokens and no documents.
"""

from tree_sitter import Parser, Point, Tree


class Patch:
    """`before` and `after` stand around the place; `parser` is this thread's own. `tree` is
    that of the text which was tried last."""

    def __init__(self, parser: Parser, before: bytes, after: bytes) -> None:
        self._parser, self._before, self._after = parser, before, after
        self._start = _moved(Point(0, 0), before)
        self._text, self.tree = b"", parser.parse(before + after)

    def parse(self, text: bytes) -> Tree:
        """The tree with `text` in the place."""
        start, end = len(self._before), len(self._before) + len(self._text)
        self.tree.edit(
            start_byte=start,
            old_end_byte=end,
            new_end_byte=start + len(text),
            start_point=self._start,
            old_end_point=_moved(self._start, self._text),
            new_end_point=_moved(self._start, text),
        )
        self._text = text
        self.tree = self._parser.parse(self._before + text + self._after, self.tree)
        return self.tree


def _moved(start: Point, text: bytes) -> Point:
    """Where a text ends that begins at `start`; columns count bytes."""
    rows = text.count(b"\n")
    column = len(text) - text.rfind(b"\n") - 1
    return Point(start.row + rows, column if rows else start.column + column)
