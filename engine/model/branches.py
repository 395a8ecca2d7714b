"""Continuations of one prefix side by side, for beam search: they share the prefix KV cache, and
each has keys and values of its own behind it.

Knows no scores and no tokens' meaning.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fillwright.kernels.canvas_attention import KeyValue

if TYPE_CHECKING:
    from fillwright.engine.model.diffusion_gemma import DiffusionGemma
    from fillwright.engine.model.kv_cache import PrefixCache


class Branches:
    """Begins as one empty branch behind the cache, which is never changed."""

    def __init__(self, model: "DiffusionGemma", cache: "PrefixCache") -> None:
        self._model = model
        self._cache = cache
        # per layer [branches, kv_heads, read, head_dim]
        self._own: list[KeyValue] = []

    @torch.inference_mode()
    def read(self, tokens: Sequence[int]) -> Tensor:
        """One more token per branch; returns the causal next-token logits, float32
        [branches, vocab], softcapped."""
        model, read = self._model, self._own[0][0].shape[2] if self._own else 0
        ids = torch.tensor(tokens, dtype=torch.int64, device=model.device)[:, None]
        positions = torch.tensor([[self._cache.length + read]], device=model.device)
        before = [self._before(layer, read) for layer in range(len(model.layers))]
        hidden, rows = model.encode(ids, positions, before)
        self._own = [_behind(own, row) for own, row in zip(self._own, rows, strict=False)] or rows
        return model.logits(hidden)[:, -1]

    def keep(self, parents: Sequence[int]) -> None:
        """Go on with these branches, in this order; one may go on more than once."""
        index = torch.tensor(parents, dtype=torch.int64, device=self._model.device)
        self._own = [(key[index], value[index]) for key, value in self._own]

    def _before(self, layer: int, read: int) -> tuple[KeyValue, ...]:
        """What the next row of a layer sees before itself."""
        reach = self._model.reach(self._model.config.layer_kinds[layer])
        shared = self._cache.recent(layer, max(0, reach - read))
        if not self._own:
            return shared
        key, value = self._own[layer]
        return (*shared, (key[:, :, -reach:], value[:, :, -reach:]))


def _behind(first: KeyValue, second: KeyValue) -> KeyValue:
    return torch.cat((first[0], second[0]), 2), torch.cat((first[1], second[1]), 2)
