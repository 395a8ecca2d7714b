"""A fill of one hole as the server keeps it: its text, and how sure the engine is of it.

Knows nothing of documents, and of the engine only what its answers say.
"""

import math
from dataclasses import dataclass, replace

from fillwright.engine.request import Certainty, Infill

MOST = 0.999
"""No probability that is shown is 1."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """`certainty` is None where the engine cannot say."""

    text: str
    certainty: Certainty | None = None

    def remaining(self, text: str) -> "Candidate":
        """What is left of the fill after its beginning was typed, or, where characters before it
        were deleted, the fill with these before it."""
        gone = len(self.text) - len(text)
        if self.certainty is None or gone == 0:
            return Candidate(text, self.certainty)
        if gone > 0:
            return Candidate(text, _after(self.certainty, gone))
        moved = tuple((end - gone, sure) for end, sure in self.certainty.beginnings)
        return Candidate(text, replace(self.certainty, beginnings=moved))


def candidates_of(infill: Infill) -> tuple[Candidate, ...]:
    """The candidates of a fill of one hole, the likeliest first."""
    others = (Candidate(texts[0]) for texts in infill.alternatives)
    return (Candidate(infill.texts[0], infill.certainty), *others)


def _after(certainty: Certainty, typed: int) -> Certainty:
    """The certainty of the rest, given that the first `typed` characters are right: what was
    typed is not in doubt any more."""
    begun = [sure for end, sure in certainty.beginnings if end <= typed]
    established = begun[-1] if begun else 1 - certainty.nothing
    if established <= 0:
        return certainty
    drafted = min(MOST, certainty.drafted / established)
    return replace(
        certainty,
        whole=_scaled(certainty.whole, certainty.drafted, drafted),
        nothing=0.0,
        beginnings=tuple(
            (end - typed, min(MOST, sure / established))
            for end, sure in certainty.beginnings
            if end > typed
        ),
        drafted=drafted,
    )


def _scaled(whole: float, before: float, after: float) -> float:
    """`whole` for a draft whose own probability was `before` and is `after`: the power of it that
    the calibrated one was."""
    if not (0 < before < 1 and 0 < whole < 1):
        return whole
    power = math.log(whole) / math.log(before)
    return min(MOST, math.exp(power * math.log(after)))
