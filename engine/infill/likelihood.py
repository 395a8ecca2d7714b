"""How likely the model finds texts that it did not just write itself: a hole's candidates, and what
stands behind the hole once a candidate is in it.

The latter is what a draft, written from left to right, could not look at. A prompt for filling
shows the model what follows before it writes; a small one makes little of that. Knows ids and the
model; knows no text.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from fillwright.engine.model import DiffusionGemma, PrefixCache


@torch.inference_mode()
def log_likelihoods(
    model: DiffusionGemma,
    cache: PrefixCache,
    known: Sequence[Sequence[int]],
    said: Sequence[Sequence[int]],
) -> list[Tensor]:
    """log p of each token of said[i] behind what the cache holds and known[i], nats, as the causal
    head reads it: float [said[i]].

    No `known[i]` is empty; the cache is not changed.
    """
    rows = [[*before, *after] for before, after in zip(known, said, strict=True)]
    longest = max(map(len, rows))
    padded = [row + [0] * (longest - len(row)) for row in rows]
    ids = torch.tensor(padded, dtype=torch.int64, device=model.device)
    hidden = model.continued(cache, ids)
    likelihoods = []
    for index, (before, row) in enumerate(zip(known, rows, strict=True)):
        # a row speaks of the token after it
        speaking, read = slice(len(before) - 1, len(row) - 1), slice(len(before), len(row))
        likelihoods.append(model.log_probabilities(hidden[index, speaking], ids[index, read]))
    return likelihoods
