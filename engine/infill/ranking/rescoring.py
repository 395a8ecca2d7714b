"""How likely the model finds texts that it did not just write itself: a hole's candidates, and what
stands after the hole once a candidate is in it.

The latter is what a draft, written from left to right, could not look at. A prompt for filling
shows the model what follows before it writes; a small one makes little of that. Knows ids and the
model; knows no text.
"""

from collections.abc import Sequence

from fillwright.engine.memory.gate import Mixture
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model
from fillwright.kernels.arrays import Array, along, log_softmax, namespace

UNLIKELIEST = -30.0
"""Nats of a token that a memory leaves no room for."""


def log_likelihoods(
    model: Model,
    cache: Cache,
    contexts: Sequence[Sequence[int]],
    texts: Sequence[Sequence[int]],
    mixed: tuple[Mixture, Sequence[int]] | None = None,
) -> list[Array]:
    """log p of each token of texts[i] after what the cache holds and contexts[i], nats, as the
    causal head reads it: float [texts[i]].

    No `contexts[i]` is empty; the cache is not changed. `mixed` is a memory, and how many first
    tokens of each texts[i] it has a say in.
    """
    rows = [[*before, *after] for before, after in zip(contexts, texts, strict=True)]
    longest = max(map(len, rows))
    padded = [row + [0] * (longest - len(row)) for row in rows]
    ids = model.ids(padded)
    hidden = model.continued(cache, ids)
    xp = namespace(hidden)
    likelihoods = []
    for index, (before, row) in enumerate(zip(contexts, rows, strict=True)):
        # a row predicts the token after it
        predicting, read = slice(len(before) - 1, len(row) - 1), slice(len(before), len(row))
        states, tokens = hidden[index, predicting], ids[index, read]
        own = mixed[1][index] if mixed else 0
        found = model.log_probabilities(states[own:], tokens[own:])
        if mixed and own:
            firsts = [tuple(row[len(before) : len(before) + end]) for end in range(own)]
            both = mixed[0].mixed(log_softmax(model.logits(states[:own])), firsts)
            both = along(both, tokens[:own, None])[:, 0]
            found = xp.concat([xp.clip(both, UNLIKELIEST, None), found])
        likelihoods.append(found)
    return likelihoods
