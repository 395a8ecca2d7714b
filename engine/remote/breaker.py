"""When a server that failed may be asked again. Knows a clock; knows nothing of HTTP."""

from collections.abc import Callable

from fillwright.engine.errors import EngineFailed

FAILURES = 3
PAUSE_S = 20.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


class Breaker:
    """Opens after `FAILURES` failures one after another, and when the server asks for patience.

    `host` is named in its sentences; `clock` gives seconds.
    """

    def __init__(self, host: str, clock: Callable[[], float]) -> None:
        self._host = host
        self._clock = clock
        self._failures = 0
        self._refusals = 0
        self._until = 0.0
        self._what = ""

    def check(self) -> None:
        """Raises `EngineFailed` while nothing may be sent."""
        if (sentence := self.sentence()) is not None:
            raise EngineFailed(sentence)

    def sentence(self) -> str | None:
        """Why nothing is sent now, and for how long; None where it is."""
        left = self._until - self._clock()
        if left <= 0:
            return None
        return f"The engine at {self._host} {self._what}; trying again in {max(1, round(left))} s."

    def worked(self) -> None:
        self._failures = self._refusals = 0

    def failed(self) -> None:
        """The server did not answer, or broke off, or said that it failed."""
        self._failures += 1
        if self._failures >= FAILURES:
            # one more failure after the pause opens it again
            self._failures = FAILURES - 1
            self._pause("does not answer", PAUSE_S)

    def is_busy(self, wait_s: float | None) -> None:
        """The server asks for `wait_s` seconds of patience; None: twice as long as last time."""
        doubled = FIRST_WAIT_S * 2**self._refusals
        self._refusals += 1
        self._pause("is busy", min(doubled if wait_s is None else wait_s, LONGEST_WAIT_S))

    def _pause(self, what: str, seconds: float) -> None:
        self._what, self._until = what, self._clock() + seconds
