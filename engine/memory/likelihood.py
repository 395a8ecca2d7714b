"""How likely the user's own code finds some tokens after a context, without a model.

An interpolated n-gram model over all lengths that match, after Witten and Bell (1991, "The
zero-frequency problem"). What it says is too rough to write with; it tells texts of one place
apart. Knows token ids and sorted contexts; knows no text.
"""

import math
from collections.abc import Sequence

from fillwright.engine.memory.contexts import LONGEST, Store, what_followed


def log_likelihood(
    stores: Sequence[Store], context: Sequence[int], tokens: Sequence[int], vocabulary: int
) -> float:
    """log p of the `tokens`, ids below `vocabulary`, after the context, nats."""
    both = [*context[-LONGEST:], *tokens]
    first = len(both) - len(tokens)
    return sum(
        math.log(_probability(stores, both[:place], both[place], vocabulary))
        for place in range(first, len(both))
    )


def _probability(
    stores: Sequence[Store], context: Sequence[int], token: int, vocabulary: int
) -> float:
    """Each match gives what is new after it, as often as something was, to the next shorter one,
    and the shortest to all tokens alike."""
    probability, weight = 0.0, 1.0
    for level in what_followed(stores, context):
        total = float(level.counts.sum()) + len(level.tokens)
        probability += weight * float(level.counts[level.tokens == token].sum()) / total
        weight *= len(level.tokens) / total
    return probability + weight / vocabulary
