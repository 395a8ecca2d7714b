"""Keys and values of the text on both sides of a hole, kept between passes of a network that sees
everything (the dual cache of Fast-dLLM, arXiv 2505.22618). An approximation: they were made when
the hole said something else.

    kept as it was | rows that changed, and those that are asked for | kept as it was, moved

A pass after which `age` would reach `every` reads all rows again. Keys move by turning them once
more, so a hole may grow and shrink. Knows token ids; nothing of holes, masks or text.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from fillwright.engine.model.transformer import Transformer
from fillwright.kernels.canvas_attention import KeyValue
from fillwright.kernels.rotary import rotary


@dataclass(slots=True, eq=False)
class Surround:
    """A Transformer's `row_logits`, with what one sequence left. `every` 1 reads all at each pass,
    and then it is exact. `read` counts rows since it was made. Raises ValueError for fewer."""

    network: Transformer
    every: int
    read: int = 0
    _ids: list[int] = field(default_factory=list)
    _layers: list[KeyValue] = field(default_factory=list)
    _age: int = 0

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError("keys and values are read again after one pass or more")

    @torch.inference_mode()
    def row_logits(self, ids: Tensor, rows: Tensor) -> Tensor:
        """ids int64 [sequence]; rows int64 [asked] -> the logits of these rows, float32
        [asked, vocab]."""
        new, asked = ids.tolist(), rows.tolist()
        changed = _changed(self._ids, new)
        start, end = min([*changed, *asked]), max([*changed, *asked]) + 1
        self._age = (self._age + 1) % self.every if self._ids else 0
        if not self._age:
            start, end = 0, len(new)
        moved = len(new) - len(self._ids)
        sides = [
            (_part(layer, 0, start), self._moved(_part(layer, end - moved, None), moved))
            for layer in self._layers
        ]
        hidden, own = self.network.continued(ids[None, start:end], start, sides)
        self._ids, self.read = new, self.read + end - start
        if sides:
            own = [
                _joined(before, rows, after)
                for rows, (before, after) in zip(own, sides, strict=True)
            ]
        self._layers = own
        return self.network.logits(hidden[0, rows - start])

    def _moved(self, rows: KeyValue, by: int) -> KeyValue:
        """Keys and values [1, kv_heads, rows, head_dim] of tokens that stand `by` places later."""
        key, value = rows
        if not by:
            return rows
        turned = rotary(key.float().transpose(1, 2), *self.network.model.angles(by, 1))
        return turned.to(key.dtype).transpose(1, 2), value


def _changed(old: list[int], new: list[int]) -> range:
    """The places of the new ids outside of which they are the old ones, counted from either end."""
    shorter = min(len(old), len(new))
    first = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    rest = shorter - first
    same = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    return range(first, len(new) - same)


def _part(rows: KeyValue, start: int, stop: int | None) -> KeyValue:
    key, value = rows
    return key[:, :, start:stop], value[:, :, start:stop]


def _joined(*parts: KeyValue) -> KeyValue:
    keys, values = zip(*parts, strict=True)
    return torch.cat(keys, 2), torch.cat(values, 2)
