"""Quiet for a while: the user wants no suggestions for some minutes. Knows only a clock."""

import time
from collections.abc import Callable


class Snooze:
    """Off until minutes are asked for, and again when they have passed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = clock()

    def start(self, minutes: float) -> None:
        """Quiet from now on for so many minutes; 0 ends it at once."""
        self._until = self._clock() + 60 * minutes

    @property
    def is_on(self) -> bool:
        return self.minutes_left > 0

    @property
    def minutes_left(self) -> float:
        """0 when it is off."""
        return max(0.0, (self._until - self._clock()) / 60)
