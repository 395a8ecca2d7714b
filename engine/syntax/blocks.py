"""Where the hole of a block begins and ends, in bytes of the source that the tree was parsed from.

A block is opened by a token (`:`, `{`, `then`) and its hole begins directly after that token, or
after a comment on the same line; so the text of a hole that starts on a fresh line begins with
the newline, and what stands before the hole never ends in half an indentation. It ends with the
last statement or comment of the block, before the newline that follows and before what closes the
block. Knows trees only, neither documents nor languages.
"""

from collections.abc import Iterator

from tree_sitter import Node, Tree


def block_hole(block: Node) -> tuple[int, int]:
    """The half-open byte range to be written when the whole block is rewritten."""
    opener, closer = edges(block)
    start = end_with_comment(opener) if opener is not None else block.start_byte
    last = previous(closer) if closer is not None else block
    return start, max(start, end_in_line(last) if last is not None else start)


def edges(block: Node) -> tuple[Node | None, Node | None]:
    """What opens a block and what closes it, where something does.

    A block holds both (`{` and `}`) or stands between them (`then` and `end`). The token that
    closes an empty block may stand for the block, where the grammar has no node for that.
    """
    if block.child_count > 1:
        first, last = block.child(0), block.child(block.child_count - 1)
        if first is not None and last is not None and not (first.is_named or last.is_named):
            return first, last
    before = block.prev_sibling
    while before is not None and (before.is_extra or before.start_byte == before.end_byte):
        before = before.prev_sibling
    if not block.is_named:
        return before, block
    after = block.next_sibling
    while after is not None and after.is_extra:
        after = after.next_sibling
    return before, after if after is not None and not after.is_named else None


def content(block: Node) -> Iterator[Node]:
    """The statements and comments of a block, in order."""
    opener, closer = edges(block)
    node = opener.next_sibling if opener is not None else block
    while node is not None and node != closer:
        if node == block:
            yield from (child for child in block.children if child.is_named)
            if closer is None:
                return
        elif node.is_named:
            yield node
        node = node.next_sibling


def end_with_comment(node: Node) -> int:
    """The end of a node, or of the comment that follows it on its last line."""
    after = node.next_sibling
    if after is not None and is_comment(after) and after.start_point.row == node.end_point.row:
        return end_in_line(after)
    return end_in_line(node)


def is_comment(node: Node) -> bool:
    """Whether a node says something to people only."""
    return node.is_extra and not node.is_error and "comment" in node.type


def ends_a_comment(tree: Tree, place: int) -> bool:
    """Whether a comment ends at a byte of the source."""
    node = tree.root_node.descendant_for_byte_range(max(0, place - 1), place)
    while node is not None and node.start_byte < place and not is_comment(node):
        node = node.parent
    return node is not None and is_comment(node) and end_in_line(node) == place


def end_in_line(node: Node) -> int:
    """The end of a node without the line ends that some grammars count in."""
    if node.end_point.column or node.text is None:
        return node.end_byte
    return node.start_byte + len(node.text.rstrip())


def path_to(tree: Tree, byte: int) -> list[Node]:
    """The nodes that hold a byte offset, from the outside.

    Found on the way down: in source that does not parse nodes may be nested thousandfold, and
    asking each one for its parent starts at the root every time.
    """
    cursor = tree.walk()
    path = [tree.root_node]
    while cursor.goto_first_child_for_byte(byte) is not None:
        node = cursor.node
        if node is None or node.start_byte > byte:
            break
        path.append(node)
    return path


def previous(node: Node) -> Node | None:
    """The node that stands before this one, in its parent or further out."""
    while node.prev_sibling is None:
        if node.parent is None:
            return None
        node = node.parent
    return node.prev_sibling


def following(node: Node) -> Node | None:
    """The node that stands after this one, in its parent or further out."""
    while node.next_sibling is None:
        if node.parent is None:
            return None
        node = node.parent
    return node.next_sibling
