"""One prefix KV cache per document, the least recently used dropped first.

Knows ids and the model; knows nothing of text.
"""

from collections import OrderedDict

import torch

from fillwright.engine.model import DiffusionGemma, PrefixCache


class PrefixCaches:
    """Keeps the longest common prefix of a document's last prompt."""

    def __init__(self, model: DiffusionGemma, limit: int = 8) -> None:
        self._model = model
        self._limit = limit
        self._caches: OrderedDict[str, PrefixCache] = OrderedDict()

    def holding(self, document_key: str, ids: list[int]) -> tuple[PrefixCache, int]:
        """A cache that holds exactly `ids`, and how many of them had to be read."""
        wanted = torch.tensor(ids, dtype=torch.int64, device=self._model.device)
        cache = self._caches.pop(document_key, None) or self._model.prefill(wanted[:0])
        cache.truncate(cache.common_prefix(wanted))
        read = len(ids) - cache.length
        self._model.extend(cache, wanted[cache.length :])
        self._caches[document_key] = cache
        while len(self._caches) > self._limit:
            self._caches.popitem(last=False)
        return cache, read
