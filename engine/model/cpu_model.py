"""DiffusionGemma whose passes run through the CPU's int8 kernels; its interface is the same.

Rows are rounded to int8 before each product, which the torch network does not do: its logits are
near, not equal. What torch still does here is the self-conditioning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from fillwright.engine.model.branches import Branches
from fillwright.engine.model.config import LayerKind
from fillwright.engine.model.cpu_network import (
    CpuNetwork,
    Memory,
    grown,
    grown_own,
    positions_before,
)
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.kv_cache import PrefixCache
from fillwright.kernels.canvas_attention import KeyValue
from fillwright.kernels.cpu.operations import Heads, OwnRows, Seen, SharedRows
from fillwright.kernels.packed_matrix import PackedMatrix, can_pack
from fillwright.kernels.soft_embedding import soft_embedding


@dataclass(slots=True)
class CpuCache(PrefixCache):
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
                grown(each, heads, room, self.length)
                for each, heads in zip(held, self.heads, strict=True)
            ]

    def append(self, ids: Tensor, rows: list[KeyValue]) -> None:
        """Raises ValueError for `rows`: the kernels have written them."""
        if rows:
            raise ValueError("keys and values of this cache are written by the kernels")
        self.ids = torch.cat((self.ids, ids))

    def recent(self, layer: int, tokens: int) -> tuple[KeyValue, ...]:
        start = max(0, self.length - tokens)
        if start == self.length:
            return ()
        rows = self.rows[layer]
        keys = rows.keys.permute(0, 3, 1, 2).reshape(rows.values.shape)
        key, value = (
            each[start : self.length].transpose(0, 1)[None] for each in (keys, rows.values)
        )
        return ((key, value),)


class CpuDiffusionGemma(DiffusionGemma):
    """Once `use_kernels` was called its layers' matrices are the kernels' alone."""

    _network: CpuNetwork
    _table: PackedMatrix | None

    def use_kernels(self, network: CpuNetwork) -> None:
        self._network, self._table = network, None
        for layer, _ in self._layers():
            layer.drop_weights()

    def pack_matrices(self) -> None:
        weight = self.embed_tokens.weight
        if can_pack(weight.dtype, weight.device):
            self.self_conditioning.pack_matrices()
            self._table = PackedMatrix.pack(weight)

    def empty_cache(self) -> PrefixCache:
        return CpuCache(torch.empty(0, dtype=torch.int64), heads=self._network.heads)

    @torch.inference_mode()
    def extend(self, cache: PrefixCache, ids: Tensor) -> Tensor:
        cache = _own_kind(cache)
        start, end = cache.length, cache.length + len(ids)
        if start == end:
            return torch.empty(0, self.config.hidden_size)
        cache.make_room(end)
        memory = Memory(cache.rows, None, first=start)
        seen = self._seen([(row, row + 1, ()) for row in range(start, end)])
        hidden = self._run(ids, torch.arange(start, end), memory, seen)
        cache.append(ids, [])
        return hidden

    @torch.inference_mode()
    def continued(self, cache: PrefixCache, ids: Tensor) -> Tensor:
        cache = _own_kind(cache)
        count, length = ids.shape
        own = [OwnRows.empty(count * length, heads) for heads in cache.heads]
        rows = [
            (cache.length + place, cache.length, range(from_, from_ + place + 1))
            for from_ in range(0, count * length, length)
            for place in range(length)
        ]
        positions = torch.arange(cache.length, cache.length + length).repeat(count)
        memory = Memory(_rows_of(cache), own, first=0)
        hidden = self._run(ids.flatten(), positions, memory, self._seen(rows))
        return hidden.view(count, length, -1)

    def branch(self, cache: PrefixCache) -> Branches:
        return CpuBranches(self, _own_kind(cache))

    @torch.inference_mode()
    def denoise_logits(
        self, canvas: Tensor, cache: PrefixCache, self_conditioning: Tensor | None = None
    ) -> Tensor:
        cache = _own_kind(cache)
        start, end = cache.length, cache.length + canvas.shape[1]
        cache.make_room(end)
        expected = None
        if self_conditioning is not None:
            expected = soft_embedding(
                self_conditioning, self._table or self.embed_tokens.weight, self.scale()
            )
        hidden: Tensor = self.self_conditioning(self._embedded(canvas), expected)
        memory = Memory(cache.rows, None, first=start)
        nothing: list[tuple[int, ...]] = [()] * (end - start)
        seen = {
            kind: Seen([(max(0, start - self.reach(kind)), end)] * (end - start), nothing)
            for kind in self.config.shapes
        }
        angles = self._angles(torch.arange(start, end))
        # one canvas after another is written to the same rows
        decoded = [
            self._network.run(each.contiguous(), angles, memory, seen, decoder=True)
            for each in hidden
        ]
        return self.logits(torch.stack(decoded))

    def logits(self, hidden: Tensor) -> Tensor:
        flat = hidden.reshape(-1, self.config.hidden_size)
        return self._network.logits(flat).view(*hidden.shape[:-1], self.config.vocab_size)

    def log_probabilities(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        return self._network.log_probabilities(hidden.contiguous(), tokens)

    def _run(
        self, ids: Tensor, positions: Tensor, memory: Memory, seen: dict[LayerKind, Seen]
    ) -> Tensor:
        network = self._network
        embedded = network.kernels.embed(network.embedding, ids, self.scale())
        return network.run(embedded, self._angles(positions), memory, seen)

    def _seen(self, rows: Sequence[tuple[int, int, Sequence[int]]]) -> dict[LayerKind, Seen]:
        """Of rows: position, end of the shared positions before it, and the own rows up to itself,
        the oldest first."""
        seen: dict[LayerKind, Seen] = {}
        for kind in self.config.shapes:
            reach = self.reach(kind)
            shared = [positions_before(position, reach, end) for position, end, _ in rows]
            seen[kind] = Seen(shared, [own[-reach - 1 :] for _, _, own in rows])
        return seen


class CpuBranches(Branches):
    """Each branch is a list of own rows; nothing is copied when one goes on twice."""

    def __init__(self, model: CpuDiffusionGemma, cache: CpuCache) -> None:
        self._network_of = model
        self._shared = cache
        self._chains: list[tuple[int, ...]] = [()]
        self._rows: list[OwnRows] = []
        self._used = 0

    @torch.inference_mode()
    def read(self, tokens: Sequence[int]) -> Tensor:
        model, cache, first = self._network_of, self._shared, self._used
        position = cache.length + len(self._chains[0])
        self._used += len(tokens)
        if not self._rows or self._used > len(self._rows[0].values):
            held = self._rows or [OwnRows.empty(0, heads) for heads in cache.heads]
            self._rows = [
                grown_own(each, heads, 2 * self._used + 64, first)
                for each, heads in zip(held, cache.heads, strict=True)
            ]
        self._chains = [(*chain, row) for row, chain in enumerate(self._chains, start=first)]
        seen = model._seen([(position, cache.length, chain) for chain in self._chains])
        memory = Memory(_rows_of(cache), self._rows, first=first)
        positions = torch.full((len(tokens),), position)
        return model.logits(model._run(torch.tensor(tokens), positions, memory, seen))

    def keep(self, parents: Sequence[int]) -> None:
        self._chains = [self._chains[parent] for parent in parents]


def _own_kind(cache: PrefixCache) -> CpuCache:
    if not isinstance(cache, CpuCache):
        raise TypeError("a cache of this model comes from its empty_cache")
    return cache


def _rows_of(cache: CpuCache) -> list[SharedRows]:
    cache.make_room(cache.length)
    return cache.rows
