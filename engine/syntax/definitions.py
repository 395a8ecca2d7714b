"""Classes and named functions of a syntax tree, with what is said about them: their docstrings.

Counts in bytes of the source that the tree was parsed from. Knows no documents and, as
`functions.py`, no language by name.
"""

from dataclasses import dataclass

from tree_sitter import Node, Tree

from fillwright.engine.syntax import shapes
from fillwright.engine.syntax.blocks import block_hole, end_in_line, is_comment
from fillwright.engine.syntax.functions import captured, docstring_of, wrapped

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Definition:
    """One class, or one function that has a name, with its decorators and attributes.

    `body_start` is where its header ends, `docstring` the string that begins its body, and
    `comments` what is said in comments right above it.
    """

    start: int
    end: int
    body_start: int
    docstring: Span | None
    comments: Span | None


def classes(tree: Tree, language: str, within: Span | None = None) -> list[Span]:
    """The byte ranges of the classes that touch `within` (None: all), outer before inner."""
    found = captured(tree, language, within).get("class", [])
    return sorted((node.byte_range for node in found), key=lambda span: (span[0], -span[1]))


def definitions(tree: Tree, language: str, within: Span) -> list[Definition]:
    """The definitions that touch the byte range `within`, outer before inner."""
    captures = captured(tree, language, within)
    nodes = [node for name in ("class", "function", "closure") for node in captures.get(name, [])]
    found = []
    for node in nodes:
        whole, body = wrapped(node, language), shapes.body_of(node)
        if body is None or (whole == node and node in captures.get("closure", [])):
            continue
        docstring = docstring_of(body, language)
        found.append(
            Definition(
                start=_first(whole).start_byte,
                end=whole.end_byte,
                body_start=block_hole(body)[0],
                docstring=None if docstring is None else docstring.byte_range,
                comments=_comments_above(_first(whole)),
            )
        )
    return sorted(found, key=lambda one: (one.start, -one.end))


def _first(whole: Node) -> Node:
    """The first of the attributes that stand before a definition, or the definition."""
    first = whole
    before = first.prev_sibling
    while before is not None and before.type in ("attribute_item", "decorator"):
        first, before = before, before.prev_sibling
    return first


def _comments_above(whole: Node) -> Span | None:
    """The comments that end on the line above, each on lines of its own; a comment of several
    lines stands for itself."""
    first, at = None, whole
    node = whole.prev_sibling
    while node is not None and is_comment(node):
        if _last_row(node) != at.start_point.row - 1 or not _begins_line(node):
            break
        if first is not None and node.start_point.row != _last_row(node):
            break
        first = at = node
        if node.start_point.row != _last_row(node):
            break
        node = node.prev_sibling
    if first is None:
        return None
    last = whole.prev_sibling
    return first.start_byte, end_in_line(last) if last is not None else first.end_byte


def _last_row(node: Node) -> int:
    # some grammars count the line end in
    return node.end_point.row - (node.end_point.column == 0)


def _begins_line(node: Node) -> bool:
    before = node.prev_sibling
    return before is None or _last_row(before) < node.start_point.row
