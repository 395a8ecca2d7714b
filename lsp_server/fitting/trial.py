"""Trying a text in its hole: what it does to the syntax around, before any editor sees it.

Knows documents and syntax, neither the engine nor how texts are laid out. Texts are compared in the
surroundings of the hole; the whole document is parsed only where those do not settle the matter.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node, Tree

from fillwright.engine.request import Hole
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.grammars import grammar_for
from fillwright.engine.syntax.readable import readable
from fillwright.lsp_server.fitting.brackets import before_closer
from fillwright.lsp_server.fitting.surroundings import surroundings
from fillwright.lsp_server.text import layout
from fillwright.lsp_server.text.documents import Document

BRACKETS = {"(": ")", "[": "]", "{": "}"}
CLOSING_WORDS = ("end", "fi", "done", "esac")
CLOSING = frozenset(BRACKETS.values())
CLOSED = re.compile(r"[)\]}]+[;,)]*")
GOES_ON = re.compile(r"[,.=+*/%&|?\\-]\s*$")
MOST_WHOLE = 3
LONGEST_WHOLE = 60_000
"""The likeliest ways to lay a text out come first, and a document of so many characters takes about
ten milliseconds to parse: as long as all trials near the hole. Set by hand."""
MOST_CLOSERS = 3
"""A fill that needs more brackets to be whole was cut off somewhere."""


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
        around, self._hole = surroundings(document, tree, hole)
        self._text = around.lf
        self._around = _read(around.lf, around.language)
        self._filled: dict[str, Document] = {}
        self._fewer: dict[str, bool] = {}
        self._before = _Wrong.near(self._around, self._hole.start, self._hole.end)

    def faults_with(self, text: str) -> int:
        """The faults there would be near the hole with `text` in it."""
        faults = self._wrong_with(text).faults
        return 0 if faults and self._has_fewer_errors(text) else faults

    def accepts(self, text: str, *, far: bool = False) -> bool:
        """Whether no more is wrong with the document with `text` in the hole than is now. `far`:
        what the text opens may be closed further below than its surroundings go."""
        near = self._wrong_with(text)
        whole = len(self._text) == len(self._document.lf)
        goes_far = far and not whole and self._goes_on_below(text)
        if (
            not near.no_worse_than(self._before)
            and not goes_far
            and not self._has_fewer_errors(text)
        ):
            return False
        if whole or (near.faults == 0 and not self._broken):
            return True
        hole = self._document_hole
        document, filled = self._whole_with(text)
        now = _Wrong.near(document, hole.start, hole.end)
        return _Wrong.near(filled, hole.start, hole.start + len(text)).no_worse_than(now)

    def _has_fewer_errors(self, text: str) -> bool:
        """Whether a document that is broken now has fewer syntax errors with `text` in the hole.

        What is near the hole, being cut out of a tree of broken code, may have some all the same.
        Asked of the first texts only, and of no very long document: it costs a parse of it.
        """
        length = len(self._document.lf)
        if not self._broken or length == len(self._text) or length > LONGEST_WHOLE:
            return False
        if text not in self._fewer:
            if len(self._fewer) == MOST_WHOLE:
                return False
            now, filled = (
                0 if one.tree is None else _errors(one.tree.root_node)
                for one in self._whole_with(text)
            )
            self._fewer[text] = filled < now
        return self._fewer[text]

    def _goes_on_below(self, text: str) -> bool:
        """Whether the hole's line, with `text` in it, is rather the header of the next lines, or
        the first of them."""
        if GOES_ON.search(text) or self.unclosed(text):
            return True
        lines, start = self._around.lf_lines, self._hole.start
        first = lines.starts[lines.line_of(start)]
        return layout.opens_block((self._text[first:start] + text).rpartition("\n")[2])

    def _whole_with(self, text: str) -> tuple[Document, Document]:
        """The whole document as it is and with `text` in the hole, both as its grammar reads it."""
        hole, document = self._document_hole, self._document
        if readable(document.lf, document.language) == document.lf:
            return document, _replaced(document, hole, text)
        whole = document.lf[: hole.start] + text + document.lf[hole.end :]
        return _read(document.lf, document.language), _read(whole, document.language)

    def takes_over(self, text: str) -> bool:
        """Whether code below the hole would be part of what begins in the hole's line with `text`
        in it, and is not now."""
        around, start = self._around, self._hole.start
        line = around.lf_lines.starts[around.lf_lines.line_of(start)]
        now = _reaching_below(around, line, self._hole.end)
        return not _reaching_below(self._with(text), line, start + len(text)) <= now

    def within_block(self, text: str, indent: str) -> list[str]:
        """The text up to where it ends the block that the hole is in, and the same with what closes
        the block, which a file may lack.

        Where a bracket closes the block after the hole, that is the first one that closes nothing
        of the text's own. Else it is the first line that stands left of `indent`; lines inside a
        string or a bracket that began in the text do not count, and comments that stand left go
        with the code after them.
        """
        after = self._text[self._hole.end :]
        if after.lstrip()[:1] in CLOSING:
            closers = self.unopened(text)[:MOST_CLOSERS]
            ends = [CLOSED.match(text, at) for at in closers]
            closed = [text[: end.end()] for end in ends if end is not None]
            return [before_closer(text, closers[0], after), *closed] if closers else [text]
        filled = self._with(text)
        lines = filled.lf_lines
        start, depth = self._hole.start, len(indent.expandtabs(layout.TAB_STOP))
        first, last = lines.line_of(start), lines.line_of(start + len(text))
        kept, closer = first, ""
        for line in range(first + 1, last + 1):
            if layout.is_blank(lines, line):
                continue
            if layout.depth(lines, line) < depth and not _continues(filled, line, start):
                if _is_comment(filled, line):
                    continue
                closer = text[: lines.end_of(line) - start] if self._closes(filled, line) else ""
                break
            kept = line
        if kept == last:
            return [text]
        within = text[: lines.end_of(kept) - start].rstrip()
        if not closer:
            return [within]
        # where more than this block is left open, there are faults with its closer and without
        missing = self.faults_with(closer) == self.faults_with(within) > 0
        return [closer, within] if missing and self._is_closed_by(closer) else [within, closer]

    def _is_closed_by(self, text: str) -> bool:
        """Whether the end of `text` closes a node that began before the hole."""
        filled, start = self._with(text), self._hole.start
        closer = filled.node_at(start + len(text.rstrip()) - 1)
        node = None if closer is None else closer.parent
        return node is not None and not node.is_error and node.start_byte < filled.byte(start)

    def _closes(self, filled: Document, line: int) -> bool:
        """Whether a line only closes what stands above it."""
        content = filled.lf_lines.content(line).strip()
        return CLOSED.fullmatch(content) is not None or content in self.closing_words

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
            # the bracket after a pattern of a shell's `case` closes nothing
            if leaf.type in CLOSING and _stands_alone(leaf):
                continue
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
            hole = self._hole
            # parsed from scratch: a tree that is parsed from another one may hold other errors
            filled = self._text[: hole.start] + text + self._text[hole.end :]
            self._filled[text] = _read(filled, self._around.language)
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


def _read(text: str, language: str) -> Document:
    return Document.of(readable(text, language), language)


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


def _stands_alone(closer: Node) -> bool:
    """Whether the grammar sees a closing bracket where it wants no opening one."""
    parent = closer.parent
    if parent is None or parent.has_error:
        return False
    opener = next(sign for sign, other in BRACKETS.items() if other == closer.type)
    return not any(opener in child.type for child in parent.children if not child.is_named)


def _reaching_below(document: Document, first: int, end: int) -> frozenset[int]:
    """Where the nodes begin, in `first..end`, that hold the first code on the lines below. One in
    which something is missing up to there would hold anything."""
    lines = document.lf_lines
    filled = (
        line
        for line in range(lines.line_of(end) + 1, len(lines))
        if not layout.is_blank(lines, line)
    )
    below = next(filled, None)
    node = None if below is None else document.node_at(layout.first_character(lines, below))
    start, stop = document.byte(first), document.byte(end)
    found = set[int]()
    while node is not None and node.start_byte >= start:
        if node.start_byte < stop and not _has_gap(node, start, stop):
            found.add(node.start_byte)
        node = node.parent
    return frozenset(found)


def _has_gap(node: Node, first: int, end: int) -> bool:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.is_error or one.is_missing:
            return True
        if one.has_error:
            waiting += [
                child
                for child in one.children
                if child.start_byte <= end and child.end_byte >= first
            ]
    return False


def _continues(document: Document, line: int, start: int) -> bool:
    """Whether a line begins inside something that began on an earlier one, after `start`."""
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
