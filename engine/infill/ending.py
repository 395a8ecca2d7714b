"""How a fill ends: why, with how much of it, and how long it took.

Knows states and their texts; knows no model.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from fillwright.engine.infill.state import Written
from fillwright.engine.infill.stop import Stop
from fillwright.engine.infill.text.seams import whole_lines
from fillwright.engine.infill.tokens.tokenizer import Spelling
from fillwright.engine.request import Draft, Finish, Infill

Spelt = tuple[Written, list[Spelling]]


class Timed:
    """Adds the milliseconds spent inside to `timings[name]`."""

    def __init__(self, timings: dict[str, float], name: str) -> None:
        self._timings, self._name = timings, name

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._timings[self._name] += (time.perf_counter() - self._began) * 1000


def finish_of(written: Written | None, stop: Stop) -> Finish:
    """Why a fill ended; `written` is None where nothing was."""
    if stop.reason is not None:
        return stop.reason
    if written is not None and written.settled:
        return "settled"
    return "deadline" if stop.is_late else "budget"


def whole_of(kept: range, spelling: Spelling) -> range:
    """Of the characters that stay, those up to the end of the last whole line."""
    end = whole_lines(spelling.text) or len(spelling.text)
    return range(kept.start, max(kept.start, min(kept.stop, end)))


def last_of(candidate: Generator[Draft, None, Infill]) -> Infill:
    """The fill itself, its drafts passed over."""
    while True:
        try:
            next(candidate)
        except StopIteration as finished:
            fill: Infill = finished.value
            return fill


def counted(states: Iterator[Spelt], at_most: int) -> Iterator[Spelt]:
    """With the passes that may still come: a draft knows its own tokens, and no step after it."""
    for state, spelt in states:
        yield replace(state, steps_left=max(0, at_most - state.passes)), spelt
