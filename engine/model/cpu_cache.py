"""The prefix KV cache of the CPU's kernels. Knows no tokens' meaning and runs nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fillwright.engine.model.cache import Cache
from fillwright.kernels.cpu.operations import Heads, Integers, OwnRows, SharedRows


@dataclass(slots=True)
class CpuCache(Cache):
    """`rows` per layer, as the kernels read and write them. Those after `length` are a canvas's, or
    forgotten."""

    heads: Sequence[Heads] = ()
    rows: list[SharedRows] = field(default_factory=list)

    def make_room(self, positions: int) -> None:
        """A quarter more than asked for, so that typing seldom copies."""
        if not self.rows or positions > len(self.rows[0].values):
            room = positions + positions // 4 + 64
            held = self.rows or [SharedRows.empty(0, each) for each in self.heads]
            self.rows = [
                _grown(each, heads, room, self.length)
                for each, heads in zip(held, self.heads, strict=True)
            ]

    def append(self, ids: Integers) -> None:
        """Their keys and values have been written."""
        self.ids = np.concat((self.ids, ids))


def _grown(shared: SharedRows, heads: Heads, positions: int, kept: int) -> SharedRows:
    """A copy of the first `kept` positions that holds `positions`."""
    larger = SharedRows.empty(positions, heads)
    blocks = -(-kept // shared.keys.shape[-1])
    larger.keys[:blocks] = shared.keys[:blocks]
    larger.values[:kept] = shared.values[:kept]
    return larger


def grown_own(own: OwnRows, heads: Heads, rows: int, kept: int) -> OwnRows:
    """A copy of the first `kept` rows that holds `rows`."""
    larger = OwnRows.empty(rows, heads)
    larger.keys[:kept] = own.keys[:kept]
    larger.values[:kept] = own.values[:kept]
    return larger
