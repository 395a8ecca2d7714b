"""The canvas: the block of tokens being denoised, and which of its rows are holes.

    head | hole 1 free | pinned text between | hole 2 free | ... | pinned head of the suffix

Knows nothing of models, text or noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fillwright.kernels.arrays import Array, RandomNumbers, along, namespace, placed

BUCKETS = (16, 32, 64, 96, 128, 192, 256)


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Token ids int64 [canvas], pinned bool [canvas], and one range of free rows per hole.

    Pinned rows hold known tokens that never change; what `ids` holds in free rows is not read.
    Raises ValueError when the holes are not in order, apart, and exactly the rows not pinned.
    """

    ids: NDArray[np.int64]
    pinned: NDArray[np.bool]
    holes: tuple[range, ...]

    def __post_init__(self) -> None:
        rows = [row for hole in self.holes for row in hole]
        free = np.flatnonzero(~self.pinned).tolist()
        if self.ids.ndim != 1 or self.ids.shape != self.pinned.shape:
            raise ValueError("a canvas needs one token id and one pinned mark per row")
        if not self.holes or not all(self.holes) or rows != free:
            raise ValueError("the holes of a canvas must be its free rows, in order, none empty")

    @classmethod
    def lay_out(
        cls,
        holes: Sequence[int],
        between: Sequence[Sequence[int]] = (),
        *,
        head: Sequence[int] = (),
        suffix: Sequence[int] = (),
        length: int | None = None,
    ) -> Self:
        """Put `holes` (free rows each) on a canvas, with the token ids `between` two of them.

        `head` stands before the first hole and `suffix` after the last. The canvas is as long as
        the smallest bucket that holds it, or `length`; rows left over go to the last hole, for a
        hole may end early (its end mark settles the rest) while padding after the suffix would
        tell the model that the file ends there.
        Raises ValueError when it does not fit.
        """
        if len(between) != len(holes) - 1:
            raise ValueError(f"{len(holes)} holes need {len(holes) - 1} texts between them")
        texts = [head, *between, suffix]
        needed = sum(holes) + sum(map(len, texts))
        length = bucket(needed) if length is None else length
        if needed > length:
            raise ValueError(f"{needed} tokens do not fit on a canvas of {length}")
        sizes = [*holes[:-1], holes[-1] + length - needed]
        ids, ranges = list(texts[0]), []
        for size, text in zip(sizes, texts[1:], strict=True):
            ranges.append(range(len(ids), len(ids) + size))
            ids += [0] * size
            ids += text
        pinned = np.ones(length, dtype=np.bool)
        for hole in ranges:
            pinned[hole.start : hole.stop] = False
        return cls(np.array(ids, dtype=np.int64), pinned, tuple(ranges))

    @property
    def length(self) -> int:
        return len(self.ids)

    def written(self, ids: Array, end_marks: Sequence[int]) -> tuple[range, ...]:
        """Per hole, the rows before its first end mark in `ids` int64 [canvas]."""
        tokens = ids.tolist()
        return tuple(before_mark(tokens, hole, end_marks) for hole in self.holes)


@dataclass(frozen=True, slots=True, eq=False)
class CanvasRows:
    """Canvases of one length side by side, as the loop works on them: every array is
    [batch, canvas]. `hole_start` is the first row of a free row's hole (a pinned row's own)."""

    ids: Array
    pinned: Array
    hole_start: Array
    end_marks: tuple[int, ...]

    @classmethod
    def stack(
        cls, canvases: Sequence[Canvas], end_marks: Sequence[int], generator: RandomNumbers
    ) -> Self:
        """Arrays of the generator's kind, on its device. Raises ValueError when the canvases differ
        in length."""
        if len({canvas.length for canvas in canvases}) != 1:
            raise ValueError("canvases denoised together must have one length")
        hole_start = np.tile(np.arange(canvases[0].length), (len(canvases), 1))
        for starts, canvas in zip(hole_start, canvases, strict=True):
            for hole in canvas.holes:
                starts[hole.start : hole.stop] = hole.start
        return cls(
            placed(np.stack([canvas.ids for canvas in canvases]), generator),
            placed(np.stack([canvas.pinned for canvas in canvases]), generator),
            placed(hole_start, generator),
            tuple(end_marks),
        )

    @property
    def free(self) -> Array:
        return ~self.pinned

    def pin(self, ids: Array) -> Array:
        """`ids` with the known tokens where rows are pinned."""
        return namespace(ids).where(self.pinned, self.ids, ids)

    def settle(self, ids: Array, sure: Array) -> tuple[Array, Array]:
        """Fill every hole with end marks after its first sure one.

        ids int64 [batch, canvas], sure bool [batch, canvas] (free rows only) -> the settled ids
        and the rows filled.
        """
        xp = namespace(ids)
        if not self.end_marks:
            return ids, xp.zeros_like(self.pinned)
        marks = xp.asarray(self.end_marks, device=ids.device)
        ends = (xp.isin(ids, marks) & sure) * 1
        seen = ends.cumsum(-1) - ends
        ended = seen > along(seen, self.hole_start)
        return xp.where(ended, self.end_marks[0], ids), ended


def before_mark(tokens: Sequence[int], hole: range, end_marks: Sequence[int]) -> range:
    """The rows of `hole` before its first end mark in a canvas's `tokens`."""
    return range(hole.start, next((row for row in hole if tokens[row] in end_marks), hole.stop))


def bucket(tokens: int) -> int:
    """The smallest canvas length that holds `tokens`. Raises ValueError when none does."""
    for length in BUCKETS:
        if tokens <= length:
            return length
    raise ValueError(f"{tokens} tokens do not fit on a canvas of {BUCKETS[-1]}")
