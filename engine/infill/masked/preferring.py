"""Which of several fills is the best, where no causal head has a say: by what code has to be, by
how many of them say the same, and by how sure the network was of what it committed.

Knows fills and source text; knows no network.
"""

from collections import Counter
from collections.abc import Sequence
from math import log

from fillwright.engine.infill.ranking.plausibility import Neighbourhood
from fillwright.engine.request import Infill, InfillRequest

LEAST = 1e-9
"""A probability that is 0 in float32 counts as this one."""


def best_first(request: InfillRequest, fills: Sequence[Infill]) -> list[Infill]:
    """Those that say something first, for an empty hole has few faults; of these, those with fewer
    syntax faults; of as many, those with fewer names that nothing binds; then those whose text more
    of them have, and then the likelier ones."""
    same = Counter(fill.texts for fill in fills)

    def key(fill: Infill) -> tuple[bool, tuple[int, int], int, float]:
        is_empty = not any(map(str.strip, fill.texts))
        return is_empty, _faults(request, fill), -same[fill.texts], -likelihood(fill)

    return sorted(fills, key=key)


def likelihood(fill: Infill) -> float:
    """The sum of the logarithms of its tokens' probabilities, in nats."""
    return sum(log(max(sure, LEAST)) for hole in fill.confidences for sure in hole)


def _faults(request: InfillRequest, fill: Infill) -> tuple[int, int]:
    """In syntax, and in names; of all holes together, each looked at with the others as they were.
    (0, 0) where there is no grammar."""
    counts = [
        (filled.faults, filled.name_faults)
        for hole, text in zip(request.holes, fill.texts, strict=True)
        if (filled := Neighbourhood.of(request.document, hole, request.language).with_fill(text))
    ]
    return sum(syntax for syntax, _ in counts), sum(names for _, names in counts)
