"""A request's first candidate, with its drafts, and the others beside it.

Knows fills; knows not how one is made.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

from fillwright.engine.infill.ending import last_of
from fillwright.engine.infill.stop import Stop
from fillwright.engine.request import Draft, Infill, InfillRequest


def with_alternatives(
    request: InfillRequest,
    stop: Stop,
    candidate: Callable[[int], Generator[Draft, None, Infill]],
    ranked: Callable[[list[Infill]], list[Infill]] = list,
) -> Iterator[Draft | Infill]:
    """The first candidate with its drafts; the others, as far as they are ready when `stop` says
    so, are its alternatives, `ranked` best first. `candidate` writes the one of a number, from 0.
    """
    first = yield from candidate(0)
    others = []
    for number in range(1, request.candidates):
        fill = last_of(candidate(number))
        if stop.reason is not None:
            break
        others.append(fill)
    yield replace(
        first,
        alternatives=tuple(fill.texts for fill in ranked(others)),
        candidate_tokens=sum(fill.tokens for fill in (first, *others)),
    )
