"""What stood between such a left and such a right context before: a whole hole, looked up by the
tokens on both sides of it.

The draft's mixture sees what is before a hole only. Knows token ids and sorted contexts; knows no
model and no text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fillwright.engine.memory.contexts import LONGEST, Integers, Store, first_true
from fillwright.engine.memory.limits import LEAST_SIDE

LONGEST_HOLE = 32


@dataclass(frozen=True, slots=True)
class Between:
    """`tokens` stood at `places` between such contexts; at the nearest of these so many tokens to
    the `left` and the `right` are the hole's own."""

    tokens: tuple[int, ...]
    left: int
    right: int
    places: int


def stood_between(
    stores: Sequence[Store],
    before: Sequence[int],
    after: Sequence[int],
    breaks: Sequence[int] = (),
    lead: int = 0,
) -> list[Between]:
    """What stood between the tokens `before` and `after` a hole, the best match first. No text of
    it has one of the tokens `breaks` after its first `lead` ones."""
    found = dict[tuple[int, ...], Between]()
    if min(len(before), len(after)) < LEAST_SIDE:
        return []
    for store in stores:
        for tokens, left, right in _in_one(store, before, after[:LONGEST], breaks, lead):
            known = found.get(tokens, Between(tokens, 0, 0, 0))
            nearest = max((known.left, known.right), (left, right), key=sum)
            found[tokens] = Between(tokens, *nearest, known.places + 1)
    return sorted(found.values(), key=lambda one: (-one.left - one.right, -one.places))


def _in_one(
    store: Store, before: Sequence[int], after: Sequence[int], breaks: Sequence[int], lead: int
) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """What stood there, and how many tokens match to the left and to the right of it."""
    contexts = store.contexts
    tokens, separator = contexts.tokens, contexts.separator
    ranges = contexts.ranges(before)[LEAST_SIDE - 1 :]
    if not ranges:
        return
    # the nearest come last, and would be few among all that match
    near = [contexts.positions(range_, store.left_out) for range_ in (ranges[0], ranges[-1])]
    starts = np.unique(np.concatenate(near))
    window = tokens[_within(starts[:, None] + np.arange(LONGEST_HOLE + len(after)), tokens)]
    ends_hole = np.zeros(separator + 1, dtype=np.bool_)
    ends_hole[list(breaks)] = True
    broken = ends_hole[window[:, :LONGEST_HOLE]]
    broken[:, :lead] = False
    broken |= window[:, :LONGEST_HOLE] == separator
    # a hole may end where it would break, and not after that
    is_whole = np.cumsum(broken, axis=1) - broken == 0
    rows, ends = np.nonzero((window[:, :LONGEST_HOLE] == after[0]) & is_whole)
    following = window[rows[:, None], ends[:, None] + np.arange(len(after))]
    rights = first_true(following == np.asarray(after))
    back = tokens[_within(starts[:, None] - 1 - np.arange(LONGEST), tokens)]
    wanted = np.asarray(before[-LONGEST:])[::-1]
    lefts = first_true(back[:, : len(wanted)] == wanted)
    best = dict[int, tuple[int, int]]()
    for row, end, right in zip(rows.tolist(), ends.tolist(), rights.tolist(), strict=True):
        if right >= LEAST_SIDE and right > best.get(row, (0, 0))[0]:
            best[row] = right, end
    for row, (right, end) in best.items():
        yield tuple(window[row, :end].tolist()), int(lefts[row]), right


def _within(places: Integers, tokens: np.ndarray) -> Integers:
    """The places as far as there are tokens; separators stand at both ends."""
    return np.clip(places, 0, len(tokens) - 1)
