"""A plain transformer whose rows see their own block and all blocks before it: Stable-DiffCoder,
SDAR (arXiv 2601.15892, 2510.06303).

    row i sees row j where j // block <= i // block

Keys and values of a block depend on nothing after it, so what is kept of whole blocks is exact.
Knows nothing of text, noise or sampling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fillwright.engine.model.cache import Cache
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.window import READ_AT_ONCE
from fillwright.kernels.canvas_attention import KeyValue


@dataclass(slots=True, kw_only=True)
class BlockCache(Cache):
    """Whole blocks of `block` tokens; `stored` has keys and values of the first of them, and the
    others wait for the next pass."""

    block: int
    stored: PrefixCache

    @property
    def waiting(self) -> Tensor:
        """int64 [whole blocks]"""
        waiting: Tensor = self.ids[self.stored.length :]
        return waiting

    def truncate(self, length: int) -> None:
        Cache.truncate(self, length)
        self.stored.truncate(min(length, self.stored.length))

    def common_prefix(self, ids: Tensor) -> int:
        """How many leading tokens the cache holds, in whole blocks: of one that differs anywhere
        nothing is right."""
        return Cache.common_prefix(self, ids) // self.block * self.block


@dataclass(frozen=True, slots=True)
class BlockTransformer:
    """Passes of `network` over blocks of `block` tokens. Its caches come from `empty_cache`."""

    network: Transformer
    block: int

    def ids(self, tokens: Sequence[int]) -> Tensor:
        """int64, on the network's device."""
        return torch.tensor(tokens, dtype=torch.int64, device=self.network.device)

    def empty_cache(self) -> BlockCache:
        return BlockCache(ids=self.ids([]), block=self.block, stored=PrefixCache(self.ids([])))

    def enqueue(self, cache: Cache, ids: Tensor) -> None:
        """Have `ids` int64 [whole blocks] read after what the cache holds, in the next pass.
        Raises ValueError for less than whole blocks."""
        if len(ids) % self.block:
            raise ValueError(f"{len(ids)} tokens are no whole blocks of {self.block}")
        cache.ids = torch.cat((cache.ids, ids))

    @torch.inference_mode()
    def block_logits(self, cache: Cache, ids: Tensor, rows: Tensor) -> Tensor:
        """ids int64 [at most a block] after what the cache holds, which is read first; rows int64
        [asked] -> the logits of these rows of them, float32 [asked, vocab]."""
        known = BlockCache.of(cache)
        piece = max(1, READ_AT_ONCE // self.block) * self.block
        while len(known.waiting) > piece:
            first = known.waiting[:piece]
            _, kept = self._pass(known.stored, first)
            known.stored.append(first, kept)
        waiting = known.waiting
        hidden, kept = self._pass(known.stored, torch.cat((waiting, ids)))
        read = len(waiting)
        known.stored.append(
            waiting, [(key[:, :, :read], value[:, :, :read]) for key, value in kept]
        )
        return self.network.logits(hidden[read + rows])

    def _pass(self, stored: PrefixCache, ids: Tensor) -> tuple[Tensor, list[KeyValue]]:
        """ids int64 [rows], the first of a block's beginning -> hidden [rows, hidden], and keys
        and values per layer."""
        start, rows = stored.length, len(ids)
        before = [stored.recent(layer, start) for layer in range(self.network.config.layers)]
        mask = block_causal_mask(start, rows, self.block, ids.device)
        hidden, kept = self.network.continued(ids[None], start, before, mask)
        return hidden[0], kept


def block_causal_mask(start: int, rows: int, block: int, device: torch.device) -> Tensor | None:
    """Which columns each of `rows` rows from position `start` on sees, bool [rows, start + rows];
    None where that is all of them."""
    if start % block + rows <= block:
        return None
    row = torch.arange(start, start + rows, device=device)[:, None]
    column = torch.arange(start + rows, device=device)
    return column // block <= row // block
