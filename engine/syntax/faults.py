"""How much is wrong with a source text, to see whether a change has made it worse.

Counts in bytes of the source that the tree was parsed from. Knows no documents and no fills. A
grammar forgives what its language does not (an empty block, uneven indentation), so the section
`layout` of `queries/<language>.scm` says what else is wrong.
"""

from collections.abc import Iterator

from tree_sitter import Node, QueryCursor, Tree

from fillwright.engine.syntax.grammars import query_for


def faults(tree: Tree, language: str, start: int, end: int) -> int:
    """The number of syntax errors in the whole tree, and of layout faults that touch the byte
    range `start..end` or the statement behind it."""
    cursor = QueryCursor(query_for(language, "layout"))
    cursor.set_byte_range(start, end + 1)
    captures = cursor.captures(tree.root_node)
    uneven = sum(_uneven(sequence, start, end) for sequence in captures.get("sequence", []))
    return _errors(tree.root_node) + uneven + len(captures.get("fault", []))


def _errors(node: Node) -> int:
    if not node.has_error:
        return 0
    return (node.is_error or node.is_missing) + sum(_errors(child) for child in node.children)


def _uneven(sequence: Node, start: int, end: int) -> int:
    """How many statements in and behind the range begin a line in a column of their own; an empty
    block counts as one."""
    if sequence.parent is not None and sequence.start_byte == sequence.end_byte:
        return 1
    return sum(
        node.start_point.column != _column(sequence)
        for node in _line_starters(sequence, start, end)
    )


def _column(sequence: Node) -> int:
    """The column of the first statement; the outermost sequence begins at the margin."""
    return sequence.start_point.column if sequence.parent is not None else 0


def _line_starters(sequence: Node, start: int, end: int) -> Iterator[Node]:
    """The statements of the sequence that begin a line, from the one around `start` to the first
    behind `end`."""
    node = sequence.first_named_child_for_byte(start)
    while node is not None:
        before = node.prev_sibling
        begins_line = before is None or before.end_point.row < node.start_point.row
        # a byte-order mark takes columns of the first line
        if begins_line and node.start_point.row > 0 and not node.is_extra and not node.is_error:
            yield node
        if node.start_byte > end:
            return
        node = node.next_named_sibling
