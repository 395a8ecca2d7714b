"""Where the hole of a block begins and ends, in bytes of the source that the tree was parsed from.

A block is opened by a token (`:`) and its hole begins directly behind that token, or behind a
comment on the same line; so the text of a hole that starts on a fresh line begins with the newline,
and what stands before the hole never ends in half an indentation. It ends with the last statement
of the block, before the newline that follows. Knows trees only, neither documents nor languages.
"""

from tree_sitter import Node


def block_hole(block: Node) -> tuple[int, int]:
    """The half-open byte range to be written when the whole block is written anew."""
    opener = block.prev_sibling
    while opener is not None and (opener.is_extra or opener.start_byte == opener.end_byte):
        opener = opener.prev_sibling
    if opener is None:
        return block.start_byte, block.end_byte
    return end_with_comment(opener), block.end_byte


def end_with_comment(node: Node) -> int:
    """The end of a node, or of the comment that follows it on its last line."""
    after = node.next_sibling
    if (
        after is not None
        and after.is_extra
        and not after.is_error
        and after.start_point.row == node.end_point.row
    ):
        return after.end_byte
    return node.end_byte
