"""The prefix KV cache as those see it who do not look at its keys and values."""

from dataclasses import dataclass
from typing import Self

from fillwright.engine.model.window import Window
from fillwright.kernels.arrays import Array, nonzero


@dataclass(slots=True)
class Cache:
    """`ids` int64 [length] are the tokens that were read; what a network keeps of them is its own
    matter.

    With a `window`, sliding layers have the rows from position `first` on. A cache that was cut
    back further than they allow is `lost`: its network reads all of it again when it is next used.
    """

    ids: Array
    window: Window | None = None
    first: int = 0
    lost: bool = False

    @classmethod
    def of(cls, cache: "Cache") -> Self:
        """The cache as one of this kind. Raises TypeError for another network's."""
        if not isinstance(cache, cls):
            raise TypeError("a cache of this model comes from its empty_cache")
        return cache

    @property
    def length(self) -> int:
        return len(self.ids)

    @property
    def held(self) -> int:
        """How many of its tokens need not be read again."""
        return 0 if self.lost else self.length

    def truncate(self, length: int) -> None:
        """Forget everything from position `length` on. Raises ValueError for a position that the
        cache does not have."""
        if not 0 <= length <= self.length:
            raise ValueError(f"a cache of {self.length} tokens cannot be cut to {length}")
        self.ids = self.ids[:length]
        if self.window is not None and self.first > max(0, length - self.window.reach):
            self.first, self.lost = 0, True
        self.lost = self.lost and length > 0

    def take_lost(self) -> Array:
        """The tokens that must be read again: the cache holds none of them any more. Empty where
        nothing is lost."""
        if not self.lost:
            return self.ids[:0]
        ids, self.ids, self.lost = self.ids, self.ids[:0], False
        return ids

    def common_prefix(self, ids: Array) -> int:
        """How many leading tokens of `ids` [sequence] the cache already holds."""
        shared = min(self.length, len(ids))
        (differing,) = nonzero(self.ids[:shared] != ids[:shared])
        return int(differing[0]) if len(differing) else shared

    def make_way(self, read: int, end: int, step: int = 1) -> int:
        """Where sliding layers begin once they have rows up to position `end`, of which those up to
        `read` are the prefix's: a multiple of `step`, and `first` as long as there is room."""
        if self.window is None or end - self.first <= self.window.room:
            return self.first
        return max(self.first, -(-(read - self.window.kept) // step) * step)
