"""Whether code has enough in common with what stands before a place to have a say there.

A gate that was fitted to lines of their own projects trusts any match: in a file that is of another
kind it would write that project's words. Knows token ids and sorted contexts; knows no model.
"""

from collections.abc import Sequence

from fillwright.engine.memory.contexts import LONGEST, Store

LOOKED_BACK = 64
STEP = 4
FEWEST = 20
"""Tokens before a place; with fewer nobody can tell."""
LEAST_SHARED = 2.5
"""Tokens that match on average: docs/measurements-log.md, "Unrelated projects"."""


def are_related(stores: Sequence[Store], before: Sequence[int]) -> bool:
    """Whether the longest matches of what ends at the last places `before`, each STEP-th of
    LOOKED_BACK, have LEAST_SHARED tokens on average; also where there are too few to tell."""
    ends = range(len(before), max(FEWEST, len(before) - LOOKED_BACK), -STEP)
    lengths = [
        max((_longest(store, before[max(0, end - LONGEST) : end]) for store in stores), default=0)
        for end in ends
    ]
    return not lengths or sum(lengths) >= LEAST_SHARED * len(lengths)


def _longest(store: Store, context: Sequence[int]) -> int:
    """How many of the context's last tokens stand somewhere that is not left out."""
    ranges = store.contexts.ranges(context)
    while ranges and not len(store.contexts.positions(ranges[-1], store.left_out)):
        ranges.pop()
    return len(ranges)
