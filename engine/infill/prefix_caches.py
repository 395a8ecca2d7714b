"""One prefix KV cache per document; the least recently used goes to the next one.

Knows ids and the model; knows nothing of text.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Protocol

from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model
from fillwright.kernels.arrays import Array

ON_CPU = 8
"""Prompts that are kept: for two editors, and the second opinions of their holes. Set by hand."""


class Reader(Protocol):
    """The network as far as it reads prompts."""

    def ids(self, tokens: Sequence[int]) -> Array: ...
    def enqueue(self, cache: Cache, ids: Array) -> None: ...


class PrefixCaches:
    """Each of `caches` keeps what its document's last prompt and the next one have in common.
    Raises ValueError for none."""

    def __init__(self, model: Reader, caches: Iterable[Cache]) -> None:
        self._model = model
        self._free = list(caches)
        if not self._free:
            raise ValueError("a model needs at least one prefix cache")
        self._held: OrderedDict[str, Cache] = OrderedDict()

    def holding(self, document_key: str, ids: list[int]) -> tuple[Cache, int]:
        """A cache that holds exactly `ids`, and how many of them had to be read."""
        wanted = self._model.ids(ids)
        cache = self._held.pop(document_key, None) or self._another()
        self._held[document_key] = cache
        cache.truncate(cache.common_prefix(wanted))
        held = cache.held
        self._model.enqueue(cache, wanted[cache.length :])
        return cache, len(wanted) - held

    def _another(self) -> Cache:
        return self._free.pop() if self._free else self._held.popitem(last=False)[1]


def growing_caches(model: Model) -> list[Cache]:
    """As many as a CPU keeps, each as large as it has to be."""
    return [model.empty_cache() for _ in range(ON_CPU)]
