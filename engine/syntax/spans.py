"""The pieces of a source text that are worth filling: what training corpora take holes from.

Knows syntax trees and character offsets. Knows nothing of tokens, documents or editors. The kinds
are the capture names in `queries/<language>.scm`, section `spans`:

- `body`: a function's body after its docstring; `block`: any whole block, docstring included;
  both start at the newline after the colon (see `blocks.py`),
- `statement` (simple or compound, from its first to its last character), `expression`,
- `string`, `comment`, `docstring`, `import`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node, QueryCursor

from fillwright.engine.syntax.blocks import block_hole, end_in_line, end_with_comment
from fillwright.engine.syntax.grammars import parser_for, query_for


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open, non-empty character range of the text, and what it holds."""

    start: int
    end: int
    kind: str


def spans(text: str, language: str) -> list[Span]:
    """Every fillable piece of `text`, in order of its start; none for an unknown language.

    Text that does not parse gives the spans of the parts that do.
    """
    parser = parser_for(language)
    query = query_for(language, "spans") if parser is not None else None
    if parser is None or query is None:
        return []
    source = text.encode("utf-8", "surrogatepass")
    captures = QueryCursor(query).captures(parser.parse(source).root_node)
    found = {(start, end, kind) for start, end, kind in byte_spans(captures) if start < end}
    places = {place for start, end, _ in found for place in (start, end)}
    characters = _character_offsets(source, places, ascii_only=len(source) == len(text))
    return sorted(Span(characters[start], characters[end], kind) for start, end, kind in found)


def byte_spans(captures: dict[str, list[Node]]) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of what section `spans` captured, in bytes, in no order."""
    docstrings = {node.start_byte: node for node in captures.pop("docstring", [])}
    for block in captures.pop("body", []):
        start, end = block_hole(block)
        docstring = docstrings.get(block.start_byte)
        yield start, end, "block"
        if docstring is None:
            yield start, end, "body"
        elif docstring.end_byte < end and docstring.parent is not None:
            yield end_with_comment(docstring.parent), end, "body"
    for block in captures.pop("block", []):
        yield *block_hole(block), "block"
    for kind, nodes in captures.items():
        # what begins with _ is only there for a predicate
        if not kind.startswith("_"):
            yield from ((node.start_byte, end_in_line(node), kind) for node in nodes)
    for node in docstrings.values():
        yield node.start_byte, end_in_line(node), "docstring"


def _character_offsets(source: bytes, places: Iterable[int], ascii_only: bool) -> dict[int, int]:
    """Byte offset -> character offset, for every place, in one pass over the source."""
    if ascii_only:
        return {place: place for place in places}
    offsets: dict[int, int] = {}
    at = characters = 0
    for place in sorted(places):
        characters += len(source[at:place].decode("utf-8", "surrogatepass"))
        at = place
        offsets[place] = characters
    return offsets
