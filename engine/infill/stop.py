"""When the work on one request has to stop: its deadlines, and the caller who went away.

Knows a clock; knows no model and no text.
"""

from collections.abc import Callable

from fillwright.engine.request import Budget, Finish


class Stop:
    """Whether to stop: the caller cancelled, or the deadline has passed or would during the next
    pass, if that takes as long as the last one. Remembers the reason.

    `is_late`: the candidate at work has had its `line_deadline_ms`, from its first text on, and
    its first line is whole. `clock` gives seconds.
    """

    def __init__(
        self,
        cancelled: Callable[[], bool],
        budget: Budget,
        clock: Callable[[], float],
    ) -> None:
        self._cancelled = cancelled
        self._deadline_ms = budget.deadline_ms
        self._line_deadline_ms = budget.line_deadline_ms
        self._clock = clock
        self._began = clock()
        self.reason: Finish | None = None
        self.begin()

    def begin(self) -> None:
        """A further candidate, with a line deadline of its own."""
        self.is_late = False
        self._first_text_ms: float | None = None
        self._last_text_ms = self._pass_ms = 0.0

    def wrote(self, has_a_line: bool) -> None:
        """The candidate got longer; `has_a_line`: its first line is whole."""
        now = self.elapsed_ms()
        if self._first_text_ms is None:
            self._first_text_ms = now
        else:
            self._pass_ms = now - self._last_text_ms
        self._last_text_ms = now
        if self._line_deadline_ms is not None and has_a_line:
            self.is_late = now - self._first_text_ms >= self._line_deadline_ms

    def __call__(self) -> bool:
        if self.reason is None:
            if self._cancelled():
                self.reason = "cancelled"
            elif self._deadline_ms is not None and self._is_due(self._deadline_ms):
                self.reason = "deadline"
        return self.reason is not None or self.is_late

    def _is_due(self, deadline_ms: float) -> bool:
        now = self.elapsed_ms()
        return now >= deadline_ms or now + self._pass_ms > deadline_ms

    def elapsed_ms(self) -> float:
        return (self._clock() - self._began) * 1000
