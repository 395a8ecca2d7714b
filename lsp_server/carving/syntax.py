"""The syntax of one layer of a document, asked and answered in offsets of the document's LF form.

The only file of this room that counts bytes, as the trees of `engine.syntax` do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node, Tree

from fillwright.engine.syntax import blocks, definitions, functions
from fillwright.engine.syntax.definitions import Definition
from fillwright.engine.syntax.functions import Function
from fillwright.engine.syntax.pieces import Kind, pieces_at
from fillwright.lsp_server.text.documents import Document, Layer

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Syntax:
    """What is written in a layer that has a tree. Ranges are half-open; `start..end` bounds where
    is looked: everything counts that touches it, outer before inner."""

    document: Document
    language: str
    tree: Tree

    @classmethod
    def of(cls, document: Document, layer: Layer) -> "Syntax | None":
        """The syntax of a layer; None where there is no grammar."""
        return None if layer.tree is None else cls(document, layer.language, layer.tree)

    @property
    def has_error(self) -> bool:
        """Whether some of it does not parse."""
        return self.tree.root_node.has_error

    def functions(self, start: int, end: int) -> list[Function]:
        """The functions, methods and closures."""
        found = functions.functions(self.tree, self.language, self._bytes(start, end))
        return [self._in_characters(function) for function in found]

    def stubs(self, start: int, end: int) -> Iterator[Function]:
        """Those of them that are still to be written."""
        found = functions.stubs(self.tree, self.language, self._bytes(start, end))
        return (self._in_characters(function) for function in found)

    def has_broken_header(self, start: int, end: int) -> bool:
        """Whether a function begins in `start..end` whose header does not parse."""
        within = self._bytes(start, end)
        return bool(functions.broken_functions(self.tree, self.language, within))

    def classes(self, start: int, end: int) -> list[Span]:
        """The ranges of the classes."""
        found = definitions.classes(self.tree, self.language, self._bytes(start, end))
        return [self._span(span) for span in found]

    def definitions(self, start: int, end: int) -> list[Definition]:
        """The classes and the functions with a name."""
        found = definitions.definitions(self.tree, self.language, self._bytes(start, end))
        character = self.document.character
        return [
            Definition(
                character(one.start),
                character(one.end),
                character(one.body_start),
                None if one.docstring is None else self._span(one.docstring),
                None if one.comments is None else self._span(one.comments),
            )
            for one in found
        ]

    def pieces(self, offset: int, kind: Kind) -> list[Span]:
        """The ranges of the pieces of a kind around an offset."""
        found = pieces_at(self.tree, self.language, self.document.byte(offset), kind)
        return [self._span(span) for span in found]

    def node_at(self, offset: int) -> Node | None:
        """The innermost node at an offset; `start_of` and `end_of` say where it lies."""
        at = self.document.byte(offset)
        return self.tree.root_node.descendant_for_byte_range(at, at)

    def path_to(self, offset: int) -> list[Node]:
        """The nodes around an offset, outer before inner."""
        return blocks.path_to(self.tree, self.document.byte(offset))

    def start_of(self, node: Node) -> int:
        """Where a node begins."""
        return self.document.character(node.start_byte)

    def end_of(self, node: Node) -> int:
        """Where a node ends."""
        return self.document.character(node.end_byte)

    def _bytes(self, start: int, end: int) -> Span:
        return self.document.byte(start), self.document.byte(end)

    def _span(self, span: Span) -> Span:
        start, end = span
        return self.document.character(start), self.document.character(end)

    def _in_characters(self, function: Function) -> Function:
        character = self.document.character
        return replace(
            function,
            start=character(function.start),
            end=character(function.end),
            header=character(function.header),
            body_start=character(function.body_start),
            hole_start=character(function.hole_start),
            hole_end=character(function.hole_end),
            closer=None if function.closer is None else character(function.closer),
        )
