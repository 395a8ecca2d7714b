"""Where the hole of a block begins and ends, in bytes of the source that the tree was parsed from.

A block is opened by a token (`:`, `{`, `then`) and its hole begins directly behind that token, or
behind a comment on the same line; so the text of a hole that starts on a fresh line begins with
the newline, and what stands before the hole never ends in half an indentation. It ends with the
last statement or comment of the block, before the newline that follows and before what closes the
block. Knows trees only, neither documents nor languages.
"""

from tree_sitter import Node


def block_hole(block: Node) -> tuple[int, int]:
    """The half-open byte range to be written when the whole block is written anew."""
    if is_delimited(block):
        start = end_with_comment(block.children[0])
        return start, max(start, end_in_line(block.children[-2]))
    before = block.prev_sibling
    while before is not None and (before.is_extra or before.start_byte == before.end_byte):
        before = before.prev_sibling
    if before is None:
        return block.start_byte, end_in_line(block)
    return end_with_comment(before), end_in_line(block)


def is_delimited(block: Node) -> bool:
    """Whether the block holds the tokens that open and close it, such as `{` and `}`."""
    if block.child_count < 2:
        return False
    opener, closer = block.children[0], block.children[-1]
    return not opener.is_named and not closer.is_named


def end_with_comment(node: Node) -> int:
    """The end of a node, or of the comment that follows it on its last line."""
    after = node.next_sibling
    if (
        after is not None
        and after.is_extra
        and not after.is_error
        and after.start_point.row == node.end_point.row
    ):
        return end_in_line(after)
    return end_in_line(node)


def end_in_line(node: Node) -> int:
    """The end of a node without the line end that some grammars count in."""
    return node.end_byte - (node.end_point.column == 0 and node.end_byte > node.start_byte)
