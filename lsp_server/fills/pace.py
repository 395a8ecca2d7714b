"""How long to wait for a pause in typing before the engine is asked.

Knows nothing of what is typed or asked: only when, by a clock that may be a test's.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

PAUSE_S = 1.0
"""A longer time between two changes is thinking, not typing."""

LONGEST_WAIT_S = 0.5
"""However slowly a user types, a suggestion waits no longer."""
CALM = 1.5
"""So many typical intervals without a keystroke are a pause."""

TYPICAL_INTERVAL_S = 0.2
"""Between two keystrokes, as long as nothing is known of this user."""

SMOOTHING = 0.3
"""How much the newest interval counts beside all before it; set by hand."""


class Pace:
    """The user's pace against the engine's.

    An engine that answers between two keystrokes is asked at every one. A slower one would be cut
    short by the next keystroke each time: it is asked when the user pauses.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._last: float | None = None
        self._interval = TYPICAL_INTERVAL_S
        self._response: float | None = None

    def record_keystroke(self) -> None:
        """The user changed the text."""
        now = self._clock()
        if self._last is not None and now - self._last < PAUSE_S:
            self._interval = _smoothed(self._interval, now - self._last)
        self._last = now

    def record_response(self, seconds: float) -> None:
        """The engine took so long for a fill."""
        self._response = _smoothed(self._response, seconds)

    @property
    def response(self) -> float | None:
        """The seconds a fill usually takes; None before the first."""
        return self._response

    async def pause(self) -> None:
        """Wait for a pause in typing, where the engine is too slow to be asked at every change."""
        await self._sleep(self.remaining())

    def remaining(self) -> float:
        """Seconds from now to the pause."""
        if self._last is None or self._response is None or self._response <= self._interval:
            return 0.0
        # what an editor has waited itself counts
        calm = min(CALM * self._interval, LONGEST_WAIT_S)
        return max(0.0, self._last + calm - self._clock())


def _smoothed(average: float | None, value: float) -> float:
    return value if average is None else average + SMOOTHING * (value - average)
