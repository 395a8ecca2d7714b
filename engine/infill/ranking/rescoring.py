"""How likely the model finds texts that it did not just write itself: a hole's candidates, and what
stands after the hole once a candidate is in it.

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
    contexts: Sequence[Sequence[int]],
    texts: Sequence[Sequence[int]],
    mixed: tuple[Mixture, Sequence[int]] | None = None,
) -> list[Tensor]:
    """log p of each token of texts[i] after what the cache holds and contexts[i], nats, as the
    causal head reads it: float [texts[i]].

    No `contexts[i]` is empty; the cache is not changed. `mixed` is a memory, and how many first
    tokens of each texts[i] it has a say in.
    """
    rows = [[*before, *after] for before, after in zip(contexts, texts, strict=True)]
    longest = max(map(len, rows))
    padded = [row + [0] * (longest - len(row)) for row in rows]
    ids = torch.tensor(padded, dtype=torch.int64, device=model.device)
    hidden = model.continued(cache, ids)
    likelihoods = []
    for index, (before, row) in enumerate(zip(contexts, rows, strict=True)):
        # a row predicts the token after it
        predicting, read = slice(len(before) - 1, len(row) - 1), slice(len(before), len(row))
        states, tokens = hidden[index, predicting], ids[index, read]
        own = mixed[1][index] if mixed else 0
        found = model.log_probabilities(states[own:], tokens[own:])
        if mixed and own:
            firsts = [tuple(row[len(before) : len(before) + end]) for end in range(own)]
            both = mixed[0].mixed(model.logits(states[:own]).log_softmax(-1), firsts)
            both = both.clamp(min=UNLIKELIEST).gather(-1, tokens[:own, None])[:, 0]
            found = torch.cat([both, found])
        likelihoods.append(found)
    return likelihoods
