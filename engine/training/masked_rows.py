"""Rows of one length for a mask model's training: text, a hole with open rows, text.

Some tokens around a hole are masked too, for there is more of it to learn from. Knows token ids; no
network and no text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor

from fillwright.engine.infill.masked.layout import Marks
from fillwright.engine.training.expanding import open_rows

AROUND = 0.15
AROUND_WEIGHT = 0.5
"""Of the tokens around a hole, in half of the rows, the share that is masked (as BERT's, arXiv
1810.04805), and how much one counts. The second was set by hand."""

Text = tuple[Sequence[int], Sequence[int], Sequence[int]]
"""What stands before a hole, its tokens, what stands after it."""


class MaskedBatch(NamedTuple):
    """ids int64 [rows, length]; `places` int64 [open], among the flattened ids, are the rows of the
    network that say the targets, int64 [open], with their weights, float32 [open]."""

    ids: Tensor
    places: Tensor
    targets: Tensor
    weights: Tensor


@dataclass(frozen=True, slots=True)
class MaskedRows:
    """Rows of `length` tokens, filled up with `pad`; `rows` of a hole are open at most. Row i of
    the network says token i + 1. Text and hole must fit in."""

    length: int
    rows: int
    marks: Marks
    pad: int

    def batch(self, texts: Iterable[Text], random: Random) -> MaskedBatch:
        ids, places, targets, weights = list[list[int]](), list[int](), list[int](), list[float]()
        for text in texts:
            row, answers = self._row(text, random)
            start = len(ids) * self.length
            ids.append(row)
            places += [start + place - 1 for place, _, _ in answers]
            targets += [target for _, target, _ in answers]
            weights += [weight for _, _, weight in answers]
        return MaskedBatch(*map(torch.tensor, (ids, places, targets, weights)))

    def _row(self, text: Text, random: Random) -> tuple[list[int], list[tuple[int, int, float]]]:
        """Its ids, and what is asked: places, targets, weights."""
        before, middle, after = text
        marks, pad = self.marks, self.pad
        hole = open_rows((before, after), middle, self.rows, marks.mask, marks.edits, random)
        ids = (hole.ids + [pad] * self.length)[: self.length]
        answers = list(zip(hole.rows, hole.targets, hole.weights, strict=True))
        around = {*range(1, len(before)), *range(len(hole.ids) - len(after), self.length)}
        if random.random() < 0.5:
            for place in sorted(around):
                if ids[place] != pad and random.random() < AROUND:
                    answers.append((place, ids[place], AROUND_WEIGHT))
                    ids[place] = marks.mask
        return ids, answers
