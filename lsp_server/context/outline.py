"""What a document declares: its imports, and the headers of its definitions by name.

Knows documents and syntax; of languages, only what their queries say. Offsets are LF offsets.
"""

import re
from dataclasses import dataclass

from tree_sitter import Node, QueryCursor

from fillwright.engine.syntax import shapes
from fillwright.engine.syntax.blocks import block_hole
from fillwright.engine.syntax.functions import captured, wrapped
from fillwright.engine.syntax.grammars import query_for
from fillwright.lsp_server.text.documents import Document

HEAD_BYTES = 20_000
LONGEST_HEADER = 300
"""Where a file's imports are looked for, and how much of a header is shown; set by hand."""
KINDS = r"class|struct|interface|trait|enum|impl|module|namespace|object|record|protocol|type"
OF_A_KIND = re.compile(rf"\b(?:{KINDS})\s+(\w+)")
CALLABLE = re.compile(r"(\w+)\s*(?:<[^(]*>)?\s*\(")


@dataclass(frozen=True, slots=True)
class Signature:
    """The header of a definition on one line, and where the definition is."""

    name: str
    text: str
    start: int
    end: int


def imports(document: Document) -> list[Signature]:
    """The imports in the head of a document, each on one line; they have no name."""
    query = query_for(document.language, "spans") if document.tree is not None else None
    if document.tree is None or query is None:
        return []
    cursor = QueryCursor(query)
    cursor.set_byte_range(0, HEAD_BYTES)
    found = cursor.captures(document.tree.root_node).get("import", [])
    spans = sorted(document.span(node) for node in found)
    return [_signature(document, "", start, end, end) for start, end in spans]


def signatures(document: Document, start: int, end: int) -> list[Signature]:
    """The classes and functions that touch a range, in order of their beginning."""
    if document.tree is None:
        return []
    within = document.byte(max(0, start)), document.byte(min(end, len(document.lf)))
    captures = captured(document.tree, document.language, within)
    found = []
    for node in [*captures.get("class", []), *captures.get("function", [])]:
        body = shapes.body_of(node)
        if body is None:
            continue
        whole = wrapped(node, document.language)
        first, last = document.span(whole)
        header = document.character(block_hole(body)[0])
        name = _name(node, document.lf[first:header])
        if name:
            found.append(_signature(document, name, first, header, last))
    return sorted(found, key=lambda one: (one.start, -one.end))


def _signature(document: Document, name: str, start: int, header: int, end: int) -> Signature:
    text = " ".join(document.lf[start:header].split())[:LONGEST_HEADER]
    return Signature(name, text, start, end)


def _name(node: Node, header: str) -> str:
    named = node.child_by_field_name("name")
    if named is not None and named.text is not None:
        return named.text.decode("utf-8", "replace")
    kind = OF_A_KIND.search(header)
    return kind[1] if kind else next(iter(CALLABLE.findall(header)), "")
