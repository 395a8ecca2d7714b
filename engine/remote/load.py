"""Many people typing at once before one model server: who got an answer, and how fast.

Each simulated editor has an infiller of its own, as each person has a daemon. The typing is a
record of what a language server asked while somebody typed in a real editor (see
`tests/bench/record_typing.py`): when it asked, where, and what it gave up. Each editor begins at
another place of it, and goes round. As in an editor the newest request wins: what has no answer
when the next one comes is given up too.
"""

import json
import random
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from fillwright.engine.errors import BadRequest, FillwrightError
from fillwright.engine.remote.connecting import connect
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest
from fillwright.engine.strict_json import strict_converter

RECORD = Path(__file__).parent / "recorded_typing.json"
LINE_TOKENS = 32
# between the end of the record and its beginning
ROUND_MS = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request `ms` after the beginning, when the first `typed` characters stood there. It was
    given up at `given_up_ms`; None: it got its answer."""

    ms: int
    typed: int
    given_up_ms: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """A text, and what was asked while it was typed, in order."""

    text: str
    requests: tuple[Asked, ...]

    def __post_init__(self) -> None:
        times = [asked.ms for asked in self.requests]
        if not times or times != sorted(times):
            raise ValueError("a record needs requests, in the order of their times")

    @classmethod
    def read(cls, file: Path) -> "Record":
        """The record in a file. Raises `BadRequest` where it has none."""
        try:
            plain = json.loads(file.read_text(encoding="utf-8"))
            record: Record = strict_converter().structure(plain, cls)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRequest(f"{file} is no record of typing ({error}).") from error
        return record


@dataclass(frozen=True, slots=True)
class Step:
    """One request, `at_s` after the beginning; nobody wants it any more after `wanted_s`."""

    at_s: float
    request: InfillRequest
    wanted_s: float


@dataclass
class Tally:
    """What came of the requests of all editors. Safe to use from several threads."""

    asked: int = 0
    cancelled: int = 0
    empty: int = 0
    seconds: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, outcome: Infill | FillwrightError, seconds: float) -> None:
        """One request and how long it took."""
        with self._lock:
            self.asked += 1
            if isinstance(outcome, FillwrightError):
                sentence = str(outcome)
                self.errors[sentence] = self.errors.get(sentence, 0) + 1
            elif outcome.finish == "cancelled":
                self.cancelled += 1
            else:
                self.empty += not outcome.texts[0].strip()
                self.seconds.append(seconds)

    @property
    def percentiles(self) -> tuple[float, float, float]:
        """Seconds to the answer, of those that were answered: p50, p95, p99; 0 for none."""
        if len(self.seconds) < 2:
            return (sum(self.seconds),) * 3
        cuts = quantiles(self.seconds, n=100)
        return cuts[49], cuts[94], cuts[98]


def load(settings: RemoteSettings, users: int, seconds: float, record: Record) -> Tally:
    """Let so many editors type for so long. Raises `FillwrightError` where the server cannot be
    used at the start; what happens later is counted."""
    tally = Tally()
    infillers = [connect(settings) for _ in range(users)]
    began = time.monotonic()

    def type_until_the_end(number: int) -> None:
        infiller = infillers[number]
        for step in replayed(record, random.Random(number), number):
            if step.at_s >= seconds:
                return
            time.sleep(max(0.0, began + step.at_s - time.monotonic()))
            asked = time.monotonic()
            unwanted = asked + min(step.wanted_s, seconds - step.at_s)
            outcome: Infill | FillwrightError
            try:
                *_, last = infiller.infill(step.request, lambda at=unwanted: time.monotonic() >= at)  # type: ignore[misc]
                assert isinstance(last, Infill)
                outcome = last
            except FillwrightError as error:
                outcome = error
            tally.count(outcome, time.monotonic() - asked)

    threads = [threading.Thread(target=type_until_the_end, args=(n,)) for n in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for infiller in infillers:
        infiller.close()
    return tally


def replayed(record: Record, chance: random.Random, user: int) -> Iterator[Step]:
    """What one editor asks, for ever: the record from a place of its own on, again and again."""
    requests = record.requests
    length_ms = requests[-1].ms - requests[0].ms + ROUND_MS
    start_ms = chance.randrange(length_ms) + requests[0].ms
    first = bisect_left([asked.ms for asked in requests], start_ms)
    number = 0
    while True:
        rounds, place = divmod(first + number, len(requests))
        asked, after = requests[place], requests[(place + 1) % len(requests)]
        at_ms = asked.ms - start_ms + rounds * length_ms
        # a record of one request comes round to itself
        until_next = (after.ms - asked.ms - 1) % length_ms + 1
        given_up = until_next if asked.given_up_ms is None else asked.given_up_ms - asked.ms
        yield Step(at_ms / 1000, _request(record.text, asked.typed, user), given_up / 1000)
        number += 1


def _request(text: str, typed: int, user: int) -> InfillRequest:
    # the rest of the file stands there already, but for the line that is typed
    _, line_end, below = text[typed:].partition("\n")
    # nobody's file is another's: no cache has what it did not see
    before = f"# {user}\n{text[:typed]}"
    return InfillRequest(
        before + line_end + below,
        (Hole(len(before), len(before)),),
        "python",
        shape="line",
        budget=Budget(tokens=LINE_TOKENS),
        unasked=True,
    )
