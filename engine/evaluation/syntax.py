"""What syntax says of a fill: whether it parses, and which names it uses.

Knows trees and texts. Knows no benchmarks, and no language but by its id.
"""

import ast
import warnings
from collections.abc import Iterator

from tree_sitter import Node, Tree

from fillwright.engine.evaluation.question import Question
from fillwright.engine.syntax.faults import faults
from fillwright.engine.syntax.grammars import parser_for

# what grammars call the names that are no `..._identifier`
NAMES = ("identifier", "constant", "name", "variable_name")


def python_parses(source: str) -> bool:
    """By Python's own parser, the one of the running version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def parses_no_worse(question: Question, fill: str) -> bool:
    """Whether the document has no more faults with the fill than with what was taken out."""
    return _faults_with(question, fill) <= _faults_with(question, question.gold)


def sound(text: str, language: str) -> bool:
    """Whether a whole file has no syntax error."""
    return not _tree(text.encode("utf-8", "surrogatepass"), language).root_node.has_error


def names_in(question: Question, fill: str) -> list[str]:
    """Every identifier that the fill writes or completes, as often as it does."""
    source, start, end = _filled(question, fill)
    nodes = _leaves(_tree(source, question.language).root_node, start, end)
    return [
        source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        for node in nodes
        if node.is_named and (node.type in NAMES or node.type.endswith("_identifier"))
    ]


def _faults_with(question: Question, fill: str) -> int:
    source, start, end = _filled(question, fill)
    return faults(_tree(source, question.language), question.language, start, end)


def _filled(question: Question, fill: str) -> tuple[bytes, int, int]:
    """The document's bytes, and where in them the fill is."""
    before, filled, after = (
        text.encode("utf-8", "surrogatepass") for text in (question.prefix, fill, question.suffix)
    )
    return before + filled + after, len(before), len(before) + len(filled)


def _tree(source: bytes, language: str) -> Tree:
    parser = parser_for(language)
    if parser is None:
        raise ValueError(f"no grammar for {language!r}")
    return parser.parse(source)


def _leaves(node: Node, start: int, end: int) -> Iterator[Node]:
    """The leaves that overlap a byte range, in order."""
    if node.end_byte <= start or node.start_byte >= end:
        return
    if node.child_count == 0:
        yield node
    for child in node.children:
        yield from _leaves(child, start, end)
