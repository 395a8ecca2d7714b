"""The prefix KV cache as those see it who do not look at its keys and values."""

from dataclasses import dataclass
from typing import Self

from fillwright.kernels.arrays import Array, nonzero


@dataclass(slots=True)
class Cache:
    """`ids` int64 [length] are the tokens that were read; what a network keeps of them is its own
    matter."""

    ids: Array

    @classmethod
    def of(cls, cache: "Cache") -> Self:
        """The cache as one of this kind. Raises TypeError for another network's."""
        if not isinstance(cache, cls):
            raise TypeError("a cache of this model comes from its empty_cache")
        return cache

    @property
    def length(self) -> int:
        return len(self.ids)

    def truncate(self, length: int) -> None:
        """Forget everything from position `length` on. Raises ValueError for a position that the
        cache does not have."""
        if not 0 <= length <= self.length:
            raise ValueError(f"a cache of {self.length} tokens cannot be cut to {length}")
        self.ids = self.ids[:length]

    def common_prefix(self, ids: Array) -> int:
        """How many leading tokens of `ids` [sequence] the cache already holds."""
        shared = min(self.length, len(ids))
        (differing,) = nonzero(self.ids[:shared] != ids[:shared])
        return int(differing[0]) if len(differing) else shared
