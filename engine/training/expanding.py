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
"""The probability that a masked token takes the next one in."""


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
    spare: int,
    mask: int,
    edits: Edits,
    random: Random,
) -> OpenRows:
    """A middle between the texts `around` it, masked at a level drawn from 0..1, with up to `spare`
    rows to be deleted. Raises ValueError where nothing could be open, or nothing deletes."""
    delete, expand = edits.delete, edits.expand
    if delete is None or not (middle or spare):
        raise ValueError("an empty hole has open rows to delete, and a token that does")
    level = random.random()
    masked = [random.random() < level for _ in middle]
    deletions = random.randint(0 if middle else 1, spare)
    if not deletions and not any(masked):
        masked[random.randrange(len(masked))] = True
    targets = [*middle, *[delete] * deletions]
    masked += [True] * deletions
    rarely = random.random() < 0.5
    merging = MERGED * (1 - sum(masked) / len(masked)) if rarely else MERGED
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
