"""How much is wrong with a source text, to see whether a change has made it worse.

Counts in bytes of the source that the tree was parsed from. Knows no documents and no fills. A
grammar forgives what its language does not (an empty block, uneven indentation), so the section
`layout` of `queries/<language>.scm`, where there is one, says what else is wrong.
"""

from collections.abc import Iterator

from tree_sitter import Node, QueryCursor, Tree

from fillwright.engine.syntax.grammars import query_for


def faults(tree: Tree, language: str, start: int, end: int) -> int:
    """The number of syntax errors in the whole tree, and of layout faults that touch the byte
    range `start..end` or the statement after it."""
    query = query_for(language, "layout")
    if query is None:
        return _errors(tree.root_node)
    cursor = QueryCursor(query)
    # an empty block before the range ends where the range starts
    cursor.set_byte_range(max(0, start - 1), end + 1)
    captures = cursor.captures(tree.root_node)
    misplaced = sum(_misplaced(sequence, start, end) for sequence in captures.get("sequence", []))
    astray = sum(map(_is_astray, captures.get("clause", [])))
    return _errors(tree.root_node) + misplaced + astray + len(captures.get("fault", []))


def _errors(root: Node) -> int:
    count, nodes = 0, [root]
    # no recursion: what does not parse may be nested thousandfold
    while nodes:
        node = nodes.pop()
        if node.has_error:
            count += node.is_error or node.is_missing
            nodes.extend(node.children)
    return count


def _misplaced(sequence: Node, start: int, end: int) -> int:
    """How many statements in and after the range begin a line in a column of their own, or go on
    in the line of another; an empty block counts as one."""
    column = 0
    # the outermost sequence may be empty and begins at the margin
    if sequence.parent is not None:
        first = _first_statement(sequence)
        if first is None:
            return 1
        column = first.start_point.column
    return sum(_is_misplaced(statement, column) for statement in _statements(sequence, start, end))


def _is_misplaced(statement: Node, column: int) -> bool:
    before = statement.prev_sibling
    if before is None or before.end_point.row < statement.start_point.row:
        # a byte-order mark takes columns of the first line
        return statement.start_point.row > 0 and statement.start_point.column != column
    # what separates statements in a line has no name
    return before.is_named and not before.is_extra


def _is_astray(clause: Node) -> bool:
    statement = clause.parent
    return statement is not None and clause.start_point.column != statement.start_point.column


def _first_statement(sequence: Node) -> Node | None:
    node = sequence.child(0) if sequence.child_count else None
    while node is not None and node.is_extra:
        node = node.next_sibling
    return node


def _statements(sequence: Node, start: int, end: int) -> Iterator[Node]:
    """The statements from the one around `start` to the first that begins after `end`."""
    cursor = sequence.walk()
    if cursor.goto_first_child_for_byte(start) is None:
        return
    node = cursor.node
    while node is not None:
        if node.is_named and not node.is_extra:
            yield node
        if node.start_byte > end:
            return
        node = node.next_sibling
