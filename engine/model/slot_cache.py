"""A document's prefix in a slot of a GPU's cache, read as late as it can be.

Full layers keep all positions. A sliding layer's rows are a ring: each new one takes the place of
the oldest, and nothing moves, so that CUDA graphs stay as they are.

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
from fillwright.engine.model.window import Window
from fillwright.kernels.canvas_attention import KeyValue


@dataclass(kw_only=True, eq=False)
class SlotCache(PrefixCache):
    """The first `known` of `ids` lie in the slot, in sliding layers from position `first` on.
    There is `room` for so many tokens. `reader` reads tokens int64 [sequence] into the slot from a
    position on. Raises BadRequest where there is no room."""

    slot: int
    room: int
    reader: Callable[[int, Tensor], None]
    known: int = 0

    @classmethod
    def all_of(cls, network: GpuNetwork, slots: CacheSlots) -> list[Self]:
        """One cache per slot, empty."""
        return [
            cls(
                ids=torch.empty(0, dtype=torch.int64, device=network.embedding.device),
                window=Window.of(network.config),
                room=slots.room,
                _layers=[(key[slot][None], value[slot][None]) for key, value in slots.layers],
                slot=slot,
                reader=partial(network.read, slots, slot),
            )
            for slot in range(slots.count)
        ]

    @property
    def held(self) -> int:
        return self.known

    def defer(self, ids: Tensor) -> bool:
        self._check_room(ids)
        self.ids = torch.cat((self.ids, ids))
        return True

    def append(self, ids: Tensor, rows: list[KeyValue]) -> None:
        self._check_room(ids)
        positions = torch.arange(self.length, self.length + ids.shape[0], device=ids.device)
        for kept, new in zip(self._layers, rows, strict=True):
            for into, each in zip(kept, new, strict=True):
                into[:, :, positions % into.shape[2]] = each
        self.ids = torch.cat((self.ids, ids))
        self.has_read(self.length)

    def truncate(self, length: int) -> None:
        PrefixCache.truncate(self, length)
        # what is lost is read again as all else is
        self.known, self.lost = 0 if self.lost else min(self.known, length), False

    def recent(self, layer: int, tokens: int) -> tuple[KeyValue, ...]:
        self.catch_up(self.length)
        start = max(0, self.length - tokens)
        if start == self.length:
            return ()
        key, value = self._layers[layer]
        rows = key.shape[2]
        begin, end = start % rows, (self.length - 1) % rows + 1
        parts = [slice(begin, end)] if begin < end else [slice(begin, rows), slice(end)]
        return tuple((key[:, :, part], value[:, :, part]) for part in parts)

    def catch_up(self, length: int) -> None:
        """Read what is missing of the first `length` tokens."""
        if self.known < length:
            self.reader(self.known, self.ids[self.known : length])
            self.has_read(length)

    def has_read(self, length: int) -> None:
        """The first `length` tokens lie in the slot now."""
        self.known = length
        self.first = max(self.first, length - min(key.shape[2] for key, _ in self._layers))

    def can_read_from(self, position: int) -> bool:
        """Whether the tokens from a position on can be read, once more where they are known: what
        they see is in the slot, or is read before them."""
        assert self.window is not None
        return position >= self.known or self.first <= max(0, position - self.window.reach)

    def _check_room(self, ids: Tensor) -> None:
        length = self.length + ids.shape[0]
        if length > self.room:
            raise BadRequest(
                f"The prompt and what is written after it have {length} tokens, and the GPU's "
                f"cache has room for {self.room}; ask with less context or a smaller budget."
            )
