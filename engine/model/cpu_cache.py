"""The prefix KV cache of the CPU's kernels. Knows no tokens' meaning and runs nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fillwright.engine.model.cache import Cache
from fillwright.engine.model.window import roomy
from fillwright.kernels.cpu.matrices import BLOCK
from fillwright.kernels.cpu.operations import Heads, Integers, OwnRows, SharedRows


@dataclass(slots=True)
class CpuCache(Cache):
    """`rows` per layer, as the kernels read and write them: those of all positions or, where a
    layer is `sliding`, of those from `first` on, a multiple of BLOCK. What is after `length` is a
    canvas's, or forgotten."""

    heads: Sequence[Heads] = ()
    sliding: Sequence[bool] = ()
    rows: list[SharedRows] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """Of keys and values."""
        return sum(each.keys.nbytes + each.values.nbytes for each in self.rows)

    def base(self, slides: bool) -> int:
        """The position of a layer's first row."""
        return self.first if slides else 0

    def make_room(self, positions: int, coming: int = 0) -> None:
        """For so many positions; where that is more than there are, for all that are `coming`, and
        some more, so that typing seldom copies."""
        first = self.make_way(self.length, positions, BLOCK)
        held = self.rows or [SharedRows.empty(0, each) for each in self.heads]
        self.rows = [
            self._roomy(each, heads, (positions, coming), first if slides else None)
            for each, heads, slides in zip(held, self.heads, self.sliding, strict=True)
        ]
        self.first = first

    def append(self, ids: Integers) -> None:
        """Their keys and values have been written."""
        self.ids = np.concat((self.ids, ids))

    def _roomy(
        self, shared: SharedRows, heads: Heads, positions: tuple[int, int], first: int | None
    ) -> SharedRows:
        """With room for the first of `positions`, or in a copy for both; `first` is where a sliding
        layer begins from now on."""
        begin, gone = (0, 0) if first is None else (first, first - self.first)
        needed, kept = positions[0] - begin, self.length - begin
        if needed <= len(shared.values):
            if gone:
                _move(shared, shared, gone, kept)
            return shared
        room = roomy(max(positions) - begin)
        if first is not None and self.window is not None:
            room = max(needed, min(room, self.window.room))
        larger = SharedRows.empty(room, heads)
        _move(shared, larger, gone, kept)
        return larger


def _move(shared: SharedRows, to: SharedRows, gone: int, kept: int) -> None:
    """`kept` positions after the first `gone` ones, which are whole blocks, to the beginning."""
    first, blocks = gone // BLOCK, -(-kept // BLOCK)
    # numpy copies what overlaps as if it did not
    to.keys[:blocks] = shared.keys[first : first + blocks]
    to.values[:kept] = shared.values[gone : gone + kept]


def grown_own(own: OwnRows, heads: Heads, rows: int, kept: int) -> OwnRows:
    """A copy of the first `kept` rows that holds `rows`."""
    larger = OwnRows.empty(rows, heads)
    larger.keys[:kept] = own.keys[:kept]
    larger.values[:kept] = own.values[:kept]
    return larger
