"""What the nodes of any grammar look like: functions and their bodies told by their names alone.

This is how languages without a query file are carved. Knows grammars and nodes, no language.
"""

import re

from tree_sitter import Language, Node

from fillwright.engine.syntax.blocks import is_comment

FUNCTION = re.compile(
    r"^(local_|secondary_|anonymous_|abstract_|short_)?(function|method|procedure|subroutine"
    r"|constructor|destructor|lambda|closure|fun|def|getter|setter|init|deinit|operator|let_binding"
    r"|value_binding|value_definition|bind)"
    r"(_(definition|declaration|statement|item|expression|literal|clause|decl|def|impl|binding"
    r"|declaration_left))?$"
)
CLASS = re.compile(
    r"^(class|struct|trait|interface|object|module|impl|protocol|enum|record|actor|extension)"
    r"_(definition|declaration|item|specifier|implementation|interface|decl|def)$"
)
BLOCK = re.compile(
    r"(block|body|body_statement|compound_statement|compound|statements|subshell|token_tree"
    r"|brace\w*|suite|do)$"
)
PLACEHOLDER = (
    r"(?i)^[^\\n]{0,30}\\b(todo|fixme|(not|un)_?implemented|not yet implemented)\\b"
    r"|^(\\?\\?\\?|undefined|pass|\\.\\.\\.)$"
)
BODY_FIELDS = ("body", "value", "right")
CLOSING_WORDS = frozenset({"end", "}", "done", "fi", "esac"})
HEADER = re.compile(
    r"param|name|identifier|constant|operator|setter|signature|argument|result|type"
)


def sections(grammar: Language) -> dict[str, str]:
    """The sections `functions` and `stubs` for a grammar that has no query file."""
    kinds = {
        kind
        for number in range(grammar.node_kind_count)
        if grammar.node_kind_is_named(number) and grammar.node_kind_is_visible(number)
        for kind in [grammar.node_kind_for_id(number) or ""]
    }
    parts = [
        f"[{' '.join(f'({kind})' for kind in found)}] @{capture}"
        for capture, shape in (("function", FUNCTION), ("class", CLASS))
        if (found := sorted(filter(shape.match, kinds)))
    ]
    stubs = f'((_) @placeholder (#match? @placeholder "{PLACEHOLDER}"))'
    return {"functions": "\n".join(parts), "stubs": stubs}


def body_of(function: Node) -> Node | None:
    """The node that stands for a function's body; None when it is only declared.

    The token that closes an empty body stands for it where there is no node for that.
    """
    for field in BODY_FIELDS:
        node = function.child_by_field_name(field)
        if node is not None:
            return _inner(node)
    for child in reversed(function.named_children):
        if is_block(child):
            return _inner(child)
    last = function.child(function.child_count - 1) if function.child_count else None
    if last is None or last.type not in CLOSING_WORDS:
        return None
    held = [child for child in function.named_children if not is_comment(child)]
    # statements that are no block of their own have no place to begin
    return None if held and not HEADER.search(held[-1].type) else last


def is_block(body: Node) -> bool:
    """Whether a body is made of statements, and not of one expression."""
    return not body.is_named or BLOCK.search(body.type) is not None


def _inner(body: Node) -> Node:
    """The body without a node that only wraps it: `=> value`, or a lone block."""
    named = body.named_children
    if body.child_count == 2 and named and named[-1].end_byte == body.end_byte:
        first = body.child(0)
        if first is not None and first.type in ("=>", "="):
            return named[-1]
    if body.child_count == 1 and named and is_block(body) and is_block(named[0]):
        return _inner(named[0])
    return body
