"""What is saved where the canvas of before is gone on with while somebody types, and whether the
fills are as good as those of starting again.

Knows the engine and records; knows no files.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from rich.table import Table

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.journal import Journal
from fillwright.engine.evaluation.pauses import draw_lines
from fillwright.engine.evaluation.question import TOKENS
from fillwright.engine.evaluation.run import in_every_way
from fillwright.engine.evaluation.scores import edit_similarity, exact
from fillwright.engine.evaluation.source_tree import Source
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest

if TYPE_CHECKING:
    from fillwright.engine.filling import Engine
    from fillwright.engine.infill.infiller import Infiller

When = Literal["under way", "shown"]
MOST_TYPED = 12
LINES_PER_FILE = 2


@dataclass(frozen=True, slots=True)
class TypedOn:
    """The rest of a line from `start` to `end` of the source's text, of which `typed` characters
    are typed after a first fill was asked for; where it is still under way, after so many `steps`
    of it."""

    source: Source
    start: int
    end: int
    typed: int
    steps: int

    @property
    def name(self) -> str:
        return f"{self.source.name}:{self.start}+{self.typed}"

    @property
    def gold(self) -> str:
        return self.source.text[self.start : self.end]

    def request(self, typed: int, steps: int | None = None) -> InfillRequest:
        """What an editor asks once so many characters were typed."""
        text, at = self.source.text, self.start + typed
        return InfillRequest(
            text[:at] + text[self.end :],
            (Hole(at, at),),
            self.source.language,
            shape="line",
            budget=Budget(tokens=TOKENS["line"], steps=steps),
            document_key="typed",
            decode="denoise",
        )


@dataclass(frozen=True, slots=True)
class Way:
    """A fill after the typing; `exact` and `similarity` are of what was typed and the fill together
    to the line."""

    fill: str
    steps: int
    ms: float
    exact: bool
    similarity: float


@dataclass(frozen=True, slots=True)
class PinsRecord:
    """`agrees`: what was typed is what the first fill said there, as far as it had come."""

    name: str
    group: str
    when: When
    agrees: bool
    typed: str
    first: str
    going_on: Way
    again: Way

    @property
    def key(self) -> tuple[str, ...]:
        return self.name, self.when


def typed_on(sources: Sequence[Source], count: int, seed: int, steps: int) -> list[TypedOn]:
    """`count` items at most, in random order, from at most LINES_PER_FILE lines of a file: each at
    a place where typing pauses. A first fill takes `steps` at most."""
    chance = random.Random(seed)
    found = []
    for source in chance.sample(sources, len(sources)):
        for line in draw_lines(source, LINES_PER_FILE, seed):
            end = line.start + len(line.text.rstrip())
            starts = [line.start + pause.place for pause in line.pauses]
            starts = [start for start in starts if end - start > 2]
            if starts:
                start = chance.choice(starts)
                typed = chance.randint(1, min(MOST_TYPED, end - start - 1))
                found.append(
                    TypedOn(source, start, end, typed, chance.randint(1, max(1, steps - 1)))
                )
    chance.shuffle(found)
    return found[:count]


def run_pins(
    items: Callable[[int], Sequence[TypedOn]],
    infiller: "Callable[[], Engine]",
    folder: Path,
    settings: dict[str, Any],
) -> list[PinsRecord]:
    """Ask what the folder does not hold yet; gives all records. `items` gets the steps of a fill.
    Raises BadRequest when the folder holds a run with other settings, or the model keeps no
    canvas."""
    # torch takes seconds to load
    from fillwright.engine.infill.infiller import Infiller

    engine = infiller()
    if not isinstance(engine, Infiller):
        raise BadRequest("This model keeps no canvas that could be gone on with.")
    with Journal(folder, settings, PinsRecord) as journal:
        asked, cases = items(engine.settings.steps), get_args(When)
        return in_every_way(journal, asked, cases, lambda item, when: _record(item, when, engine))


def pins_table(records: Sequence[PinsRecord]) -> Table:
    """For a terminal, a row for each case: means of steps, medians of milliseconds, shares in
    percent; first of going on, then of starting again."""
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    shown.add_column("typed while the fill is")
    for name in (
        "items",
        "steps",
        "again",
        "p50 ms",
        "again",
        "exact",
        "again",
        "similar",
        "again",
    ):
        shown.add_column(name, justify="right")
    for when in get_args(When):
        for agrees in (True, False):
            own = [each for each in records if (each.when, each.agrees) == (when, agrees)]
            if own:
                case = f"{when}, {'agreeing' if agrees else 'something else'}"
                shown.add_row(case, str(len(own)), *_row(own))
    shown.add_row("all", str(len(records)), *_row(records))
    return shown


def _row(records: Sequence[PinsRecord]) -> Iterator[str]:
    ways = [[each.going_on for each in records], [each.again for each in records]]
    count = len(records)
    yield from (f"{sum(each.steps for each in way) / count:.1f}" for way in ways)
    yield from (f"{sorted(each.ms for each in way)[count // 2]:.0f}" for way in ways)
    yield from (f"{100 * sum(each.exact for each in way) / count:.1f}" for way in ways)
    yield from (f"{sum(each.similarity for each in way) / count:.3f}" for way in ways)


def _record(item: TypedOn, when: When, engine: "Infiller") -> PinsRecord:
    engine.last_canvases.clear()
    first = _fill(engine, item.request(0), item.steps if when == "under way" else None)
    typed = item.gold[: item.typed]
    going_on = _fill(engine, item.request(item.typed))
    # brings the prefix cache back to where the first fill left it
    _fill(engine, item.request(0, steps=1))
    engine.last_canvases.clear()
    again = _fill(engine, item.request(item.typed))
    return PinsRecord(
        name=item.name,
        group=item.source.name,
        when=when,
        agrees=first.texts[0].startswith(typed),
        typed=typed,
        first=first.texts[0],
        going_on=_way(item, going_on),
        again=_way(item, again),
    )


def _fill(engine: "Infiller", request: InfillRequest, steps: int | None = None) -> Infill:
    """The fill, given up after so many steps."""
    events: list[Draft | Infill] = []
    for event in engine.infill(request, lambda: steps is not None and len(events) >= steps):
        events.append(event)
    fill = events[-1]
    assert isinstance(fill, Infill)
    return fill


def _way(item: TypedOn, fill: Infill) -> Way:
    whole = item.gold[: item.typed] + fill.texts[0]
    return Way(
        fill=fill.texts[0],
        steps=fill.steps,
        ms=round(fill.timings_ms["total"], 1),
        exact=exact(whole, item.gold),
        similarity=round(edit_similarity(whole, item.gold), 4),
    )
