"""Many people typing at once before one model server: who got an answer, and how fast.

Each simulated editor has an infiller of its own, as each person has a daemon. The typing is a
model, not a record: words of real source files, and after each a pause of lognormal length
(median `MEDIAN_S`), in which the editor asks for the rest of the line; the next key cancels.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from fillwright.engine.errors import FillwrightError
from fillwright.engine.remote.connecting import connect
from fillwright.engine.remote.settings import RemoteSettings
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest

MEDIAN_S, SIGMA = 0.5, 0.7
SHORTEST_S = 0.05
LINE_TOKENS = 32


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


def load(settings: RemoteSettings, users: int, seconds: float, sources: Sequence[str]) -> Tally:
    """Let so many editors type these sources for so long. Raises `FillwrightError` where the
    server cannot be used at the start; what happens later is counted."""
    tally, end = Tally(), time.monotonic() + seconds
    infillers = [connect(settings) for _ in range(users)]

    def type_until_the_end(number: int) -> None:
        infiller = infillers[number]
        for request, pause_s in typing(sources, random.Random(number)):
            began = time.monotonic()
            if began >= end:
                return
            key = min(began + pause_s, end)
            outcome: Infill | FillwrightError
            try:
                *_, last = infiller.infill(request, lambda key=key: time.monotonic() >= key)  # type: ignore[misc]
                assert isinstance(last, Infill)
                outcome = last
            except FillwrightError as error:
                outcome = error
            now = time.monotonic()
            tally.count(outcome, now - began)
            time.sleep(max(0.0, key - now))

    threads = [threading.Thread(target=type_until_the_end, args=(n,)) for n in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for infiller in infillers:
        infiller.close()
    return tally


def typing(sources: Sequence[str], chance: random.Random) -> Iterator[tuple[InfillRequest, float]]:
    """What an editor asks while somebody types, and the seconds until the next key, for ever."""
    while True:
        source = chance.choice(sources)
        lines = source.splitlines(keepends=True)
        line = chance.randrange(len(lines))
        before, after = "".join(lines[:line]), "".join(lines[line + 1 :])
        words = lines[line].rstrip("\n").split(" ")
        for count in range(1, len(words)):
            typed = before + " ".join(words[:count]) + " "
            request = InfillRequest(
                f"{typed}\n{after}",
                (Hole(len(typed), len(typed)),),
                "python",
                shape="line",
                budget=Budget(tokens=LINE_TOKENS),
                unasked=True,
            )
            pause_s = MEDIAN_S * chance.lognormvariate(0, SIGMA)
            yield request, max(SHORTEST_S, pause_s)
