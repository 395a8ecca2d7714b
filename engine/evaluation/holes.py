"""Holes punched into source texts: what a fill is worth where there are no tests.

Knows syntax and chance; knows no files and no model. The kinds are of those that training draws
(`engine/training/samples.py`), so that scores and losses speak of the same thing.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from fillwright.engine.evaluation.question import Outcome, Question
from fillwright.engine.evaluation.source_tree import Source
from fillwright.engine.evaluation.syntax import names_in, parses_no_worse
from fillwright.engine.request import Shape
from fillwright.engine.syntax.spans import spans

Kind = Literal["line", "block", "body", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHAPES: dict[Kind, Shape] = {"line": "line", "block": "block", "body": "block", "random": "free"}

LONGEST_GOLD = 600
LONGEST_RANDOM = 120
WORD = re.compile(r"\w")
NAME = re.compile(r"[\w$]+")

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Punched:
    """One hole in one file; the judge is the syntax around it."""

    question: Question

    def judge(self, fill: str) -> Outcome:
        """A fill parses when the file has no more syntax faults with it than with what stood
        there. Its identifiers are resolved when they occur in the rest of the file."""
        question = self.question
        around = set(NAME.findall(f"{question.prefix} {question.suffix}"))
        names = names_in(question, fill)
        return Outcome(
            parses=parses_no_worse(question, fill),
            identifiers=len(names),
            resolved=sum(name in around for name in names),
        )


def punch(source: Source, kinds: Sequence[Kind], count: int, seed: int) -> list[Punched]:
    """At most `count` holes in a text, the kinds in turn, none twice.

    The same source and seed give the same holes, whatever other sources there are.
    """
    chance = random.Random(f"{seed}/{source.name}")
    places = {kind: _places(source, kind, chance) for kind in kinds}
    drawn: dict[tuple[Kind, Range], None] = {}
    for kind in _in_turn(kinds, count):
        place = next(places[kind], None)
        if place is not None:
            drawn[kind, place] = None
    return [Punched(_question(source, kind, *place)) for kind, place in drawn]


def _question(source: Source, kind: Kind, start: int, end: int) -> Question:
    return Question(
        name=f"{source.name}:{start}-{end}:{kind}",
        group=source.name,
        kind=kind,
        language=source.language,
        prefix=source.text[:start],
        gold=source.text[start:end],
        suffix=source.text[end:],
        shape=SHAPES[kind],
    )


def _places(source: Source, kind: Kind, chance: random.Random) -> Iterator[Range]:
    """Ranges of a kind in random order; what was there says something and is not too long."""
    text = source.text
    if kind == "random":
        for _ in range(len(text)):
            start = chance.randrange(len(text))
            end = min(len(text), start + chance.randint(1, LONGEST_RANDOM))
            if WORD.search(text, start, end):
                yield start, end
        return
    if kind == "line":
        found = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text) if WORD.search(m[0])]
    else:
        found = [
            (span.start, span.end) for span in spans(text, source.language) if span.kind == kind
        ]
    found = [(start, end) for start, end in found if end - start <= LONGEST_GOLD]
    yield from chance.sample(found, len(found))


def _in_turn(kinds: Sequence[Kind], count: int) -> Iterator[Kind]:
    return (kinds[number % len(kinds)] for number in range(count))
