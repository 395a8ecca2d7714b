"""The prefix KV cache: keys and values of the tokens that the encoder has read.

Every layer keeps all positions, sliding layers too, so that the cache can be cut back to any
length; the window is applied when it is read. Knows nothing of prompts or documents.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from fillwright.engine.model.cache import Cache
from fillwright.kernels.canvas_attention import KeyValue


@dataclass(slots=True)
class PrefixCache(Cache):
    """`ids` int64 [length]; per layer keys and values [1, kv_heads, room, head_dim], of which the
    first `length` rows count: typing on appends in place and cutting back moves nothing."""

    _layers: list[KeyValue] = field(default_factory=list)

    def defer(self, ids: Tensor) -> bool:
        """Add `ids` int64 [sequence] to be read later, by the cache itself; false where they must
        be read now."""
        return False

    def append(self, ids: Tensor, rows: list[KeyValue]) -> None:
        """Add the keys and values of `ids`: per layer [1, kv_heads, len(ids), head_dim]."""
        start, end = self.length, self.length + ids.shape[0]
        self._layers = self._layers or [(key[:, :, :0], value[:, :, :0]) for key, value in rows]
        for index, (new_key, new_value) in enumerate(rows):
            key, value = self._layers[index]
            if end > key.shape[2]:
                key, value = _with_room(key, end), _with_room(value, end)
                self._layers[index] = (key, value)
            key[:, :, start:end] = new_key
            value[:, :, start:end] = new_value
        self.ids = torch.cat((self.ids, ids))

    def recent(self, layer: int, tokens: int) -> tuple[KeyValue, ...]:
        """The last `tokens` positions of a layer, as canvas_attention takes them; () when there are
        none."""
        start = max(0, self.length - tokens)
        if start == self.length:
            return ()
        key, value = self._layers[layer]
        return ((key[:, :, start : self.length], value[:, :, start : self.length]),)


def _with_room(kept: Tensor, length: int) -> Tensor:
    """A copy of `kept` [batch, kv_heads, room, head_dim] that holds `length` rows and a quarter
    more, so that typing seldom copies."""
    batch, heads, room, head_dim = kept.shape
    copy = kept.new_empty(batch, heads, length + length // 4 + 64, head_dim)
    copy[:, :, :room] = kept
    return copy
