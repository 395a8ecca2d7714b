"""The prefix KV cache: keys and values of the tokens that the encoder has read.

Full layers keep all positions; sliding layers have their window and a margin, so that the cache can
be cut back (see window.py). The window is applied when it is read. Knows nothing of prompts or
documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from fillwright.engine.model.cache import Cache
from fillwright.engine.model.window import roomy
from fillwright.kernels.canvas_attention import KeyValue


@dataclass(slots=True)
class PrefixCache(Cache):
    """`ids` int64 [length]; per layer keys and values [1, kv_heads, room, head_dim], whose first
    rows count: those of all positions or, where a layer is `sliding`, of those from `first` on.
    Typing on appends in place and cutting back moves nothing."""

    sliding: Sequence[bool] = ()
    _layers: list[KeyValue] = field(default_factory=list)
    _coming: int = 0

    @property
    def bytes(self) -> int:
        """Of keys and values."""
        return sum(key.nbytes + value.nbytes for key, value in self._layers)

    def expect(self, positions: int) -> None:
        """So many are coming: what makes room makes it for all of them."""
        self._coming = positions

    def defer(self, ids: Tensor) -> bool:
        """Add `ids` int64 [sequence] to be read later, by the cache itself; false where they must
        be read now."""
        return False

    def append(self, ids: Tensor, rows: list[KeyValue]) -> None:
        """Add the keys and values of `ids`: per layer [1, kv_heads, len(ids), head_dim]."""
        end = self.length + ids.shape[0]
        first = self.make_way(end, end)
        self._layers = self._layers or [(key[:, :, :0], value[:, :, :0]) for key, value in rows]
        for index, new in enumerate(rows):
            slides = self._slides(index)
            begin, gone = (first, first - self.first) if slides else (0, 0)
            key, value = self._layers[index]
            room = self._room(end - begin, slides)
            self._layers[index] = (
                self._appended(key, new[0], begin, gone, room),
                self._appended(value, new[1], begin, gone, room),
            )
        self.first = first
        self.ids = torch.cat((self.ids, ids))

    def recent(self, layer: int, tokens: int) -> tuple[KeyValue, ...]:
        """The last `tokens` positions of a layer, as canvas_attention takes them; () when there are
        none. Of a sliding layer no more than its window's reach can be asked for."""
        start = max(0, self.length - tokens)
        if start == self.length:
            return ()
        begin = self.first if self._slides(layer) else 0
        rows = slice(start - begin, self.length - begin)
        key, value = self._layers[layer]
        return ((key[:, :, rows], value[:, :, rows]),)

    def _slides(self, layer: int) -> bool:
        return self.window is not None and bool(self.sliding) and self.sliding[layer]

    def _room(self, rows: int, slides: bool) -> int:
        """Of a layer's tensors, where they have no room for so many rows."""
        room = roomy(max(rows, self._coming))
        return room if self.window is None or not slides else min(room, self.window.room)

    def _appended(self, kept: Tensor, new: Tensor, begin: int, gone: int, room: int) -> Tensor:
        """`kept` without its `gone` oldest rows and with `new` ones, the first row that of position
        `begin`: in place, or where they do not fit in a copy with `room`."""
        held, rows = max(0, self.length - begin), self.length + new.shape[2] - begin
        if rows > kept.shape[2]:
            larger = kept.new_empty(*kept.shape[:2], room, kept.shape[3])
            larger[:, :, :held] = kept[:, :, gone : gone + held]
            kept = larger
        elif gone:
            kept[:, :, :held] = kept[:, :, gone : gone + held].clone()
        kept[:, :, held:rows] = new[:, :, max(0, begin - self.length) :]
        return kept
