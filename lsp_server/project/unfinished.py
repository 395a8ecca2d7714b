"""Lines that somebody has not finished: that one ends there says nothing about where lines end.

Knows texts and grammars; knows no files and no documents.
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from fillwright.engine.memory.limits import GAP
from fillwright.engine.syntax.grammars import parser_for

WAITING = re.compile(r"\S[ \t]+$")
"""White space at the end of a line of code waits for what comes, as after `return `."""


def with_gaps(text: str, language: str, typed: int | None = None) -> str:
    """The text with a gap at the end of every line that is not finished. That is one that ends in
    white space, or where the text does not parse, and the one that is just `typed`, by its number
    from 0."""
    lines = text.split("\n")
    unfinished = {number for number, line in enumerate(lines) if WAITING.search(line)}
    unfinished |= {typed} if typed is not None else set()
    if (parser := parser_for(language)) is not None:
        # a parser would take a gap for the end of the text
        source = text.replace(GAP, "0").encode(errors="replace")
        unfinished |= set(_broken(parser.parse(source).root_node))
    return "\n".join(
        f"{line}{GAP}" if number in unfinished and line.strip() else line
        for number, line in enumerate(lines)
    )


def _broken(root: Node) -> Iterator[int]:
    """The lines at which errors begin and end."""
    nodes = [root]
    # no recursion: what does not parse may be nested thousandfold
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            yield from (node.start_point.row, node.end_point.row)
        if node.has_error:
            nodes.extend(node.children)
