"""The open documents: text by version, line index, LF form, and a syntax tree kept incrementally.

A `Document` is an immutable snapshot: code that holds one across an await keeps the text it began
with. The tree and the holes live in the LF form, edits and positions in the editor's own text;
`to_lf` and `from_lf` go between. Knows languages by their id only, and no protocol types.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Node, Point, Tree

from fillwright.engine.syntax.embedded import Embedded, embedded_at
from fillwright.engine.syntax.grammars import parser_for
from fillwright.lsp_server.text.positions import LINE_END, LineIndex, Position, PositionEncoding


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an editor: `text` replaces `start..end`, or everything when they are None."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(frozen=True)
class Layer:
    """The language at a place of a document, and the syntax tree of all that is written in it
    there, in the document's own offsets; `start..end` is that stretch in LF offsets."""

    language: str
    tree: Tree | None
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """One version of one document. Offsets count characters."""

    uri: str
    language: str
    version: int
    lines: LineIndex = field(repr=False)
    _old_tree: Tree | None = field(default=None, repr=False, compare=False)
    _old_layers: tuple[tuple[str, Tree], ...] = field(default=(), repr=False, compare=False)
    _layers: dict[Embedded, Tree] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, text: str, language: str, uri: str = "", version: int = 0) -> "Document":
        """The document of a text as an editor or a file has it."""
        return cls(uri, language, version, LineIndex(text))

    @property
    def text(self) -> str:
        """The text as the editor has it."""
        return self.lines.text

    @cached_property
    def lf_lines(self) -> LineIndex:
        """The LF form, by line: the same lines, each ended by `\\n`."""
        if "\r" not in self.text:
            return self.lines
        return LineIndex(LINE_END.sub("\n", self.text))

    @property
    def lf(self) -> str:
        """The text with every line end as `\\n`: what the engine sees."""
        return self.lf_lines.text

    @cached_property
    def source(self) -> bytes:
        """The LF form in UTF-8, as the syntax tree counts it."""
        return self.lf.encode("utf-8", "surrogatepass")

    @cached_property
    def tree(self) -> Tree | None:
        """The syntax tree of the LF form, or None without a grammar. Parsed when first asked for,
        from the tree of an earlier version where there is one."""
        parser = parser_for(self.language)
        if parser is None:
            return None
        if self._old_tree is None:
            return parser.parse(self.source)
        return parser.parse(self.source, self._old_tree)

    def layer_at(self, lf_offset: int) -> Layer:
        """The innermost language at an LF offset: that of a script in a page, of a code fence in a
        text, or the document's own."""
        whole = Layer(self.language, self.tree, 0, len(self.lf))
        if self.tree is None:
            return whole
        inner = embedded_at(self.tree, self.language, self.byte(lf_offset))
        if inner is None:
            return whole
        start, end = self.character(inner.start), self.character(inner.end)
        return Layer(inner.language, self._layer(inner), start, end)

    def _layer(self, inner: Embedded) -> Tree:
        if inner not in self._layers:
            parser = parser_for(inner.language)
            assert parser is not None
            parser.included_ranges = list(inner.ranges)
            old = (
                tree
                for language, tree in self._old_layers
                if language == inner.language and tree.included_ranges[0].start_byte == inner.start
            )
            known = next(old, None)
            self._layers[inner] = (
                parser.parse(self.source) if known is None else parser.parse(self.source, known)
            )
        return self._layers[inner]

    def to_lf(self, offset: int) -> int:
        """The LF offset of an offset in the editor's text."""
        return _carried(offset, self.lines, self.lf_lines)

    def from_lf(self, offset: int) -> int:
        """The offset in the editor's text of an LF offset."""
        return _carried(offset, self.lf_lines, self.lines)

    def line_end_at(self, offset: int) -> str:
        """How the line of an offset in the editor's text ends; at the last line, the one before."""
        line = self.lines.line_of(offset)
        if line == len(self.lines) - 1:
            line = max(0, line - 1)
        return self.text[self.lines.end_of(line) : self.lines.next_start(line)] or "\n"

    def point(self, lf_offset: int) -> Point:
        """The tree's row and byte column of an LF offset."""
        row = self.lf_lines.line_of(lf_offset)
        before = self.lf[self.lf_lines.starts[row] : lf_offset]
        return Point(row, PositionEncoding.UTF8.units(before))

    def node_at(self, lf_offset: int) -> Node | None:
        """The innermost node of the tree at an LF offset; None without a tree."""
        if self.tree is None:
            return None
        point = self.point(lf_offset)
        return self.tree.root_node.descendant_for_point_range(point, point)

    def byte(self, lf_offset: int) -> int:
        """The tree's byte offset of an LF offset."""
        if len(self.source) == len(self.lf):
            return lf_offset
        line = self.lf_lines.line_of(lf_offset)
        before = self.lf[self.lf_lines.starts[line] : lf_offset]
        return self._line_bytes[line] + PositionEncoding.UTF8.units(before)

    def character(self, byte: int) -> int:
        """The LF offset of one of the tree's byte offsets."""
        if len(self.source) == len(self.lf):
            return byte
        line = bisect_right(self._line_bytes, byte) - 1
        before = self.source[self._line_bytes[line] : byte]
        return self.lf_lines.starts[line] + len(before.decode("utf-8", "surrogatepass"))

    @cached_property
    def _line_bytes(self) -> list[int]:
        """Where the lines of the source start, in bytes."""
        return [0, *(match.end() for match in re.finditer(b"\n", self.source))]

    def span(self, node: Node) -> tuple[int, int]:
        """The half-open range of a node in LF offsets."""
        return self.character(node.start_byte), self.character(node.end_byte)

    def replaced(self, start: int, end: int, text: str, version: int) -> "Document":
        """The next version, in which `text` stands for `start..end` of the editor's text."""
        lines = self.lines.replaced(start, end, text)
        edited = Document(self.uri, self.language, version, lines)
        known = self.__dict__.get("tree", self._old_tree)
        if known is None:
            return edited
        touched = self._touched(edited, start, end, text)
        old_tree = _edited_tree(known, self, edited, touched)
        layers = [(inner.language, tree) for inner, tree in self._layers.items()]
        old_layers = tuple(
            (language, _edited_tree(tree, self, edited, touched))
            for language, tree in layers or self._old_layers
        )
        return Document(self.uri, self.language, version, lines, old_tree, old_layers)

    def _touched(self, edited: "Document", start: int, end: int, text: str) -> tuple[int, int, int]:
        """Where the LF form of `edited` differs: start, old end and new end in LF offsets.

        As narrow as can be, which makes the next parse four times faster than whole lines do;
        whole lines only where a `\r` may join or part.
        """
        if "\r" not in self.text[max(start - 1, 0) : end + 1] + text:
            return self.to_lf(start), self.to_lf(end), edited.to_lf(start + len(text))
        first, last = self.lines.lines_touched(start, end)
        new_last = last + len(edited.lines) - len(self.lines)
        return (
            self.lf_lines.starts[first],
            self.lf_lines.next_start(last),
            edited.lf_lines.next_start(new_last),
        )

    def changed(
        self, changes: Iterable[Change], version: int, encoding: PositionEncoding
    ) -> "Document":
        """The next version after an editor's changes, each relative to the one before it."""
        document = self
        for change in changes:
            if change.start is None or change.end is None:
                document = Document.of(change.text, self.language, self.uri, version)
                continue
            start = document.lines.offset(change.start, encoding)
            end = max(start, document.lines.offset(change.end, encoding))
            document = document.replaced(start, end, change.text, version)
        return document if document is not self else self.replaced(0, 0, "", version)


