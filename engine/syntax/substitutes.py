"""What could stand in the place of a token of code and be of its kind: another operator of its
family, the other truth value, a neighbour of a number, a name that stands near.

Knows syntax; knows no model and no tokens of one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tree_sitter import Node

from fillwright.engine.syntax.grammars import parser_for

OF_PYTHON = ("in", "not in", "is", "is not")
FAMILIES = (
    ("+", "-", "*", "/", "//", "%"),
    ("==", "!=", "<", "<=", ">", ">=", *OF_PYTHON),
    ("===", "!==", "<", "<=", ">", ">="),
    ("and", "or"),
    ("&&", "||"),
    ("+=", "-="),
    ("++", "--"),
    ("True", "False", "None"),
    ("true", "false", "null"),
)
NOT_CODE = re.compile("comment|string|char|heredoc|regex|jsx_text")
WHOLE_NUMBER = re.compile("[0-9]{1,4}")
NAME = re.compile(r"(?!\d)\w+")


@dataclass(frozen=True, slots=True)
class Place:
    """The characters `start..end` of a text, and what else could stand there, the nearest first."""

    start: int
    end: int
    others: tuple[str, ...]


def substitutes(text: str, language: str, start: int, end: int, names: int) -> list[Place]:
    """Every token of code in the characters `start..end` that has any, in order, with at most so
    many `names` in the place of one. None in a language without a grammar."""
    parser = parser_for(language)
    if parser is None:
        return []
    source = text.encode("utf-8", "surrogatepass")
    first, last = (len(text[:at].encode("utf-8", "surrogatepass")) for at in (start, end))
    leaves = list(_leaves(parser.parse(source).root_node))
    found = []
    for node in leaves:
        if node.start_byte < first or node.end_byte > last:
            continue
        own = _text(node)
        if _is_of_a_loop(node):
            continue
        others = _of_family(own, language) or _of_number(own)
        if not others and NAME.fullmatch(own) and node.is_named:
            others = tuple(islice(_names(node, leaves), names))
        if others:
            at = start + len(source[first : node.start_byte].decode("utf-8", "surrogatepass"))
            found.append(Place(at, at + len(own), others))
    return found


def _is_of_a_loop(node: Node) -> bool:
    """Whether it is a loop's `in`, which compares nothing."""
    return node.type == "in" and node.parent is not None and "for" in node.parent.type


def _of_family(own: str, language: str) -> tuple[str, ...]:
    families = [each for each in FAMILIES if own in each]
    every = dict.fromkeys(other for family in families for other in family if other != own)
    return tuple(other for other in every if language == "python" or other not in OF_PYTHON)


def _of_number(own: str) -> tuple[str, ...]:
    if not WHOLE_NUMBER.fullmatch(own):
        return ()
    near = (int(own) - 1, int(own) + 1, 0, 1, 2)
    return tuple(dict.fromkeys(str(each) for each in near if each >= 0 and str(each) != own))


def _names(place: Node, leaves: list[Node]) -> Iterator[str]:
    """Names of the same kind, the nearest first, each once."""
    same = [node for node in leaves if node.type == place.type]
    same.sort(key=lambda node: abs(node.start_byte - place.start_byte))
    own = _text(place)
    yield from (name for name in dict.fromkeys(map(_text, same)) if name != own)


def _leaves(root: Node) -> Iterator[Node]:
    """No recursion: what does not parse may be nested thousandfold."""
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if NOT_CODE.search(node.type):
            continue
        if not node.child_count and node.end_byte > node.start_byte:
            yield node
        nodes.extend(reversed(node.children))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "surrogatepass")
