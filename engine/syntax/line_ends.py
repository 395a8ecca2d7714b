"""Whether a statement goes on below the line in which it should have ended: a grammar may forgive
`x =` and take the next line for the rest. Knows trees only.
"""

from tree_sitter import Node, Tree

HOLDS_STATEMENTS = ("module", "program", "block", "_block", "_statement", "_definition", "_clause")
"""How the types of nodes end that may hold one statement's end and the next one's beginning."""
BRACKETS = {"(": ")", "[": "]", "{": "}", "string_start": "string_end"}
"""The types of the nodes between which the end of a line ends nothing."""


def goes_on_below(tree: Tree, end: int) -> bool:
    """Whether what ends at byte `end`, the end of a line, is one expression with what the next line
    of code begins with, and no brackets hold both."""
    source = tree.root_node.text or b""
    first = end
    while first < len(source) and source[first : first + 1].isspace():
        first += 1
    if not 0 < end < first < len(source):
        return False
    both: Node | None = tree.root_node.descendant_for_byte_range(end - 1, first + 1)
    # a header's colon and its block are siblings
    if both is None or both.type.endswith(HOLDS_STATEMENTS):
        return False
    return not _in_brackets(both, end, first)


def _in_brackets(both: Node, end: int, first: int) -> bool:
    """Whether brackets around a node, or its own, open before `end` and close after `first`."""
    node: Node | None = both
    while node is not None and not node.type.endswith(HOLDS_STATEMENTS):
        before = {child.type for child in node.children if child.end_byte <= end}
        after = {child.type for child in node.children if child.start_byte >= first}
        if any(opener in before and closer in after for opener, closer in BRACKETS.items()):
            return True
        node = node.parent
    return False
