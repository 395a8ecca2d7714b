"""What stood after such a left context before, for a hole whose end only its text can tell.

Knows token ids and sorted contexts; knows no model and no text.
"""

from collections.abc import Sequence

from fillwright.engine.memory.contexts import Store

LEAST = 16
"""Tokens that must match: docs/measurements-log.md, "Bodies that stood before"."""
MOST = 6
"""So many are read in one pass of the model, which takes as long as a few tokens of a draft."""


def stood_after(
    stores: Sequence[Store], before: Sequence[int], longest: int
) -> list[tuple[int, ...]]:
    """The tokens, `longest` of each or those up to its stream's end, that stood after at least
    LEAST of the same tokens as end `before`: the longest match first, at most MOST of them, all
    different."""
    every = [store.contexts.ranges(before) for store in stores]
    found = dict[tuple[int, ...], None]()
    for length in range(max(map(len, every), default=0), LEAST - 1, -1):
        for store, ranges in zip(stores, every, strict=True):
            if length <= len(ranges):
                contexts = store.contexts
                for place in contexts.positions(ranges[length - 1], store.left_out).tolist():
                    ids = contexts.tokens[place : place + longest].tolist()
                    end = ids.index(contexts.separator) if contexts.separator in ids else longest
                    found[tuple(ids[:end])] = None
                    if len(found) == MOST:
                        return list(found)
    return list(found)
