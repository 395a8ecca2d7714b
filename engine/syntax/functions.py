"""Functions of a syntax tree: where their bodies are, and which bodies only hold a place.

Counts in bytes of the source that the tree was parsed from. Knows no documents. Of languages it
knows what the sections `functions` and `stubs` of `queries/<language>.scm` capture. Where there is
no such file, it goes by the names of the grammar's nodes (`shapes.py`).
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from tree_sitter import Node, QueryCursor, Tree

from fillwright.engine.syntax import shapes
from fillwright.engine.syntax.blocks import (
    block_hole,
    content,
    edges,
    end_in_line,
    end_with_comment,
    following,
    is_comment,
    path_to,
    previous,
)
from fillwright.engine.syntax.grammars import directive, may_capture, query_for

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Function:
    """One function, method, closure or nested function.

    `start..end` is all of it, from its decorators to its last statement or comment, or to what
    closes it. `header` is where it begins without decorators and what it is assigned to,
    `body_start` where its header ends, and `closer` where the token begins that closes its body, if
    one does. `hole_start..hole_end` is what is to be written: the body after a docstring, or the
    placeholder of a stub after the comments that say what belongs there. `value`: the body is an
    expression. `broken`: there is a syntax error in it, so its ends are guesses; `broken_header`:
    in its header, so the body may be anything. `stub`: nothing is written there yet. `declared`: it
    is meant to stay so (an overload, an abstract method, an empty closure).
    """

    start: int
    end: int
    header: int
    body_start: int
    hole_start: int
    hole_end: int
    closer: int | None
    value: bool
    broken: bool
    broken_header: bool
    stub: bool
    declared: bool


def functions(tree: Tree, language: str, within: Span | None = None) -> list[Function]:
    """The functions that touch the byte range `within` (None: all), outer before inner."""
    found = [written.function() for written in _written(tree, language, within)]
    return sorted(found, key=lambda one: (one.start, -one.end))


def stubs(tree: Tree, language: str, within: Span | None = None) -> Iterator[Function]:
    """Those of them in which nothing is written, though something should be."""
    for written in _written(tree, language, within):
        if written.stub and not written.node.has_error:
            function = written.function()
            if not function.declared:
                yield function


def broken_functions(tree: Tree, language: str, within: Span) -> list[int]:
    """Where the functions begin whose headers do not parse, among those that touch `within`."""
    broken = captured(tree, language, within).get("broken", [])
    return [node.start_byte for node in broken if within[0] <= node.start_byte < within[1]]


def captured(tree: Tree, language: str, within: Span | None = None) -> dict[str, list[Node]]:
    """What section `functions` captures in the byte range `within`, and in the beginning of a
    definition whose decorators are there."""
    query = query_for(language, "functions")
    if query is None:
        return {}
    cursor = QueryCursor(query)
    if within is not None:
        cursor.set_byte_range(*_reach(tree, directive(language, "wrapped by"), within))
    return cursor.captures(tree.root_node)


def wrapped(function: Node, language: str) -> Node:
    """The function with what gives it its name, its decorators or its template parameters."""
    wrappers = directive(language, "wrapped by")
    whole = function
    while whole.parent is not None and whole.parent.type in wrappers:
        whole = whole.parent
    return whole


def docstring_of(body: Node, language: str) -> Node | None:
    """The statement that begins a body and only says what it is about, or None."""
    statements = (node for node in _statements(body, value=False) if not is_comment(node))
    first = next(statements, None)
    return first if first is not None and "docstring" in _said_of(first, language) else None


def _reach(tree: Tree, wrappers: frozenset[str], within: Span) -> Span:
    """The range as far as the beginning of the function that what ends it is wrapped around."""
    start, end = within
    path = path_to(tree, max(start, end - 1))
    node = next((one for one in reversed(path) if one.type in wrappers), None)
    while node is not None and node.type in wrappers:
        end = max(end, node.start_byte + 1)
        node = node.named_child(node.named_child_count - 1) if node.named_child_count else None
    return start, end if node is None else max(end, node.start_byte + 1)


def _written(tree: Tree, language: str, within: Span | None) -> Iterator["_Written"]:
    captures = captured(tree, language, within)
    for capture in ("function", "closure"):
        for node in captures.get(capture, []):
            body = shapes.body_of(node)
            if body is not None:
                yield _Written(language, node, body, closure=capture == "closure")


class _Written:
    """What is written in one function."""

    def __init__(self, language: str, node: Node, body: Node, *, closure: bool) -> None:
        self.language = language
        self.node, self.body, self.closure = node, body, closure
        self.value = not shapes.is_block(body)
        self.placeholders: list[Node] = []
        self.docstring: Node | None = None
        self.stub = not self._has_statements()

    def function(self) -> Function:
        whole = wrapped(self.node, self.language)
        body_start, body_end = block_hole(self.body)
        closer = None if self.value else edges(self.body)[1]
        if self.stub:
            start, end = self._stub_hole(whole, body_start)
        else:
            docstring = self.docstring
            start = end_with_comment(docstring) if docstring is not None else body_start
            end = body_end
        empty = start == end == body_start
        return Function(
            start=whole.start_byte,
            end=self.node.end_byte if closer is not None else max(self.node.end_byte, end),
            header=self.node.start_byte,
            body_start=body_start,
            hole_start=start,
            hole_end=end,
            closer=None if closer is None or closer.is_missing else closer.start_byte,
            value=self.value,
            broken=self.node.has_error,
            broken_header=self._has_broken_header(),
            stub=self.stub,
            declared=self.stub
            and (
                "declared" in _said_of(whole, self.language)
                or (empty and self._may_be_empty(whole))
            ),
        )

    def _has_statements(self) -> bool:
        """Whether there is a statement besides docstring and placeholders, parsed or not."""
        first = True
        for node in _statements(self.body, self.value):
            if is_comment(node):
                continue
            said = _said_of(node, self.language)
            if "placeholder" in said:
                self.placeholders.append(node)
            elif first and "docstring" in said:
                self.docstring = node
            else:
                return True
            first = False
        return False

    def _has_broken_header(self) -> bool:
        return self.node.has_error and any(
            child.has_error
            for child in self.node.children
            if child.end_byte <= self.body.start_byte
        )

    def _stub_hole(self, whole: Node, body_start: int) -> Span:
        if self.value:
            return block_hole(self.body)
        if self.placeholders:
            before = previous(self.placeholders[0])
            start = end_with_comment(before) if before is not None else body_start
            return max(start, body_start), end_in_line(self.placeholders[-1])
        held = list(content(self.body))
        if not held and edges(self.body)[1] is None:
            held = _comments_below(whole)
        end = end_with_comment(held[-1]) if held else body_start
        return end, end

    def _may_be_empty(self, whole: Node) -> bool:
        anonymous = self.closure and whole == self.node
        return anonymous or "optional" in _said_of(self.node, self.language)


def _said_of(node: Node, language: str) -> Container[str]:
    """What section `stubs` says of a node itself, whatever is in it."""
    query = query_for(language, "stubs")
    if query is None or not may_capture(language, "stubs", node.type):
        return ()
    cursor = QueryCursor(query)
    cursor.set_max_start_depth(0)
    return cursor.captures(node)


def _statements(body: Node, value: bool) -> Iterator[Node]:
    """The statements and comments of a body, in order; those of a node that is but a list of
    statements count one by one."""
    if value:
        yield body
        return
    for node in content(body):
        if node.type.endswith(("statement_list", "statements")):
            yield from node.named_children
        else:
            yield node


def _comments_below(function: Node) -> list[Node]:
    """The comments after a header without a body that are deeper than it: all the body it has."""
    comments: list[Node] = []
    after = following(function)
    while (
        after is not None
        and is_comment(after)
        and after.start_point.column > function.start_point.column
    ):
        comments.append(after)
        after = following(after)
    return comments
