"""Languages inside others: scripts and styles in a page, code between the fences of a text.

Counts in bytes of the source that the outer tree was parsed from. Knows no documents, and of the
outer languages only section `embedded` of `queries/<language>.scm`.
"""

from dataclasses import dataclass

from tree_sitter import Node, Point, QueryCursor, Range, Tree

from fillwright.engine.syntax.grammars import grammar_for, query_for
from fillwright.engine.syntax.languages import language_called


@dataclass(frozen=True, slots=True)
class Embedded:
    """A stretch of another language: its id, and the ranges that are its text, in order."""

    language: str
    ranges: tuple[Range, ...]

    @property
    def start(self) -> int:
        return self.ranges[0].start_byte

    @property
    def end(self) -> int:
        return self.ranges[-1].end_byte


def embedded_at(tree: Tree, language: str, byte: int) -> Embedded | None:
    """The stretch of another language, one with a grammar, around a byte offset.

    The ends of a stretch belong to it.
    """
    query = query_for(language, "embedded")
    if query is None:
        return None
    cursor = QueryCursor(query)
    cursor.set_byte_range(max(0, byte - 1), byte + 1)
    for pattern, captures in cursor.matches(tree.root_node):
        content = captures["content"][0]
        if not content.start_byte <= byte <= content.end_byte:
            continue
        named = captures.get("language")
        said = query.pattern_settings(pattern).get("language")
        inner = said or (language_called(_word(named[0])) if named else None)
        if inner and grammar_for(inner) is not None:
            return Embedded(inner, _ranges(content))
    return None


def _word(node: Node) -> str:
    text = (node.text or b"").decode("utf-8", "replace").strip("{}.\"' \t").lower()
    return text.split()[0] if text else ""


def _ranges(content: Node) -> tuple[Range, ...]:
    """The content without what belongs to the outer language: the marks of a quotation, the
    indentation of a list."""
    ranges: list[Range] = []
    at: tuple[int, Point] = (content.start_byte, content.start_point)
    for child in content.named_children:
        if child.type == "block_continuation" and child.end_byte > child.start_byte:
            ranges.append(Range(at[1], child.start_point, at[0], child.start_byte))
            at = (child.end_byte, child.end_point)
    ranges.append(Range(at[1], content.end_point, at[0], content.end_byte))
    return tuple(span for span in ranges if span.end_byte > span.start_byte) or tuple(ranges[-1:])
