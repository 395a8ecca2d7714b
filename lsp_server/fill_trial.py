"""Trying a text in its hole: what it does to the syntax around, before any editor sees it.

Knows documents and syntax, neither the engine nor how texts are laid out. Texts are compared in the
surroundings of the hole; the whole document is parsed only where those do not settle the matter.
"""

from collections.abc import Iterator

from tree_sitter import Node, Tree

from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.lsp_server import layout
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.surroundings import surroundings

BRACKETS = {"(": ")", "[": "]", "{": "}"}
CLOSING = frozenset(BRACKETS.values())


class Trial:
    """The surroundings of one hole of a document that has a tree."""

    def __init__(self, document: Document, tree: Tree, hole: Hole) -> None:
        self._document, self._document_hole = document, hole
        self._broken = tree.root_node.has_error
        self._around, self._hole = surroundings(document, tree, hole)
        self._filled: dict[str, Document] = {}
        self._allowed = _faults(self._around, self._hole.start, self._hole.end)

    def faults_with(self, text: str) -> int:
        """The faults there would be near the hole with `text` in it."""
        start = self._hole.start
        return _faults(self._with(text), start, start + len(text))

    def accepts(self, text: str) -> bool:
        """Whether the document has no more faults with `text` in the hole than it has now."""
        found = self.faults_with(text)
        if found > self._allowed:
            return False
        if self._around is self._document or (found == 0 and not self._broken):
            return True
        hole = self._document_hole
        filled = _replaced(self._document, hole, text)
        before = _faults(self._document, hole.start, hole.end)
        return _faults(filled, hole.start, hole.start + len(text)) <= before

    def within_block(self, text: str, indent: str) -> str:
        """The text up to where it ends the block that the hole is in.

        Where a bracket closes the block behind the hole, that is the first one that closes nothing
        of the text's own. Else it is the first line that stands left of `indent`; lines inside a
        string or a bracket that began in the text do not count, and comments that stand left go
        with the code behind them.
        """
        if self._around.lf[self._hole.end :].lstrip()[:1] in CLOSING:
            return next((text[:at].rstrip() for at in self.unopened(text)), text)
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

    def unclosed(self, text: str) -> list[tuple[int, str]]:
        """The brackets of the text that it leaves open, outermost first: where each stands, and
        what closes it."""
        return self._bracketed(text)[0]

    def unopened(self, text: str) -> list[int]:
        """Where the text closes what it did not open."""
        return self._bracketed(text)[1]

    def _bracketed(self, text: str) -> tuple[list[tuple[int, str]], list[int]]:
        filled, start = self._with(text), self._hole.start
        opened: list[tuple[int, str]] = []
        unopened: list[int] = []
        for leaf in _leaves(filled, start, start + len(text)):
            at = filled.character(leaf.start_byte) - start
            for sign in leaf.type:
                if sign in BRACKETS:
                    opened.append((at, BRACKETS[sign]))
                elif sign in CLOSING and opened and opened[-1][1] == sign:
                    opened.pop()
                elif sign in CLOSING:
                    unopened.append(at)
        return opened, unopened

    def _with(self, text: str) -> Document:
        if text not in self._filled:
            self._filled[text] = _replaced(self._around, self._hole, text)
        return self._filled[text]


def _replaced(document: Document, hole: Hole, text: str) -> Document:
    start, end = document.from_lf(hole.start), document.from_lf(hole.end)
    return document.replaced(start, end, text, document.version)


def _faults(document: Document, start: int, end: int) -> int:
    if document.tree is None:
        return 0
    return faults(document.tree, document.language, document.byte(start), document.byte(end))


def _leaves(document: Document, start: int, end: int) -> Iterator[Node]:
    """The nameless tokens that stand in a range of the document, in order."""
    if document.tree is None:
        return
    first, last = document.byte(start), document.byte(end)
    waiting = [document.tree.root_node]
    while waiting:
        node = waiting.pop()
        if node.end_byte <= first or node.start_byte >= last:
            continue
        if node.child_count:
            waiting += reversed(node.children)
        elif not node.is_named and node.start_byte >= first and not node.is_missing:
            yield node


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
