"""How well a swapped token is found among the lines of its function, and how often lines that
nobody has touched are doubted.

Knows the engine and records; knows no files.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from fillwright.engine.errors import BadRequest
from fillwright.engine.evaluation.journal import Journal
from fillwright.engine.evaluation.run import in_every_way
from fillwright.engine.evaluation.swaps import Swapped
from fillwright.engine.request import Budget, DoubtRequest, Ranking

if TYPE_CHECKING:
    from fillwright.engine.filling import Engine

LONGEST = 500
"""Characters of a body, so that there are lines to choose from."""

TIE = 1e-3
"""What a nat of the least likely token counts beside one of gain."""


@dataclass(frozen=True, slots=True)
class DoubtedPlace:
    """By how many nats other text makes a window likelier, on which line of the body; `restores`:
    it is what stood there before the swap."""

    line: int
    gain: float
    restores: bool


@dataclass(frozen=True, slots=True)
class Look:
    """At a body: for each line how unlikely its least likely token is, nats (0 where no token may
    be doubted), how much likelier another token is in the place of one at most, nats, and the
    places."""

    lines: tuple[float, ...]
    odds: tuple[float, ...]
    places: tuple[DoubtedPlace, ...]
    ms: float

    @property
    def code(self) -> list[int]:
        """The lines of which a token may be doubted."""
        return [line for line, nats in enumerate(self.lines) if nats > 0]

    def by_gain(self) -> tuple[float, ...]:
        """For each line the most that a change of it gains; where that is equal, as where nothing
        is gained, its least likely token decides."""
        gains = [TIE * nats for nats in self.lines]
        for place in self.places:
            own = place.gain + TIE * self.lines[place.line]
            gains[place.line] = max(gains[place.line], own)
        return tuple(gains)


@dataclass(frozen=True, slots=True)
class DoubtRecord:
    """A body with a swapped token on `line`, and the same body as it was, ranked by `arm`."""

    name: str
    group: str
    kind: str
    arm: Ranking
    line: int
    swapped: Look
    untouched: Look

    @property
    def key(self) -> tuple[str, ...]:
        return self.name, self.arm


def run_doubt(
    items: Sequence[Swapped],
    infiller: "Callable[[], Engine]",
    folder: Path,
    settings: dict[str, Any],
) -> list[DoubtRecord]:
    """Look at what the folder does not hold yet, item by item, by each ranking; gives all records.
    Raises BadRequest when the folder holds a run with other settings."""
    arms: tuple[Ranking, ...] = get_args(Ranking)
    with Journal(folder, settings, DoubtRecord) as journal:
        return in_every_way(journal, items, arms, lambda item, arm: _record(item, arm, infiller()))


def _record(item: Swapped, arm: Ranking, infiller: "Engine") -> DoubtRecord:
    whole = item.document[: item.start] + item.original + item.document[item.end :]
    return DoubtRecord(
        item.name,
        item.group,
        item.kind,
        arm,
        item.body.count("\n", 0, item.at),
        _look(item, item.document, len(item.body), arm, infiller),
        _look(item, whole, len(item.original), arm, infiller),
    )


def _look(item: Swapped, document: str, length: int, arm: Ranking, infiller: "Engine") -> Look:
    # torch takes seconds to load
    from fillwright.engine.infill.doubt_settings import DoubtSettings
    from fillwright.engine.infill.doubting import Doubting
    from fillwright.engine.infill.infiller import Infiller
    from fillwright.engine.infill.stop import Stop

    if not isinstance(infiller, Infiller):
        raise BadRequest("This model cannot doubt a text; give one that denoises from a draft.")
    end = item.start + length
    at = item.start + document[item.start : end].startswith("\n")
    lines = [0.0] * (1 + document.count("\n", item.start, end))
    odds = list(lines)
    places, ms = [], 0.0

    def line_of(offset: int) -> int:
        return document.count("\n", item.start, offset)

    while at < end:
        request = DoubtRequest(document, at, end, item.language)
        stop = Stop(lambda: False, Budget(), time.perf_counter)
        doubting = Doubting(infiller, request, DoubtSettings(arm, gain=0.0), stop)
        doubts = doubting.run()
        for token_end, reading in doubting.found:
            line = line_of(at + max(0, token_end - 1))
            lines[line] = max(lines[line], -reading.own)
            odds[line] = max(odds[line], reading.likelier - reading.own)
        for place in doubts.places:
            fixed = document[: place.start] + place.text + document[place.end :]
            fixed_body = fixed[item.start : item.start + len(item.original)]
            restores = document is item.document and fixed_body == item.original
            places.append(DoubtedPlace(line_of(place.start), round(place.gain, 3), restores))
        at, ms = doubts.end, ms + doubts.ms
    return Look(_rounded(lines), _rounded(odds), tuple(places), round(ms, 1))


def _rounded(nats: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(each, 3) for each in nats)
