"""What a mask model whose holes grow and shrink learns from one hole: DreamOn's objective
(arXiv 2602.01326; the numbers are those of its authors' code).

Tokens of the middle are masked; open rows after it stand for nothing and are to be deleted; of two
masked neighbours one may be left, which is to expand. Knows token ids; no network and no text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from fillwright.engine.diffusion.passage import Edits

MERGED = 0.5
GROWING = 0.2
WHOLE = 0.5
"""MERGED: the probability that a masked token takes the next one in, in the share of holes that are
GROWING (its authors: 0.5, in all). WHOLE: the share of holes of which nothing is known yet, and of
those that have all their rows: so filling starts, and little training must be about what is met.
The last two were set by hand."""


@dataclass(frozen=True, slots=True)
class OpenRows:
    """A sequence of ids, the places in it that are masks, what each should be, and how much that
    counts: all deletions together as much as one token."""

    ids: list[int]
    rows: list[int]
    targets: list[int]
    weights: list[float]


def open_rows(
    around: tuple[Sequence[int], Sequence[int]],
    middle: Sequence[int],
    rows: int,
    mask: int,
    edits: Edits,
    random: Random,
) -> OpenRows:
    """A middle between the texts `around` it, masked at a level drawn from 0..1, with open rows to
    be deleted, `rows` in all at most. Raises ValueError where nothing could be open, or nothing
    deletes."""
    delete, expand = edits.delete, edits.expand
    if delete is None or not (middle or rows):
        raise ValueError("an empty hole has open rows to delete, and a token that does")
    growing = random.random() < GROWING
    level = 1.0 if random.random() < WHOLE else random.random()
    masked = [random.random() < level for _ in middle]
    most = max(0, rows - len(middle))
    whole = not growing and random.random() < WHOLE
    deletions = most if whole else random.randint(0 if middle else 1, most)
    if not deletions and not any(masked):
        masked[random.randrange(len(masked))] = True
    targets = [*middle, *[delete] * deletions]
    masked += [True] * deletions
    merging = MERGED if growing else 0.0
    before, after = around
    found = OpenRows(list(before), [], [], [])
    i = 0
    while i < len(targets):
        if masked[i]:
            pair = i + 1 < len(targets) and masked[i + 1] and targets[i] != delete
            merges = expand is not None and pair and random.random() < merging
            found.rows.append(len(found.ids))
            found.targets.append(expand if merges and expand else targets[i])
            i += merges
        found.ids.append(mask if masked[i] else targets[i])
        i += 1
    found.ids.extend(after)
    deleted = found.targets.count(delete)
    found.weights.extend(1 / deleted if target == delete else 1.0 for target in found.targets)
    return found
