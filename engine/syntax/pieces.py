"""The pieces of a syntax tree around a place: what a hole can be besides the body of a function.

Counts in bytes of the source that the tree was parsed from. Knows no documents, and of languages
only the sections `spans` and `lists` of `queries/<language>.scm`.
"""

from collections.abc import Iterator
from typing import Literal, get_args

from tree_sitter import Node, Query, QueryCursor, Tree

from fillwright.engine.syntax.blocks import block_hole, edges, end_in_line
from fillwright.engine.syntax.grammars import query_for
from fillwright.engine.syntax.spans import byte_spans

Kind = Literal[
    "statement", "block", "expression", "string", "comment", "arguments", "members", "imports"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
BRACKETS = ("(", "[", "{", "|")
LISTS = ("arguments", "members", "imports")


def pieces_at(tree: Tree, language: str, byte: int, kind: Kind) -> list[tuple[int, int]]:
    """The byte ranges of the pieces of one kind that hold a byte offset, outer before inner.

    `arguments` and `members` are what stands between the brackets of a list of parameters or
    arguments, and of a class; `imports` are all imports that follow one another.
    """
    section = "lists" if kind in LISTS else "spans"
    query = query_for(language, section)
    if query is None:
        return []
    cursor = QueryCursor(query)
    cursor.set_byte_range(max(0, byte - 1), byte + 1)
    captures = cursor.captures(tree.root_node)
    found = (
        {_list(node, query, kind) for node in captures.get(kind, [])}
        if kind in LISTS
        else {(start, end) for start, end, said in byte_spans(captures) if said == kind}
    )
    holding = (span for span in found if span[0] <= byte <= span[1])
    return sorted(holding, key=lambda span: (span[0], -span[1]))


def _list(node: Node, query: Query, kind: Kind) -> tuple[int, int]:
    opener, _ = edges(node)
    bracketed = opener is not None and opener.parent == node and opener.type in BRACKETS
    if kind == "members" or (kind == "arguments" and bracketed):
        return block_hole(node)
    first = last = node
    for before in _siblings(node, forward=False):
        if not _is(before, query, kind):
            break
        first = before
    for after in _siblings(node, forward=True):
        if not _is(after, query, kind):
            break
        last = after
    return first.start_byte, end_in_line(last)


def _is(node: Node, query: Query, kind: Kind) -> bool:
    """Whether the query captures the node itself, or in its parent, as a piece of this kind."""
    if node.parent is None:
        return False
    cursor = QueryCursor(query)
    cursor.set_byte_range(node.start_byte, max(node.end_byte, node.start_byte + 1))
    cursor.set_max_start_depth(1)
    return node in cursor.captures(node.parent).get(kind, [])


def _siblings(node: Node, *, forward: bool) -> Iterator[Node]:
    beside = node.next_named_sibling if forward else node.prev_named_sibling
    while beside is not None:
        yield beside
        beside = beside.next_named_sibling if forward else beside.prev_named_sibling
