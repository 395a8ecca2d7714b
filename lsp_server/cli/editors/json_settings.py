"""Members of a JSON file with comments, as VS Code and Zed have, set without touching the rest.

The file is read as the JavaScript expression that it also is, so every comment, blank and comma
has its place in the tree. Knows no editor.
"""

import json
from collections.abc import Sequence
from typing import Any

from tree_sitter import Node

from fillwright.engine.syntax.grammars import parser_for

DEFAULT_INDENT = "    "
EMPTY = "{}\n"
_CONSTANTS = {"true": True, "false": False, "null": None}


def member(text: str, keys: Sequence[str]) -> Any:
    """The value under nested `keys`; None where there is none. ValueError for what is not JSON."""
    found, missing = _deepest(_root(text if text.strip() else EMPTY), keys)
    return None if missing else _value(found)


def with_member(text: str, keys: Sequence[str], value: Any) -> str:
    """`text` with `value` under nested `keys`: in the place of another one, else as the last
    member of what is there of the way.

    Raises ValueError for a text that is not a JSON object with comments, or that has something
    else than an object on the way.
    """
    text = text if text.strip() else EMPTY
    root = _root(text)
    found, missing = _deepest(root, keys)
    if not missing:
        return text if _value(found) == value else _replaced(text, root, found, value)
    if found.type != "object":
        raise ValueError(f"{keys[-len(missing) - 1]!r} is not an object")
    for key in reversed(missing[1:]):
        value = {key: value}
    return _extended(text, root, found, missing[0], value)


def _root(text: str) -> Node:
    parser = parser_for("javascript")
    assert parser is not None
    tree = parser.parse(f"({text}\n)".encode())
    # program, statement, parentheses: what is in them, beside comments
    statements = _content(tree.root_node)
    inside = _content(statements[0].children[0]) if len(statements) == 1 else []
    if tree.root_node.has_error or len(inside) != 1 or inside[0].type != "object":
        raise ValueError("it is not a JSON object with comments")
    _value(inside[0])
    return inside[0]


def _deepest(node: Node, keys: Sequence[str]) -> tuple[Node, Sequence[str]]:
    """How far `keys` lead: the last value on their way, and the keys that are missing there."""
    if keys and node.type == "object":
        for pair in _content(node):
            key, value = _content(pair)
            if _value(key) == keys[0]:
                return _deepest(value, keys[1:])
    return node, keys


def _value(node: Node) -> Any:
    match node.type:
        case "object":
            pairs = [_content(pair) for pair in _content(node)]
            if any(len(pair) != 2 or pair[0].type != "string" for pair in pairs):
                raise ValueError("it has a member that is not JSON")
            return {_value(key): _value(value) for key, value in pairs}
        case "array":
            return [_value(item) for item in _content(node)]
        case "true" | "false" | "null":
            return _CONSTANTS[node.type]
        case _:
            # numbers, also with a sign, and strings; ValueError for anything else
            return json.loads(_text(node))


def _replaced(text: str, root: Node, found: Node, value: Any) -> str:
    new = _rendered(text, root, value, _line_indent(text, found.start_byte - 1))
    return _spliced(text, [(found.start_byte - 1, found.end_byte - 1, new)])


def _extended(text: str, root: Node, node: Node, key: str, value: Any) -> str:
    """With one more member in an object, after everything else in it."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    outer = _line_indent(text, node.start_byte - 1)
    indent = outer + _indent_unit(text, root)
    last = node.children[-2]
    close_brace = node.children[-1]
    new = f"{line_end}{indent}{json.dumps(key)}: {_rendered(text, root, value, indent)}"
    if last.end_point.row == close_brace.start_point.row:
        new += line_end + outer
    changes = []
    pairs = _content(node)
    if pairs and pairs[-1].next_sibling is not None and pairs[-1].next_sibling.type != ",":
        # the comma stands before a comment after the member
        changes.append((pairs[-1].end_byte - 1, pairs[-1].end_byte - 1, ","))
    at = last.end_byte - 1
    return _spliced(text, [*changes, (at, at, new)])


def _rendered(text: str, root: Node, value: Any, indent: str) -> str:
    """The value as JSON: an object's members on lines of their own, all else on one line."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    line_end = "\r\n" if "\r\n" in text else "\n"
    inner = indent + _indent_unit(text, root)
    members = (
        f"{inner}{json.dumps(key, ensure_ascii=False)}: {_rendered(text, root, inside, inner)}"
        for key, inside in value.items()
    )
    return "{" + line_end + f",{line_end}".join(members) + line_end + indent + "}"


def _indent_unit(text: str, root: Node) -> str:
    pairs = _content(root)
    return (_line_indent(text, pairs[0].start_byte - 1) if pairs else "") or DEFAULT_INDENT


def _line_indent(text: str, at: int) -> str:
    line = text.encode()[:at].rpartition(b"\n")[2].decode()
    return line[: len(line) - len(line.lstrip(" \t"))]


def _spliced(text: str, changes: Sequence[tuple[int, int, str]]) -> str:
    data = text.encode()
    for start, end, new in reversed(changes):
        data = data[:start] + new.encode() + data[end:]
    return data.decode()


def _content(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _text(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()
