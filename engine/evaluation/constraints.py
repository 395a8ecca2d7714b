"""Whether fills meet the constraints that they were asked with: small holes in real files, each
with a constraint that suits it, judged by somebody other than the engine.

Knows the engine and records; knows no files.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from rich.table import Table

from fillwright.engine.evaluation.journal import Journal
from fillwright.engine.evaluation.question import Question
from fillwright.engine.evaluation.run import in_every_way
from fillwright.engine.evaluation.source_tree import Source
from fillwright.engine.evaluation.syntax import parses_no_worse, sound
from fillwright.engine.request import Budget, Constraint, Finish, Hole, Infill, InfillRequest

if TYPE_CHECKING:
    from fillwright.engine.filling import Engine

Asked = Literal["parses", "json value", "import path", "identifier", "one of"]
SCALAR = r'(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|"(?:[^"\\\n]|\\.)*"|true|false|null)'
PATTERNS: dict[Asked, str] = {
    "json value": rf"(?:{SCALAR}|\[(?:{SCALAR}(?:, ?{SCALAR})*)?\])",
    "import path": r"[A-Za-z@.][A-Za-z0-9_./@-]*",
    "identifier": r"[A-Za-z_][A-Za-z0-9_]*",
}
PLACES: dict[Asked, str] = {
    "parses": r"\S[^\n]{2,}",
    "json value": rf"(?<=[=:] )(?:{SCALAR}|\[[^\[\]\n]*\])(?=[,;\n])",
    "import path": r"(?<=from ['\"])[^'\"\n]+|(?m:(?<=^from )[\w.]+|(?<=^import )\w+)",
    "identifier": r"(?<![\w'\"])[A-Za-z_]\w*\b",
    "one of": r"(?<![\w'\"])[A-Za-z_]\w*\b",
}
"""What is taken out for each; what has to parse begins anywhere in it."""
LONGEST = 6000
"""Characters of a file, so that its prompt is short."""
TOKENS, STEPS = 16, 3
"""Small canvases and few steps: what is asked is whether the end is right, not whether it is
good."""
CHOICES = 12


@dataclass(frozen=True, slots=True)
class Constrained:
    """A hole, and what its fill has to be."""

    question: Question
    constraint: Constraint

    @property
    def name(self) -> str:
        return self.question.name

    def request(self, seed: int) -> InfillRequest:
        question, at = self.question, len(self.question.prefix)
        return InfillRequest(
            question.prefix + question.suffix,
            (Hole(at, at),),
            question.language,
            shape="line",
            budget=Budget(tokens=TOKENS, steps=STEPS),
            seed=seed,
            document_key=question.group,
            decode="denoise",
            constraint=self.constraint,
        )

    def is_met(self, fill: str) -> bool:
        """By Python's `re`, by looking it up, or by the tree of the whole file, which had no error
        before the hole was made."""
        match self.constraint.kind:
            case "regex":
                return re.fullmatch(self.constraint.pattern, fill) is not None
            case "one of":
                return fill in self.constraint.choices
            case _:
                return bool(fill.strip()) and parses_no_worse(self.question, fill)


@dataclass(frozen=True, slots=True)
class ConstraintRecord:
    """`met` is what the judge says, `finish` what the engine says."""

    name: str
    group: str
    asked: Asked
    gold: str
    fill: str
    finish: Finish
    met: bool
    steps: int
    ms: float

    @property
    def key(self) -> tuple[str, ...]:
        return self.name, "denoise"

    @property
    def is_violation(self) -> bool:
        return not self.met and self.finish != "unmet"


def constrained(sources: Sequence[Source], count: int, seed: int) -> list[Constrained]:
    """`count` holes at most in files without errors, in random order: one of every kind in a file,
    where it has a place for it, and again from the first file on."""
    chance = random.Random(seed)
    short = [s for s in sources if len(s.text) <= LONGEST and sound(s.text, s.language)]
    found: dict[str, Constrained] = {}
    # files hold so many different places on the average, or there are too few files
    for _ in range(1 + count // max(1, len(short))):
        for source in chance.sample(short, len(short)):
            for each in _in(source, chance):
                found[each.name] = each
            if len(found) >= count:
                return list(found.values())[:count]
    return list(found.values())


def run_constraints(
    items: Sequence[Constrained],
    infiller: "Callable[[], Engine]",
    seed: int,
    folder: Path,
    settings: dict[str, Any],
) -> list[ConstraintRecord]:
    """Ask what the folder does not hold yet; gives all records. Raises BadRequest when the folder
    holds a run with other settings."""

    def record(item: Constrained, way: str) -> ConstraintRecord:
        *_, fill = infiller().infill(item.request(seed), lambda: False)
        assert isinstance(fill, Infill)
        question, text = item.question, fill.texts[0]
        return ConstraintRecord(
            name=question.name,
            group=question.group,
            asked=_asked(question.kind),
            gold=question.gold,
            fill=text,
            finish=fill.finish,
            met=item.is_met(text),
            steps=fill.steps,
            ms=round(fill.timings_ms["total"], 1),
        )

    with Journal(folder, settings, ConstraintRecord) as journal:
        return in_every_way(journal, items, ("denoise",), record)


def constraints_table(records: Sequence[ConstraintRecord]) -> Table:
    """For a terminal, a row for each kind: counts, mean steps, the median of milliseconds."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    shown.add_column("constraint")
    for name in ("fills", "met", "say unmet", "violations", "steps", "p50 ms"):
        shown.add_column(name, justify="right")
    for asked in get_args(Asked):
        own = [each for each in records if each.asked == asked]
        if own:
            shown.add_row(asked, *_row(own))
    shown.add_row("all", *_row(records))
    return shown


def _row(records: Sequence[ConstraintRecord]) -> Iterator[str]:
    count = len(records)
    yield str(count)
    yield str(sum(each.met for each in records))
    yield str(sum(each.finish == "unmet" for each in records))
    yield str(sum(each.is_violation for each in records))
    yield f"{sum(each.steps for each in records) / count:.1f}"
    yield f"{sorted(each.ms for each in records)[count // 2]:.0f}"


def _in(source: Source, chance: random.Random) -> Iterator[Constrained]:
    names = sorted(set(re.findall(PLACES["identifier"], source.text)))
    for asked, place in PLACES.items():
        found = list(re.finditer(place, source.text))
        if not found:
            continue
        start, end = chance.choice(found).span()
        if asked == "parses":
            start = chance.randrange(start, end)
        gold = source.text[start:end]
        others = chance.sample(names, min(CHOICES - 1, len(names)))
        yield Constrained(
            Question(
                name=f"{source.name}:{start}-{end}:{asked}",
                group=source.name,
                kind=asked,
                language=source.language,
                prefix=source.text[:start],
                gold=gold,
                suffix=source.text[end:],
                shape="line",
            ),
            _constraint(asked, tuple(dict.fromkeys((*others, gold)))),
        )


def _constraint(asked: Asked, choices: tuple[str, ...]) -> Constraint:
    if asked == "parses":
        return Constraint("parses")
    if asked == "one of":
        return Constraint("one of", choices=choices)
    return Constraint("regex", pattern=PATTERNS[asked])


def _asked(kind: str) -> Asked:
    return next(asked for asked in get_args(Asked) if asked == kind)
