"""Fills that meet a request's constraint, from servers that know none.

Where a fill does not meet it, the longest beginning is kept that would once it is closed, and what
follows is asked for again, with other noise. What meets the constraint at last may be that
beginning and what closes it. Knows text and requests; knows no server.
"""

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import islice

from fillwright.engine.infill.constraint.check import Check, check_of
from fillwright.engine.infill.denoising.constraint_guide import LAST_TRIALS
from fillwright.engine.request import Draft, Hole, Infill, InfillRequest

ROUNDS = 2
"""How often the rest of a fill is asked for again."""
LEXEME = re.compile(r"\s*(?:\w+|[^\w\s])")

Filling = Generator[Draft, None, Infill]


def constrained(
    request: InfillRequest, fill: Callable[[InfillRequest], Filling], stop: Callable[[], bool]
) -> Filling:
    """What `fill` gives for a request's only hole, made to meet the constraint; one that cannot be
    has the finish `unmet`. Raises BadRequest for a pattern that is none."""
    check = check_of(request)
    found = yield from fill(request)
    if check is None or found.finish == "cancelled":
        return found
    closed: str | None = None
    for number in range(1, ROUNDS + 2):
        if (met := _meeting(found, check)) is not None:
            return met
        kept, closed = _repaired(found.texts[0], check) or ("", closed)
        if stop() or number > ROUNDS:
            break
        after = yield from fill(_after(request, kept, request.seed + number))
        found = replace(after, texts=(kept + after.texts[0],), confidences=((),), certainty=None)
    if closed is None:
        return replace(found, finish="unmet")
    return replace(found, texts=(closed,), confidences=((),), certainty=None, alternatives=())


def _meeting(fill: Infill, check: Check) -> Infill | None:
    """The fill, or the first of the others that meets the constraint."""
    if check.is_met(fill.texts[0]):
        return fill
    others = [each for each in fill.alternatives if check.is_met(each[0])]
    if not others:
        return None
    return replace(
        fill, texts=others[0], confidences=((),), certainty=None, alternatives=tuple(others[1:])
    )


def _repaired(text: str, check: Check) -> tuple[str, str] | None:
    """The longest beginning of a text that meets the constraint once it is closed, and both."""
    for beginning, closed in islice(_trials(text, check), LAST_TRIALS):
        if check.is_met(closed):
            return beginning, closed
    return None


def _trials(text: str, check: Check) -> Iterator[tuple[str, str]]:
    ends = [0, *(found.end() for found in LEXEME.finditer(text))]
    for end in reversed(ends):
        for ending in check.endings(text[:end]):
            yield text[:end], text[:end] + ending


def _after(request: InfillRequest, kept: str, seed: int) -> InfillRequest:
    """The request for what follows a beginning of its fill."""
    (hole,), document = request.holes, request.document
    return replace(
        request,
        document=document[: hole.start] + kept + document[hole.start :],
        holes=(Hole(hole.start + len(kept), hole.end + len(kept)),),
        seed=seed,
        candidates=1,
    )
