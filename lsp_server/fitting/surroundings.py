"""The part of a document that says whether a fill fits: what is near the hole, and what it is in.

Knows documents and trees, no fills. Where a node has many children, those far from the hole are
left out, at every level. So a trial in a long file, or in one long class, costs as much as in a
short one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tree_sitter import Node, Tree

from fillwright.engine.request import Hole
from fillwright.engine.syntax.blocks import is_comment
from fillwright.lsp_server.text.documents import Document

SHORT_ENOUGH = 4000
MANY = 20
"""Texts of fewer characters, and nodes with fewer children, are parsed whole. Set by hand."""
# an opening token, and the statement that says where the others stand
FIRST = 2
NEIGHBOURS = 2
LINES_AROUND = 100


@lru_cache(maxsize=2)
def surroundings(document: Document, tree: Tree, hole: Hole) -> tuple[Document, Hole]:
    """A document of what the hole's syntax depends on, parsed from scratch, and the hole in it.
    Known for the last two holes, for trials and the look for a stub ask one after the other.

    All of a short document; some lines on either side where the document is broken to the root.
    """
    text, moved = document.lf, 0
    starts = [*document.lf_lines.starts, len(text)]
    far = _far_lines(document, tree, hole) if len(text) > SHORT_ENOUGH else ()
    for first, end in sorted(far, reverse=True):
        text = text[: starts[first]] + text[starts[end] :]
        if starts[end] <= hole.start:
            moved += starts[end] - starts[first]
    around = Document.of(text, document.language)
    return around, Hole(hole.start - moved, hole.end - moved)


def _far_lines(document: Document, tree: Tree, hole: Hole) -> Iterator[tuple[int, int]]:
    """Half-open ranges of lines, apart from each other, that hold far nodes and nothing else."""
    if tree.root_node.is_error:
        lines = document.lf_lines
        yield 0, max(0, lines.line_of(hole.start) - LINES_AROUND)
        yield min(len(lines), lines.line_of(hole.end) + LINES_AROUND), len(lines)
        return
    start, end = document.byte(hole.start), document.byte(hole.end)
    node: Node | None = tree.root_node
    # what closes a node is its last child, but nothing closes the outermost
    closed = 0
    while node is not None and node.end_byte - node.start_byte > SHORT_ENOUGH:
        children = node.children
        first = bisect_left(children, start, key=lambda child: child.end_byte)
        after = bisect_right(children, end, first, key=lambda child: child.start_byte)
        around = children[first] if first < after else None
        node = around if around and around.start_byte <= start and end <= around.end_byte else None
        node = None if node is not None and is_comment(node) else node
        # what comments follow may be the function whose body they stand for
        while node is None and first and is_comment(children[first - 1]):
            first -= 1
        if len(children) > MANY:
            # only what the hole is directly between says how it begins and ends
            near = NEIGHBOURS if node is None else 0
            yield from _whole_lines(document, children, FIRST, first - near)
            yield from _whole_lines(document, children, after + near, len(children) - closed)
        closed = 1


def _whole_lines(
    document: Document, children: Sequence[Node], first: int, end: int
) -> Iterator[tuple[int, int]]:
    """The lines of the children from index `first` up to `end` that no other shares."""
    while first < end and not _begins_line(children, first):
        first += 1
    while first < end < len(children) and not _begins_line(children, end):
        end -= 1
    if first < end:
        below = children[end].start_point.row if end < len(children) else len(document.lf_lines)
        yield children[first].start_point.row, below


def _begins_line(children: Sequence[Node], at: int) -> bool:
    before = children[at - 1]
    # some grammars count the line end in
    last = before.end_point.row - (before.end_point.column == 0)
    return children[at].start_point.row > last
