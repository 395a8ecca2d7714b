"""Loose ends of a text that parses: names that are read where nothing binds them, and names that
are bound where nothing reads them. A compiler or a linter would complain of them.

Counts in bytes of the source that the tree was parsed from; of languages it knows what the section
`names` of `queries/<language>.scm` captures. It is coarse on purpose: the outermost function around
a range is one scope, and what is bound anywhere in it is bound everywhere in it.
"""

from dataclasses import dataclass

from tree_sitter import Node, QueryCursor, Tree

from fillwright.engine.syntax.functions import Function, Span, functions
from fillwright.engine.syntax.grammars import directive, query_for


@dataclass(frozen=True, slots=True)
class LooseEnds:
    """Of the bytes `within`: names that nothing there binds and that are no builtins of the
    language (they may be bound elsewhere), and names bound there for nothing."""

    within: Span
    unbound: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


def loose_ends(tree: Tree, language: str, start: int, end: int) -> LooseEnds:
    """Those of the outermost function around the byte range `start..end`, or of everything; none
    in a language whose query file does not speak of names."""
    query = query_for(language, "names")
    if query is None:
        return LooseEnds((start, end))
    # an empty range touches nothing
    around = functions(tree, language, (max(0, start - 1), end + 1))
    outer = next((one for one in around if one.start <= start and end <= one.end), None)
    within = (outer.start, outer.end) if outer else (0, tree.root_node.end_byte)
    cursor = QueryCursor(query)
    cursor.set_byte_range(*within)
    captured = {
        kind: {node.start_byte: _text(node) for node in nodes if _is_in(node, within)}
        for kind, nodes in cursor.captures(tree.root_node).items()
    }
    names, local, bound, member, updated = (
        captured.get(kind, {}) for kind in ("name", "local", "bound", "member", "updated")
    )
    used = names.keys() - local.keys() - bound.keys() - member.keys()
    known = {*local.values(), *bound.values(), *directive(language, "builtins")}
    read = {names[place] for place in used - updated.keys()}
    # what a module binds, others read
    kept = {local[place] for place in local if outer and place >= outer.body_start}
    return LooseEnds(
        within, frozenset(names[place] for place in used) - known, frozenset(kept - read)
    )


def names_outside_functions(tree: Tree, language: str) -> frozenset[str]:
    """What is named outside of every function, their own names included; members of something else
    are not, nor is what stands in comments and strings."""
    query = query_for(language, "names")
    if query is None:
        return frozenset()
    source = tree.root_node.text or b""
    inside = [(_arguments(one, source), one.end) for one in functions(tree, language)]
    captured = QueryCursor(query).captures(tree.root_node)
    bound = {node.start_byte for node in captured.get("bound", ())}
    members = {node.start_byte for node in captured.get("member", ())} - bound
    return frozenset(
        _text(node)
        for node in captured.get("name", ())
        if node.start_byte not in members
        and not any(start <= node.start_byte < end for start, end in inside)
    )


def names_within(tree: Tree, language: str, start: int, end: int) -> frozenset[str]:
    """Every name in the byte range `start..end`; none in a language whose query file does not speak
    of names."""
    query = query_for(language, "names")
    if query is None:
        return frozenset()
    cursor = QueryCursor(query)
    cursor.set_byte_range(start, end)
    found = cursor.captures(tree.root_node).get("name", ())
    return frozenset(_text(node) for node in found if _is_in(node, (start, end)))


def _arguments(function: Function, source: bytes) -> int:
    """Where what is a function's own begins: after its name, if it has one in its header."""
    opened = source.find(b"(", function.header, function.body_start)
    return opened if opened >= 0 else function.header


def _is_in(node: Node, within: Span) -> bool:
    return within[0] <= node.start_byte and node.end_byte <= within[1]


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
