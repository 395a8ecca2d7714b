"""Holes punched into any source tree: what a fill is worth where there are no tests.

Knows files, syntax and chance; knows no model. Source for the kinds: those that training draws
(`engine/training/samples.py`), so that scores and losses speak of the same thing.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.question import Outcome, Question
from fillwright.engine.evaluation.syntax import names_in, parses_no_worse
from fillwright.engine.request import Shape
from fillwright.engine.syntax.grammars import has_queries
from fillwright.engine.syntax.languages import language_of_file
from fillwright.engine.syntax.spans import spans

Kind = Literal["line", "block", "body", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHAPES: dict[Kind, Shape] = {"line": "line", "block": "block", "body": "block", "random": "free"}

LONGEST_FILE = 200_000
LONGEST_GOLD = 600
LONGEST_RANDOM = 120
NOT_SOURCE = {"node_modules", "__pycache__", "dist", "build", "vendor"}
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


def source_files(paths: Iterable[Path]) -> list[Path]:
    """The files of code that `paths` name or hold, in order.

    Hidden folders and those of other people's or generated code are left out. Raises BadRequest
    when there is no such file.
    """
    files = list(dict.fromkeys(file for path in paths for file in _below(path)))
    if not files:
        raise BadRequest("these paths hold no file of a language that Fillwright parses.")
    return files


def language_of(path: Path) -> str | None:
    """The language id of a file of code: one whose language has functions."""
    language = language_of_file(path)
    return language if has_queries(language) else None


def read_file(path: Path) -> str | None:
    """A file's text with LF line ends; None for one too long, or not in UTF-8."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return None
    except OSError as error:
        raise BadRequest(f"{path} cannot be read ({error.strerror}).") from None
    return text if 0 < len(text) <= LONGEST_FILE else None


def _below(path: Path) -> Iterator[Path]:
    if path.is_file():
        found = [path]
    elif path.is_dir():
        found = [
            file
            for file in sorted(path.rglob("*"))
            if not any(
                part.startswith(".") or part in NOT_SOURCE
                for part in file.relative_to(path).parts[:-1]
            )
        ]
    else:
        raise BadRequest(f"{path} is not there.")
    yield from (file for file in found if file.is_file() and language_of(file))


def punch(
    name: str, text: str, language: str, kinds: Sequence[Kind], count: int, seed: int
) -> list[Punched]:
    """At most `count` holes in a file, the kinds in turn, none twice.

    The same name, text and seed give the same holes, whatever other files there are.
    """
    chance = random.Random(f"{seed}/{name}")
    places = {kind: _places(text, language, kind, chance) for kind in kinds}
    drawn: dict[tuple[Kind, Range], None] = {}
    for kind in _in_turn(kinds, count):
        place = next(places[kind], None)
        if place is not None:
            drawn[kind, place] = None
    return [
        Punched(
            Question(
                name=f"{name}:{start}-{end}:{kind}",
                group=name,
                kind=kind,
                language=language,
                prefix=text[:start],
                gold=text[start:end],
                suffix=text[end:],
                shape=SHAPES[kind],
            )
        )
        for kind, (start, end) in drawn
    ]


def _places(text: str, language: str, kind: Kind, chance: random.Random) -> Iterator[Range]:
    """Ranges of a kind in random order; what was there says something and is not too long."""
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
        found = [(span.start, span.end) for span in spans(text, language) if span.kind == kind]
    found = [(start, end) for start, end in found if end - start <= LONGEST_GOLD]
    yield from chance.sample(found, len(found))


def _in_turn(kinds: Sequence[Kind], count: int) -> Iterator[Kind]:
    return (kinds[number % len(kinds)] for number in range(count))
