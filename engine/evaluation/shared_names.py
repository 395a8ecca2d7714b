"""Names that a file says two or three times, close together: holes that need each other, for
nothing else in the file says what must stand in them.

Knows syntax and chance; knows no model and no files.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tree_sitter import Node

from fillwright.engine.evaluation.source_tree import Source
from fillwright.engine.request import Hole
from fillwright.engine.syntax.grammars import parser_for

SharedKind = Literal["parameter and use", "constant and two uses", "import and call"]
TIMES: dict[SharedKind, int] = {
    "parameter and use": 2,
    "constant and two uses": 3,
    "import and call": 2,
}
WORD = re.compile(r"[\w$]+")
SHORTEST, LONGEST = 3, 24
"""Characters of a name."""
FARTHEST = 200
"""Characters from the first to the last: what lies between has to fit on a canvas with them."""


@dataclass(frozen=True, slots=True)
class SharedName:
    """`document` is a file without the `gold` name, and `holes` are the places where it stood."""

    name: str
    group: str
    kind: SharedKind
    language: str
    document: str
    holes: tuple[Hole, ...]
    gold: str


def shared_names(sources: Sequence[Source], count: int, seed: int) -> list[SharedName]:
    """`count` items at most, one per file, kinds in turn and in random order."""
    chance = random.Random(seed)
    by_kind: dict[SharedKind, list[SharedName]] = {kind: [] for kind in get_args(SharedKind)}
    for source in chance.sample(sources, len(sources)):
        found = list(_names(source))
        kinds = {each.kind for each in found}
        if kinds:
            # rare kinds first, or nearly all would be parameters
            in_any_order = chance.sample(sorted(kinds), len(kinds))
            kind = min(in_any_order, key=lambda kind: len(by_kind[kind]))
            by_kind[kind].append(chance.choice([each for each in found if each.kind == kind]))
    most = max(map(len, by_kind.values()))
    in_turn = (
        items[turn] for turn in range(most) for items in by_kind.values() if turn < len(items)
    )
    return list(in_turn)[:count]


def _names(source: Source) -> Iterator[SharedName]:
    parser = parser_for(source.language)
    if parser is None or not source.text.isascii():
        return
    places: dict[str, list[int]] = {}
    for word in WORD.finditer(source.text):
        places.setdefault(word[0], []).append(word.start())
    root = parser.parse(source.text.encode()).root_node
    for name, starts in places.items():
        near = starts[-1] + len(name) - starts[0] <= FARTHEST
        if near and len(starts) in TIMES.values() and SHORTEST <= len(name) <= LONGEST:
            nodes = [root.descendant_for_byte_range(at, at + len(name)) for at in starts]
            kind = _kind(nodes, name)
            if kind is not None and TIMES[kind] == len(starts):
                yield _without(source, kind, name, starts)


def _without(source: Source, kind: SharedKind, name: str, starts: Sequence[int]) -> SharedName:
    document, end = "", 0
    holes = []
    for start in starts:
        document += source.text[end:start]
        holes.append(Hole(len(document), len(document)))
        end = start + len(name)
    return SharedName(
        name=f"{source.name}:{starts[0]}:{name}",
        group=source.name,
        kind=kind,
        language=source.language,
        document=document + source.text[end:],
        holes=tuple(holes),
        gold=name,
    )


def _kind(nodes: Sequence[Node | None], name: str) -> SharedKind | None:
    """What binds the name where it stands first, and whether it is called where it is imported."""
    if not all(node is not None and (node.text or b"").decode() == name for node in nodes):
        return None
    first, *uses = (node for node in nodes if node is not None)
    if "identifier" not in first.type or not all(use.type == "identifier" for use in uses):
        return None
    around = [node.type for node in _ancestors(first)][:3]
    if any("import" in each for each in around):
        return "import and call" if all(_is_called(use) for use in uses) else None
    if any("parameter" in each for each in around[:2]):
        return "parameter and use"
    binds = first.parent is not None and first.parent.type in ("assignment", "variable_declarator")
    return "constant and two uses" if binds and first.prev_sibling is None else None


def _is_called(node: Node) -> bool:
    parent = node.parent
    return parent is not None and "call" in parent.type and parent.children[0] == node


def _ancestors(node: Node) -> Iterator[Node]:
    while (parent := node.parent) is not None:
        yield parent
        node = parent