class DocumentStore:
    """The documents an editor has open, by uri; `encoding` is what its columns count."""

    def __init__(self, encoding: PositionEncoding = PositionEncoding.UTF16) -> None:
        self.encoding = encoding
        self._documents: dict[str, Document] = {}

    def get(self, uri: str) -> Document | None:
        """The newest version, or None when the document is not open."""
        return self._documents.get(uri)

    def open(self, uri: str, language: str, version: int, text: str) -> Document:
        """Takes up a document; one that is already open starts afresh."""
        return self._keep(Document.of(text, language, uri, version))

    def change(self, uri: str, version: int, changes: Iterable[Change]) -> Document:
        """Applies an editor's changes. Raises KeyError when the document is not open."""
        return self._keep(self._documents[uri].changed(changes, version, self.encoding))

    def close(self, uri: str) -> None:
        """Forgets a document; one that is not open is no matter."""
        self._documents.pop(uri, None)

    def _keep(self, document: Document) -> Document:
        self._documents[document.uri] = document
        return document


def _carried(offset: int, here: LineIndex, there: LineIndex) -> int:
    """The offset at the same line and column in a text with the same lines."""
    if here is there:
        return offset
    line = here.line_of(offset)
    column = min(offset, here.end_of(line)) - here.starts[line]
    return there.starts[line] + column


def _edited_tree(tree: Tree, old: Document, new: Document, touched: tuple[int, int, int]) -> Tree:
    """A copy of `tree` told that `start..old_end` of `old` became `start..new_end` of `new`."""
    start, old_end, new_end = touched
    copy = tree.copy()
    copy.edit(
        start_byte=old.byte(start),
        old_end_byte=old.byte(old_end),
        new_end_byte=new.byte(new_end),
        start_point=old.point(start),
        old_end_point=old.point(old_end),
        new_end_point=new.point(new_end),
    )
    return copy
