"""How likely the model finds texts that it did not just write itself: a hole's candidates, and what
stands behind the hole once a candidate is in it.

The latter is what a draft, written from left to right, could not look at. A prompt for filling
shows the model what follows before it writes; a small one makes little of that. Knows ids and the
model; knows no text.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from fillwright.engine.memory.gate import Mixture
from fillwright.engine.model import DiffusionGemma, PrefixCache

UNLIKELIEST = -30.0
"""Nats of a token that a memory leaves no room for."""


@torch.inference_mode()
def log_likelihoods(
    model: DiffusionGemma,
    cache: PrefixCache,
    known: Sequence[Sequence[int]],
    said: Sequence[Sequence[int]],
    mixed: tuple[Mixture, Sequence[int]] | None = None,
) -> list[Tensor]:
    """log p of each token of said[i] behind what the cache holds and known[i], nats, as the causal
    head reads it: float [said[i]].

    No `known[i]` is empty; the cache is not changed. `mixed` is a memory, and how many first tokens
    of each said[i] it has a say in.
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
        states, tokens = hidden[index, speaking], ids[index, read]
        own = mixed[1][index] if mixed else 0
        found = model.log_probabilities(states[own:], tokens[own:])
        if mixed and own:
            firsts = [tuple(row[len(before) : len(before) + end]) for end in range(own)]
            told = mixed[0].mixed(model.logits(states[:own]).log_softmax(-1), firsts)
            told = told.clamp(min=UNLIKELIEST).gather(-1, tokens[:own, None])[:, 0]
            found = torch.cat([told, found])
        likelihoods.append(found)
    return likelihoods
