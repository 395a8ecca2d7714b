"""A document's prefix in a slot of a GPU's cache, read as late as it can be.

What is deferred is read together with the canvas of the next denoise step. Whatever looks at keys
and values before that has it read at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

import torch
from torch import Tensor

from fillwright.engine.errors import BadRequest
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.kernels.canvas_attention import KeyValue


@dataclass(kw_only=True, eq=False)
class SlotCache(PrefixCache):
    """The first `known` of `ids` lie in the slot, which has `room` for so many. `reader` reads
    tokens int64 [sequence] into the slot from a position on. Raises BadRequest where there is no
    room."""

    slot: int
    reader: Callable[[int, Tensor], None]
    known: int = 0

    @classmethod
    def all_of(cls, network: GpuNetwork, slots: CacheSlots) -> list[Self]:
        """One cache per slot, empty."""
        return [
            cls(
                ids=torch.empty(0, dtype=torch.int64, device=network.embedding.device),
                _layers=[(key[slot][None], value[slot][None]) for key, value in slots.layers],
                slot=slot,
                reader=partial(network.read, slots, slot),
            )
            for slot in range(slots.count)
        ]

    @property
    def room(self) -> int:
        return self._layers[0][0].shape[2]

    def defer(self, ids: Tensor) -> bool:
        self._check_room(ids)
        self.ids = torch.cat((self.ids, ids))
        return True

    def append(self, ids: Tensor, rows: list[KeyValue]) -> None:
        self._check_room(ids)
        PrefixCache.append(self, ids, rows)
        self.known = self.length

    def truncate(self, length: int) -> None:
        PrefixCache.truncate(self, length)
        self.known = min(self.known, length)

    def recent(self, layer: int, tokens: int) -> tuple[KeyValue, ...]:
        self.catch_up(self.length)
        return PrefixCache.recent(self, layer, tokens)

    def catch_up(self, length: int) -> None:
        """Read what is missing of the first `length` tokens."""
        if self.known < length:
            self.reader(self.known, self.ids[self.known : length])
            self.known = length

    def _check_room(self, ids: Tensor) -> None:
        length = self.length + ids.shape[0]
        if length > self.room:
            raise BadRequest(
                f"The prompt and what is written after it have {length} tokens, and the GPU's "
                f"cache has room for {self.room}; ask with less context or a smaller budget."
            )
