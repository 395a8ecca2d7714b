"""Pauses in typing: places of a text where a person who writes it stops to think or to look.

Knows syntax and chance; knows no files and no model.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Tree

from fillwright.engine.evaluation.source_tree import Source
from fillwright.engine.syntax.grammars import parser_for
from fillwright.engine.syntax.spans import spans

Kind = Literal["fresh line", "word begun", "(", "=", ".", ",", "keyword", "finished", "body"]

CHANCES: dict[Kind, float] = {
    "fresh line": 0.45,
    "word begun": 0.26,
    "(": 0.4,
    "=": 0.7,
    ".": 0.6,
    ",": 0.45,
    "keyword": 0.35,
    "finished": 0.6,
}
"""How often somebody stops at such a place of a line. Chosen so that a fifth of all pauses are at
finished lines and the rest as in the 694 that the gate was designed on; people were not
measured."""

PLACES: dict[Kind, re.Pattern[str]] = {
    "word begun": re.compile(r"(?<![\w$])[A-Za-z_$][\w$]{2,}"),
    "(": re.compile(r"\((?=[^\s)])"),
    "=": re.compile(r"(?<![=!<>+\-*/%&|^:])= (?=\S)|(?<=\w)=(?=[\w\"'\[({])"),
    ".": re.compile(r"(?<=[\w)\]])\.(?=[A-Za-z_])"),
    ",": re.compile(r", (?=\S)"),
    "keyword": re.compile(r"\b(?:return|if|for|while|await|yield|throw|raise|import|from) (?=\S)"),
}
BEGUN = 3
"""Of a word at most so many letters are typed before a pause in it."""
SHORTEST, LONGEST = 3, 120
LONGEST_BODY = 600
WORD = re.compile(r"\w")
FIRST_LINE = re.compile(r"\n[ \t]+(?=\S)")


@dataclass(frozen=True, slots=True)
class Pause:
    """Before the character `place` of a line, counted from its start."""

    place: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A line of `source` that starts at `start`, and where its typing pauses, in order. With a body
    that is still to come, `text` goes on to its end."""

    source: Source
    start: int
    text: str
    pauses: tuple[Pause, ...]

    @property
    def name(self) -> str:
        return f"{self.source.name}:{self.source.text.count(chr(10), 0, self.start) + 1}"


def draw_lines(source: Source, count: int, seed: int) -> list[TypedLine]:
    """At most `count` lines of code in which the typing pauses, in the order of the text.

    The same source and seed give the same lines, whatever other sources there are. Left out are
    comments and text in quotes, of which nobody could say what is right, and the first three lines.
    """
    chance = random.Random(f"{seed}/{source.name}")
    lines = list(_code_lines(source))
    chance.shuffle(lines)
    drawn = list[TypedLine]()
    for start, text in lines:
        pauses = tuple(_pauses(text, chance))
        if pauses and len(drawn) < count:
            drawn.append(TypedLine(source, start, text, pauses))
    return sorted(drawn, key=lambda line: line.start)


def draw_bodies(source: Source, count: int, seed: int) -> list[TypedLine]:
    """At most `count` functions, in the order of the text, whose bodies are still to come: the
    typing of each pauses once, at its header's end or where its first line begins."""
    chance = random.Random(f"{seed}/{source.name}/bodies")
    bodies = [
        (span.start, span.end)
        for span in spans(source.text, source.language)
        if span.kind == "body" and span.end - span.start <= LONGEST_BODY
    ]
    drawn = list[TypedLine]()
    for body, end in chance.sample(bodies, len(bodies)):
        below = FIRST_LINE.match(source.text, body, end)
        if below is not None and len(drawn) < count:
            start = source.text.rfind("\n", 0, body) + 1
            place = chance.choice((body, below.end())) - start
            pauses = (Pause(place, "body"),)
            drawn.append(TypedLine(source, start, source.text[start:end], pauses))
    return sorted(drawn, key=lambda line: line.start)


def _code_lines(source: Source) -> Iterator[tuple[int, str]]:
    parser = parser_for(source.language)
    tree = parser.parse(source.text.encode()) if parser else None
    start = 0
    for number, text in enumerate(source.text.split("\n")):
        said = text.strip()
        if number >= 3 and SHORTEST <= len(said) <= LONGEST and WORD.search(said):
            first = start + len(text) - len(text.lstrip())
            if not _is_prose(tree, len(source.text[:first].encode())):
                yield start, text
        start += len(text) + 1


def _is_prose(tree: Tree | None, byte: int) -> bool:
    """Whether a comment, or text in quotes, has begun at a byte or before."""
    node = tree.root_node.descendant_for_byte_range(byte, byte) if tree else None
    while node is not None:
        if "comment" in node.type or "string" in node.type or node.type == "jsx_text":
            return True
        node = node.parent
    return False


def _pauses(text: str, chance: random.Random) -> Iterator[Pause]:
    """At each place of a line, once or not at all."""
    end = len(text.rstrip())
    indent = len(text) - len(text.lstrip())
    places: dict[int, Kind] = {indent: "fresh line"} if indent else {}
    for kind, pattern in PLACES.items():
        for found in pattern.finditer(text):
            place = found.end()
            if kind == "word begun":
                place = found.start() + chance.randint(1, min(BEGUN, len(found[0]) - 1))
            if indent < place < end:
                places.setdefault(place, kind)
    places[end] = "finished"
    for place, kind in sorted(places.items()):
        if chance.random() < CHANCES[kind]:
            yield Pause(place, kind)
