"""Functions in which one token was swapped for a plausible other one: an operator, a name of the
same function, a constant, a bound that is off by one.

Knows syntax and chance; knows no model and no files.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Node

from fillwright.engine.evaluation.source_tree import Source
from fillwright.engine.syntax.grammars import parser_for
from fillwright.engine.syntax.spans import spans

SwapKind = Literal["operator", "name", "constant", "off by one"]
OTHERS: dict[str, tuple[SwapKind, Sequence[str]]] = {
    "+": ("operator", "-*"),
    "-": ("operator", "+*"),
    "*": ("operator", "+/"),
    "/": ("operator", "*-"),
    "==": ("operator", ("!=",)),
    "!=": ("operator", ("==",)),
    "===": ("operator", ("!==",)),
    "!==": ("operator", ("===",)),
    "and": ("operator", ("or",)),
    "or": ("operator", ("and",)),
    "&&": ("operator", ("||",)),
    "||": ("operator", ("&&",)),
    "<": ("off by one", ("<=",)),
    "<=": ("off by one", ("<",)),
    ">": ("off by one", (">=",)),
    ">=": ("off by one", (">",)),
    "True": ("constant", ("False",)),
    "False": ("constant", ("True",)),
    "true": ("constant", ("false",)),
    "false": ("constant", ("true",)),
}
SHORTEST, LONGEST = 40, 160
"""Characters of a body: what fits on the small model's canvas, and is more than a line."""


@dataclass(frozen=True, slots=True)
class Swapped:
    """A document whose characters `start..end` are a function's body with one token swapped:
    `wrong` in the place of `right`, `at` characters after the start."""

    name: str
    group: str
    kind: SwapKind
    language: str
    document: str
    start: int
    end: int
    at: int
    right: str
    wrong: str

    @property
    def body(self) -> str:
        return self.document[self.start : self.end]

    @property
    def original(self) -> str:
        """The body as it was."""
        after = self.at + len(self.wrong)
        return self.body[: self.at] + self.right + self.body[after:]


def swaps(
    sources: Sequence[Source], count: int, seed: int, longest: int = LONGEST
) -> list[Swapped]:
    """`count` items at most, one per body of at most `longest` characters, of bodies and kinds in
    turn and in random order."""
    chance = random.Random(seed)
    bodies = [(source, span) for source in sources for span in _bodies(source, longest)]
    chance.shuffle(bodies)
    found: list[Swapped] = []
    for source, (start, end) in bodies:
        kinds: dict[SwapKind, list[tuple[int, str, str]]] = {}
        for kind, at, right, wrong in _places(source, start, end, chance):
            kinds.setdefault(kind, []).append((at, right, wrong))
        if kinds and len(found) < count:
            # rare kinds first, or nearly all would be names
            of_kind = {kind: sum(each.kind == kind for each in found) for kind in kinds}
            kind = min(kinds, key=lambda kind: of_kind[kind])
            at, right, wrong = chance.choice(kinds[kind])
            text = source.text[:at] + wrong + source.text[at + len(right) :]
            name = f"{source.name}:{at}:{right}>{wrong}"
            moved = end + len(wrong) - len(right)
            place = start, moved, at - start, right, wrong
            found.append(Swapped(name, source.name, kind, source.language, text, *place))
    return found


def _bodies(source: Source, longest: int) -> list[tuple[int, int]]:
    if not source.text.isascii():
        return []
    return [
        (span.start, span.end)
        for span in spans(source.text, source.language)
        if span.kind == "body" and SHORTEST <= span.end - span.start <= longest
    ]


def _places(
    source: Source, start: int, end: int, chance: random.Random
) -> Iterator[tuple[SwapKind, int, str, str]]:
    """What may be swapped in a body: where, what stands there, and for what."""
    parser = parser_for(source.language)
    if parser is None:
        return
    leaves = list(_leaves(parser.parse(source.text.encode()).root_node, start, end))
    names = sorted({text for node, text in leaves if node.type == "identifier"})
    for node, text in leaves:
        if text in OTHERS:
            kind, others = OTHERS[text]
            yield kind, node.start_byte, text, chance.choice(others)
        elif node.type == "identifier" and len(names) > 1:
            others = [name for name in names if name != text]
            yield "name", node.start_byte, text, chance.choice(others)
        elif re.fullmatch("[0-9]{1,4}", text):
            yield "off by one", node.start_byte, text, str(int(text) + 1)


def _leaves(node: Node, start: int, end: int) -> Iterator[tuple[Node, str]]:
    if node.end_byte <= start or node.start_byte >= end:
        return
    if node.child_count == 0 and start <= node.start_byte and node.end_byte <= end:
        yield node, (node.text or b"").decode()
    for child in node.children:
        yield from _leaves(child, start, end)
