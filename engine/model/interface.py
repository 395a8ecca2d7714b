"""The network as the rooms above see it, whether it runs on torch or on the CPU's kernels.

Arrays are torch's or numpy's; a caller gets them from the network and gives them back to it.
"""

from collections.abc import Sequence
from typing import Protocol

from fillwright.engine.model.cache import Cache
from fillwright.engine.model.config import ModelConfig
from fillwright.kernels.arrays import Array, RandomNumbers


class Branching(Protocol):
    """Continuations of one prefix side by side. Begins as one empty branch after a cache, which is
    never changed."""

    def read(self, tokens: Sequence[int]) -> Array:
        """One more token per branch; returns the causal next-token logits, float32
        [branches, vocab], softcapped."""

    def keep(self, parents: Sequence[int]) -> None:
        """Go on with these branches, in this order; one may go on more than once."""


class Model(Protocol):
    """See DiffusionGemma. Its caches come from `empty_cache` only."""

    @property
    def config(self) -> ModelConfig: ...
    def ids(self, tokens: Sequence[int] | Sequence[Sequence[int]]) -> Array:
        """int64, where the network's passes take them."""

    def generator(self, seed: int) -> RandomNumbers:
        """Random numbers of the network's kind of arrays."""

    def empty_cache(self) -> Cache: ...
    def enqueue(self, cache: Cache, ids: Array) -> None: ...
    def extend(self, cache: Cache, ids: Array) -> Array: ...
    def continued(self, cache: Cache, ids: Array) -> Array: ...
    def branch(self, cache: Cache) -> Branching: ...
    def denoise_logits(
        self, canvas: Array, cache: Cache, self_conditioning: Array | None = None
    ) -> Array: ...
    def logits(self, hidden: Array) -> Array: ...
    def log_probabilities(self, hidden: Array, tokens: Array) -> Array: ...
