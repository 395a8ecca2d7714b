"""Continuations of one prefix side by side, for beam search: they share the prefix KV cache, and
each has keys and values of its own after it.

Knows no scores and no tokens' meaning.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from fillwright.engine.model.config import LayerKind, ModelConfig
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.kernels.canvas_attention import KeyValue


class Network(Protocol):
    """What branches need of a network; see DiffusionGemma.

    `encode` takes ids [batch, rows] and gives hidden states [batch, rows, hidden] and each layer's
    rows; `logits` are [batch, rows, vocab].
    """

    @property
    def config(self) -> ModelConfig: ...
    @property
    def device(self) -> torch.device: ...
    def reach(self, kind: LayerKind) -> int: ...
    def encode(
        self,
        ids: Tensor,
        positions: Tensor,
        prefixes: Sequence[Sequence[KeyValue]] | None = None,
    ) -> tuple[Tensor, list[KeyValue]]: ...
    def logits(self, hidden: Tensor) -> Tensor: ...


class Branches:
    """Begins as one empty branch after the cache, which is never changed."""

    def __init__(self, network: Network, cache: PrefixCache) -> None:
        self._network = network
        self._cache = cache
        # per layer [branches, kv_heads, read, head_dim]
        self._own: list[KeyValue] = []

    @torch.no_grad()
    def read(self, tokens: Sequence[int]) -> Tensor:
        """One more token per branch; returns the causal next-token logits, float32
        [branches, vocab], softcapped."""
        network, read = self._network, self._own[0][0].shape[2] if self._own else 0
        ids = torch.tensor(tokens, dtype=torch.int64, device=network.device)[:, None]
        positions = torch.tensor([[self._cache.length + read]], device=network.device)
        before = [self._before(layer, read) for layer in range(len(network.config.layer_kinds))]
        hidden, rows = network.encode(ids, positions, before)
        self._own = [_joined(own, row) for own, row in zip(self._own, rows, strict=False)] or rows
        return network.logits(hidden)[:, -1]

    def keep(self, parents: Sequence[int]) -> None:
        """Go on with these branches, in this order; one may go on more than once."""
        index = torch.tensor(parents, dtype=torch.int64, device=self._network.device)
        self._own = [(key[index], value[index]) for key, value in self._own]

    def _before(self, layer: int, read: int) -> tuple[KeyValue, ...]:
        """Keys and values that the next row of a layer sees before itself, each
        [1 or branches, kv_heads, rows, head_dim]."""
        reach = self._network.reach(self._network.config.layer_kinds[layer])
        shared = self._cache.recent(layer, max(0, reach - read))
        if not self._own:
            return shared
        key, value = self._own[layer]
        return (*shared, (key[:, :, -reach:], value[:, :, -reach:]))


def _joined(first: KeyValue, second: KeyValue) -> KeyValue:
    """Keys and values [branches, kv_heads, rows, head_dim] of both, the second's rows last."""
    return torch.cat((first[0], second[0]), 2), torch.cat((first[1], second[1]), 2)
