"""A document's prefix in a slot of a GPU's cache, read as late as it can be.

What is added is only noted. A denoise step reads it together with its canvas; whatever looks at
keys and values before that has it read at once, as PrefixCache would have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from fillwright.engine.errors import BadRequest
from fillwright.engine.model.gpu_network import CacheSlots
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.kernels.canvas_attention import KeyValue

Read = Callable[[PrefixCache, Tensor], object]
"""Reads tokens int64 [sequence] behind what a cache holds: DiffusionGemma.extend."""


@dataclass(kw_only=True, eq=False)
class SlotCache(PrefixCache):
    """The first `known` of `ids` lie in the slot. Raises BadRequest where there is no room."""

    slot: int
    room: int
    reader: Read
    known: int = 0

    @classmethod
    def over(cls, slots: CacheSlots, slot: int, reader: Read, device: torch.device) -> Self:
        own = slice(slot, slot + 1)
        return cls(
            ids=torch.empty(0, dtype=torch.int64, device=device),
            _layers=[(key[own], value[own]) for key, value in slots.layers],
            slot=slot,
            room=slots.room,
            reader=reader,
        )

    def note(self, ids: Tensor) -> None:
        """Add `ids`, to be read later."""
        self._check_room(self.length + ids.shape[0])
        self.ids = torch.cat((self.ids, ids))

    def append(self, ids: Tensor, rows: list[KeyValue]) -> None:
        self._check_room(self.length + ids.shape[0])
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
        if self.known >= length:
            return
        ids, start = self.ids, self.known
        self.ids = ids[:start]
        try:
            self.reader(self, ids[start:length])
        finally:
            self.ids = ids

    def _check_room(self, length: int) -> None:
        if length > self.room:
            raise BadRequest(
                f"The prompt and what is written behind it have {length} tokens, and the GPU's "
                f"cache has room for {self.room}; ask with less context or a smaller budget."
            )
