"""The prefix KV cache: keys and values of the tokens that the encoder has read.

Every layer keeps all positions, sliding layers too, so that the cache can be cut back to any
length; the window is applied when it is read. Knows nothing of prompts or documents.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from fillwright.kernels.canvas_attention import KeyValue


@dataclass(slots=True)
class PrefixCache:
    """`ids` int64 [length]; `layers[i]` keys and values [1, kv_heads, length, head_dim]."""

    ids: Tensor
    layers: list[KeyValue] = field(default_factory=list)

    @property
    def length(self) -> int:
        return self.ids.shape[0]

    def append(self, ids: Tensor, rows: list[KeyValue]) -> None:
        """Add the keys and values of `ids`, one pair per layer."""
        self.ids = torch.cat((self.ids, ids))
        if not self.layers:
            self.layers = rows
            return
        self.layers = [
            (torch.cat((key, new_key), dim=2), torch.cat((value, new_value), dim=2))
            for (key, value), (new_key, new_value) in zip(self.layers, rows, strict=True)
        ]

    def truncate(self, length: int) -> None:
        """Forget everything from position `length` on."""
        if not 0 <= length <= self.length:
            raise ValueError(f"a cache of {self.length} tokens cannot be cut to {length}")
        self.ids = self.ids[:length]
        self.layers = [(key[:, :, :length], value[:, :, :length]) for key, value in self.layers]

    def common_prefix(self, ids: Tensor) -> int:
        """How many leading tokens of `ids` [sequence] the cache already holds."""
        shared = min(self.length, ids.shape[0])
        differing = (self.ids[:shared] != ids[:shared]).nonzero()
        return int(differing[0]) if len(differing) else shared

    def recent(self, layer: int, tokens: int) -> KeyValue | None:
        """The last `tokens` positions of a layer, or None when there are none."""
        start = max(0, self.length - tokens)
        if start == self.length:
            return None
        key, value = self.layers[layer]
        return key[:, :, start:], value[:, :, start:]
