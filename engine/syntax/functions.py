"""Functions of a syntax tree: where their bodies are, and which bodies only hold a place.

Counts in bytes of the source that the tree was parsed from. Knows no documents, and of languages
only what section `functions` of `queries/<language>.scm` captures.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node, QueryCursor, Tree

from fillwright.engine.syntax.blocks import block_hole, end_with_comment
from fillwright.engine.syntax.grammars import query_for


@dataclass(frozen=True, slots=True)
class Function:
    """One function, method or nested function.

    `start..end` is all of it, from its decorators to its last statement or comment;
    `body_start` is where its header ends. `hole_start..hole_end` is what is to be written: the
    body behind a docstring, or the placeholder of a stub behind the comments that say what
    belongs there. `broken`: there is a syntax error in it, so its ends are guesses. `stub`: nothing
    is written there yet. `declared`: it is meant to stay so (an overload, an abstract method).
    """

    start: int
    end: int
    body_start: int
    hole_start: int
    hole_end: int
    broken: bool
    stub: bool
    declared: bool


def functions(tree: Tree, language: str, within: tuple[int, int] | None = None) -> list[Function]:
    """The functions that touch the byte range `within` (None: all), outer before inner."""
    found: dict[int, _Captured] = {}
    for captures in _matches(tree, language, within):
        for body in captures.get("body", []):
            known = found.setdefault(body.id, _Captured(body))
            for name, nodes in captures.items():
                known.nodes.setdefault(name, []).extend(nodes)
    return sorted((known.function() for known in found.values()), key=lambda one: one.start)


def broken_functions(tree: Tree, language: str, within: tuple[int, int]) -> list[int]:
    """Where the functions begin whose headers do not parse, among those that touch `within`."""
    return [
        node.start_byte
        for captures in _matches(tree, language, within)
        for node in captures.get("broken", [])
        if within[0] <= node.start_byte < within[1]
    ]


def _matches(
    tree: Tree, language: str, within: tuple[int, int] | None
) -> Iterator[dict[str, list[Node]]]:
    cursor = QueryCursor(query_for(language, "functions"))
    if within is not None:
        cursor.set_byte_range(*within)
    for _, captures in cursor.matches(tree.root_node):
        yield captures


class _Captured:
    """What the patterns captured around one body."""

    def __init__(self, body: Node) -> None:
        self.body = body
        self.nodes: dict[str, list[Node]] = {}

    def function(self) -> Function:
        # a decorated function is captured twice, with its decorators and without
        whole = min(self.nodes["function"], key=lambda node: node.start_byte)
        stub = not self._has_statements()
        body_start, body_end = block_hole(self.body)
        if stub:
            start, end = self._stub_hole(whole, body_start)
        else:
            docstring = self._statement_of_docstring()
            start = end_with_comment(docstring) if docstring is not None else body_start
            end = body_end
        return Function(
            start=whole.start_byte,
            end=max(whole.end_byte, end),
            body_start=body_start,
            hole_start=start,
            hole_end=end,
            broken=whole.has_error,
            stub=stub,
            declared="declared" in self.nodes,
        )

    def _stub_hole(self, whole: Node, body_start: int) -> tuple[int, int]:
        placeholders = self.nodes.get("placeholder", [])
        if placeholders:
            before = placeholders[0].prev_sibling or self.body.prev_sibling
            start = end_with_comment(before) if before is not None else body_start
            return start, placeholders[-1].end_byte
        held = self.body.named_children or _comments_below(whole)
        end = end_with_comment(held[-1]) if held else body_start
        return end, end

    def _statement_of_docstring(self) -> Node | None:
        docstrings = self.nodes.get("docstring")
        return docstrings[0].parent if docstrings else None

    def _has_statements(self) -> bool:
        """Whether there is a statement besides docstring and placeholders."""
        docstring = self._statement_of_docstring()
        idle = {node.id for node in self.nodes.get("placeholder", [])}
        idle |= {docstring.id} if docstring is not None else set()
        statements = (node for node in self.body.named_children if not node.is_extra)
        return any(node.id not in idle for node in statements)


def _comments_below(function: Node) -> list[Node]:
    """The comments behind a header without a body that are deeper than it: all the body it has."""
    comments: list[Node] = []
    after = _next(function)
    while (
        after is not None
        and after.is_extra
        and not after.is_error
        and after.start_point.column > function.start_point.column
    ):
        comments.append(after)
        after = _next(after)
    return comments


def _next(node: Node) -> Node | None:
    """The node that follows this one, in its parent or further out."""
    while node.next_sibling is None:
        if node.parent is None:
            return None
        node = node.parent
    return node.next_sibling
