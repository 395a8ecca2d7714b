"""Continuations of one prefix side by side, for beam search: they share the prefix KV cache, and
each has keys and values of its own behind it.

Knows no scores and no tokens' meaning.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fillwright.engine.model.config import LayerKind
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
        before = [self._before(layer, read, len(tokens)) for layer in range(len(model.layers))]
        masks: dict[LayerKind, Tensor | None] = {}
        for kind, prefix in zip(model.config.layer_kinds, before, strict=True):
            seen = 0 if prefix is None else prefix[0].shape[2]
            masks[kind] = torch.ones(1, seen + 1, dtype=torch.bool, device=model.device)
        hidden, rows = model.encode(ids, positions, before, masks)
        self._own = [_behind(own, row) for own, row in zip(self._own, rows, strict=False)] or rows
        return model.logits(hidden)[:, -1]

    def keep(self, parents: Sequence[int]) -> None:
        """Go on with these branches, in this order; one may go on more than once."""
        index = torch.tensor(parents, dtype=torch.int64, device=self._model.device)
        self._own = [(key[index], value[index]) for key, value in self._own]

    def _before(self, layer: int, read: int, branches: int) -> KeyValue | None:
        """What the next row of a layer sees before itself."""
        reach = self._model.reach(self._model.config.layer_kinds[layer])
        shared = self._cache.recent(layer, max(0, reach - read))
        own = self._own[layer] if self._own else None
        if own is not None:
            own = (own[0][:, :, -reach:], own[1][:, :, -reach:])
        if shared is None:
            return own
        key, value = (part.expand(branches, -1, -1, -1) for part in shared)
        return (key, value) if own is None else _behind((key, value), own)


def _behind(first: KeyValue, second: KeyValue) -> KeyValue:
    return torch.cat((first[0], second[0]), 2), torch.cat((first[1], second[1]), 2)
