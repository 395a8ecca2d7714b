"""Unified diffs of text changes whose places are known.

Knows text and offsets; knows no files, no terminals and no colours. Only the changed lines are
compared, so the diff of a huge file costs no more than its holes.
"""

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fillwright.lsp_server.text.changes import TextChange, applied

CONTEXT = 3


def unified_diff(name: str, text: str, changes: Sequence[TextChange]) -> str:
    """What `git diff` would say of `changes` (in order and apart); "" when nothing changes.

    Lines end at "\\n" alone, as in every diff: a "\\r" before it belongs to its line.
    """
    lines = _lines(text)
    blocks = [block for block in _blocks(text, lines, changes) if block.old != block.new]
    shift = 0
    parts = [f"--- a/{name}\n+++ b/{name}\n"] if blocks else []
    for hunk in _hunks(blocks):
        rows = list(_rows(lines, hunk))
        first = max(hunk[0].first - CONTEXT, 0)
        old = sum(mark != "+" for mark, _ in rows)
        new = sum(mark != "-" for mark, _ in rows)
        parts.append(f"@@ -{_extent(first, old)} +{_extent(first + shift, new)} @@\n")
        parts += [mark + _ended(line) for mark, line in rows]
        shift += new - old
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring lines, from index `first`, before and after the changes that touch them."""

    first: int
    old: list[str]
    new: list[str]

    @property
    def last(self) -> int:
        return self.first + len(self.old)


def _blocks(text: str, lines: list[str], changes: Sequence[TextChange]) -> Iterator[_Block]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    # only behind a newline does the end of the text stand on a line of its own
    final = len(lines) - 1 if lines and not lines[-1].endswith("\n") else len(lines)

    def line_of(offset: int) -> int:
        return min(bisect_right(starts, offset) - 1, final)

    def block(together: list[TextChange]) -> _Block:
        first = line_of(together[0].start)
        last = min(line_of(together[-1].end) + 1, len(lines))
        begin = starts[first]
        inside = [TextChange(edit.start - begin, edit.end - begin, edit.text) for edit in together]
        return _Block(first, lines[first:last], _lines(applied(text[begin : starts[last]], inside)))

    together: list[TextChange] = []
    for change in changes:
        if together and line_of(change.start) > line_of(together[-1].end):
            yield block(together)
            together = []
        together.append(change)
    if together:
        yield block(together)


def _hunks(blocks: list[_Block]) -> Iterator[list[_Block]]:
    hunk: list[_Block] = []
    for block in blocks:
        if hunk and block.first - hunk[-1].last > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(block)
    if hunk:
        yield hunk


def _rows(lines: list[str], hunk: list[_Block]) -> Iterator[tuple[str, str]]:
    shown = max(hunk[0].first - CONTEXT, 0)
    for block in hunk:
        yield from ((" ", line) for line in lines[shown : block.first])
        matcher = difflib.SequenceMatcher(None, block.old, block.new, autojunk=False)
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
            if tag == "equal":
                yield from ((" ", line) for line in block.old[old_start:old_end])
            else:
                yield from (("-", line) for line in block.old[old_start:old_end])
                yield from (("+", line) for line in block.new[new_start:new_end])
        shown = block.last
    yield from ((" ", line) for line in lines[shown : shown + CONTEXT])


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _extent(first: int, count: int) -> str:
    # a range without lines is named by the line before it
    start = first + 1 if count else first
    return str(start) if count == 1 else f"{start},{count}"


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
