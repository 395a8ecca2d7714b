"""Trying a text in its hole: what it does to the syntax around, before any editor sees it.

Knows documents and syntax, neither the engine nor how texts are laid out. Only the outermost
statements around the hole are parsed anew, so a trial costs as much in a long file as in a short.
"""

from tree_sitter import Node, Tree

from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.lsp_server import layout
from fillwright.lsp_server.documents import Document

LONGEST_SURROUNDINGS = 20_000


class Trial:
    """The surroundings of one hole of a document that has a tree."""

    def __init__(self, document: Document, tree: Tree, hole: Hole) -> None:
        start, end = _surroundings(document, tree, hole)
        if end - start > LONGEST_SURROUNDINGS:
            # the tree of the whole document is there already
            self._around, self._hole = document, hole
        else:
            self._around = Document.of(document.lf[start:end], document.language)
            self._hole = Hole(hole.start - start, hole.end - start)
        self._filled: dict[str, Document] = {}

    def faults(self) -> int:
        """The faults there are before."""
        return _faults(self._around, self._hole.start, self._hole.end)

    def faults_with(self, text: str) -> int:
        """The faults there would be with `text` in the hole."""
        start = self._hole.start
        return _faults(self._with(text), start, start + len(text))

    def within_block(self, text: str, indent: str) -> str:
        """The text up to its first line that stands left of `indent` and so ends the block.

        Lines inside a string or a bracket that began in the text do not; comments that stand left
        go with the code behind them.
        """
        filled = self._with(text)
        lines = filled.lf_lines
        start, depth = self._hole.start, len(indent.expandtabs(layout.TAB_STOP))
        first, last = lines.line_of(start), lines.line_of(start + len(text))
        kept = first
        for line in range(first + 1, last + 1):
            if layout.is_blank(lines, line):
                continue
            if layout.depth(lines, line) < depth and not _continues(filled, line, start):
                if _is_comment(filled, line):
                    continue
                break
            kept = line
        return text if kept == last else filled.lf[start : lines.end_of(kept)]

    def _with(self, text: str) -> Document:
        if text not in self._filled:
            around, hole = self._around, self._hole
            start, end = around.from_lf(hole.start), around.from_lf(hole.end)
            self._filled[text] = around.replaced(start, end, text, around.version)
        return self._filled[text]


def _surroundings(document: Document, tree: Tree, hole: Hole) -> tuple[int, int]:
    """From the outermost statement around or before the hole to the end of the one behind it, in
    whole lines; the whole document when its tree is broken to the root."""
    root = tree.root_node
    if root.is_error:
        return 0, len(document.lf)
    lines = document.lf_lines
    first = _child_at(root, document.byte(hole.start))
    if first is None or document.character(first.start_byte) > hole.start:
        first = first.prev_sibling if first is not None else _last_child(root)
    behind = _child_at(root, document.byte(hole.end) + 1)
    if behind is not None and document.character(behind.start_byte) <= hole.end:
        behind = behind.next_sibling
    start = lines.starts[first.start_point.row] if first is not None else 0
    end = lines.next_start(behind.end_point.row) if behind is not None else len(document.lf)
    return min(start, hole.start), max(end, hole.end)


def _child_at(root: Node, byte: int) -> Node | None:
    """The first child that ends behind a byte offset, or None."""
    cursor = root.walk()
    # Node.first_child_for_byte crashes the process when there is none (tree-sitter 0.26.1)
    return None if cursor.goto_first_child_for_byte(byte) is None else cursor.node


def _last_child(root: Node) -> Node | None:
    return root.child(root.child_count - 1) if root.child_count else None


def _faults(document: Document, start: int, end: int) -> int:
    if document.tree is None:
        return 0
    return faults(document.tree, document.language, document.byte(start), document.byte(end))


def _continues(document: Document, line: int, start: int) -> bool:
    """Whether a line begins inside something that began on an earlier one, behind `start`."""
    node = document.node_at(layout.first_character(document.lf_lines, line))
    start_byte = document.byte(start)
    while node is not None and node.start_byte >= start_byte:
        if node.start_point.row < line and not node.is_error:
            return True
        node = node.parent
    return False


def _is_comment(document: Document, line: int) -> bool:
    node = document.node_at(layout.first_character(document.lf_lines, line))
    return node is not None and node.is_extra and not node.is_error
