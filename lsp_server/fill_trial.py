"""Trying a text in its hole: what it does to the syntax around, before any editor sees it.

Knows documents and syntax, neither the engine nor how texts are laid out. Texts are compared in the
surroundings of the hole; the whole document is parsed only where those do not settle the matter.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node, Tree

from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.grammars import grammar_for
from fillwright.lsp_server import layout
from fillwright.lsp_server.documents import Document
from fillwright.lsp_server.surroundings import surroundings

BRACKETS = {"(": ")", "[": "]", "{": "}"}
CLOSING_WORDS = ("end", "fi", "done", "esac")
CLOSING = frozenset(BRACKETS.values())


def trials_at(document: Document, hole: Hole) -> "list[Trial]":
    """The trials that a text for the hole has to pass: in the innermost language that is written
    there, and in the document's own. None without a grammar."""
    if document.tree is None:
        return []
    trials = [Trial(document, document.tree, hole)]
    layer = document.layer_at(hole.start)
    if layer.tree is not None and layer.language != document.language and hole.end <= layer.end:
        inner = Document.of(document.lf[layer.start : layer.end], layer.language)
        if inner.tree is not None:
            moved = Hole(hole.start - layer.start, hole.end - layer.start)
            trials.insert(0, Trial(inner, inner.tree, moved))
    return trials


class Trial:
    """The surroundings of one hole of a document that has a tree."""

    def __init__(self, document: Document, tree: Tree, hole: Hole) -> None:
        self._document, self._document_hole = document, hole
        self._broken = tree.root_node.has_error
        self._around, self._hole = surroundings(document, tree, hole)
        self._filled: dict[str, Document] = {}
        self._before = _Wrong.near(self._around, self._hole.start, self._hole.end)

    def faults_with(self, text: str) -> int:
        """The faults there would be near the hole with `text` in it."""
        return self._wrong_with(text).faults

    def accepts(self, text: str) -> bool:
        """Whether no more is wrong with the document with `text` in the hole than is now."""
        near = self._wrong_with(text)
        if not near.no_worse_than(self._before):
            return False
        whole = len(self._around.lf) == len(self._document.lf)
        if whole or (near.faults == 0 and not self._broken):
            return True
        hole = self._document_hole
        filled = _replaced(self._document, hole, text)
        now = _Wrong.near(self._document, hole.start, hole.end)
        return _Wrong.near(filled, hole.start, hole.start + len(text)).no_worse_than(now)

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
        return text if kept == last else filled.lf[start : lines.end_of(kept)].rstrip()

    @property
    def closing_words(self) -> list[str]:
        """The words that close blocks in this language."""
        grammar = grammar_for(self._around.language)
        return (
            []
            if grammar is None
            else [
                word for word in CLOSING_WORDS if grammar.id_for_node_kind(word, False) is not None
            ]
        )

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

    def _wrong_with(self, text: str) -> "_Wrong":
        start = self._hole.start
        return _Wrong.near(self._with(text), start, start + len(text))

    def _with(self, text: str) -> Document:
        if text not in self._filled:
            around, hole = self._around, self._hole
            # parsed anew: a tree that is parsed from another one may hold other errors
            filled = around.lf[: hole.start] + text + around.lf[hole.end :]
            self._filled[text] = Document.of(filled, around.language)
        return self._filled[text]


@dataclass(frozen=True, slots=True)
class _Wrong:
    """What is wrong with a document: syntax errors anywhere, and with the layout near a range."""

    errors: int
    faults: int

    @classmethod
    def near(cls, document: Document, start: int, end: int) -> "_Wrong":
        tree = document.tree
        if tree is None:
            return cls(0, 0)
        first, last = document.byte(start), document.byte(end)
        return cls(_errors(tree.root_node), faults(tree, document.language, first, last))

    def no_worse_than(self, other: "_Wrong") -> bool:
        # a syntax error is not made good by a layout that is better
        return self.errors <= other.errors and self.faults <= other.faults


def _errors(root: Node) -> int:
    # no recursion: broken text makes trees deeper than Python's stack
    count, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        count += node.is_error or node.is_missing
        if node.has_error:
            waiting += node.children
    return count


def _replaced(document: Document, hole: Hole, text: str) -> Document:
    start, end = document.from_lf(hole.start), document.from_lf(hole.end)
    return document.replaced(start, end, text, document.version)


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
