"""DiffusionGemma on the CPU's kernels and numpy; its methods are those of DiffusionGemma.

Rows are rounded to int8 before each product, which the torch network does not do: its logits are
near, not equal.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from fillwright.engine.model.cache import Cache
from fillwright.engine.model.config import LayerKind, ModelConfig
from fillwright.engine.model.cpu_cache import CpuCache, grown_own
from fillwright.engine.model.cpu_network import (
    CpuNetwork,
    Memory,
    positions_before,
    rotary_angles,
)
from fillwright.engine.model.window import READ_AT_ONCE, Window, reach, slides
from fillwright.kernels.cpu.layer import Angles
from fillwright.kernels.cpu.matrices import Floats
from fillwright.kernels.cpu.operations import Integers, OwnRows, Seen

Result = TypeVar("Result")
Row = tuple[int, int, Sequence[int]]
"""Its position, the end of the shared positions before it that it may see, and the own rows up to
itself, the oldest first."""


class CpuDiffusionGemma:
    """One of interface.Model."""

    def __init__(self, network: CpuNetwork) -> None:
        self._network = network

    @property
    def config(self) -> ModelConfig:
        return self._network.config

    def ids(self, tokens: Sequence[int] | Sequence[Sequence[int]]) -> Integers:
        return np.array(tokens, dtype=np.int64)

    def generator(self, seed: int) -> np.random.Generator:
        return np.random.default_rng(seed)

    def empty_cache(self) -> CpuCache:
        return CpuCache(
            self.ids([]),
            Window.of(self.config),
            heads=self._network.heads,
            sliding=[slides(layer.kind) for layer in self._network.layers],
        )

    def prefill(self, ids: Integers) -> CpuCache:
        """ids int64 [sequence] -> a new cache that holds them."""
        cache = self.empty_cache()
        self.enqueue(cache, ids)
        return cache

    def enqueue(self, cache: Cache, ids: Integers) -> None:
        cache = self._whole(cache)
        for part, end in _parts(cache, ids):
            self._append(cache, part, end, self._network.remember)

    def extend(self, cache: Cache, ids: Integers) -> Floats:
        cache = self._whole(cache)
        read = [
            self._append(cache, part, end, self._network.run) for part, end in _parts(cache, ids)
        ]
        return np.concat(read) if read else np.empty((0, self.config.hidden_size), dtype=np.float32)

    def _append(
        self, cache: CpuCache, ids: Integers, coming: int, run: Callable[..., Result]
    ) -> Result:
        """Read them as `run` does, into the cache, which is to have `coming` tokens soon."""
        start, end = cache.length, cache.length + len(ids)
        cache.make_room(end, coming)
        memory = Memory(cache.rows, None, self._places(cache, start))
        seen = self._seen(cache, [(row, row + 1, ()) for row in range(start, end)])
        angles = self._angles(np.arange(start, end))
        result = run(self._network.embedded(ids), angles, memory, seen)
        cache.append(ids)
        return result

    def _whole(self, cache: Cache) -> CpuCache:
        """The cache, with what it lost read again."""
        cache = CpuCache.of(cache)
        if cache.lost:
            self.enqueue(cache, cache.take_lost())
        return cache

    def continued(self, cache: Cache, ids: Integers) -> Floats:
        cache = self._whole(cache)
        count, length = ids.shape
        own = [OwnRows.empty(count * length, heads) for heads in cache.heads]
        rows = [
            (cache.length + place, cache.length, range(from_, from_ + place + 1))
            for from_ in range(0, count * length, length)
            for place in range(length)
        ]
        return self.beside(cache, ids.flatten(), own, 0, rows).reshape(count, length, -1)

    def beside(
        self,
        cache: CpuCache,
        ids: Integers,
        own: Sequence[OwnRows],
        first: int,
        rows: Sequence[Row],
    ) -> Floats:
        """The hidden states of ids [rows], which are written to the `own` rows from `first` on; the
        cache is not changed."""
        cache.make_room(cache.length)
        memory = Memory(cache.rows, own, dict.fromkeys(self.config.shapes, first))
        angles = self._angles(np.array([position for position, _, _ in rows]))
        embedded = self._network.embedded(ids)
        return self._network.run(embedded, angles, memory, self._seen(cache, rows))

    def branch(self, cache: Cache) -> "CpuBranches":
        return CpuBranches(self, self._whole(cache))

    def denoise_logits(
        self, canvas: Integers, cache: Cache, self_conditioning: Floats | None = None
    ) -> Floats:
        return self.logits(self.denoised(canvas, cache, self_conditioning))

    def denoised(
        self, canvas: Integers, cache: Cache, self_conditioning: Floats | None = None
    ) -> Floats:
        """What denoise_logits makes its logits of: [canvases, rows, hidden]."""
        cache, network = self._whole(cache), self._network
        start, end = cache.length, cache.length + canvas.shape[1]
        cache.make_room(end)
        memory = Memory(cache.rows, None, self._places(cache, start))
        # every row sees what the first one sees before the canvas
        seen = self._seen(cache, [(start, end, ())] * (end - start))
        angles = self._angles(np.arange(start, end))
        decoded = []
        # one canvas after another is written to the same rows
        for index, ids in enumerate(canvas):
            signal = None if self_conditioning is None else self_conditioning[index]
            hidden = network.conditioned(network.embedded(ids), signal)
            decoded.append(network.run(hidden, angles, memory, seen, decoder=True))
        return np.stack(decoded)

    def logits(self, hidden: Floats) -> Floats:
        flat = hidden.reshape(-1, self.config.hidden_size)
        return self._network.logits(flat).reshape(*hidden.shape[:-1], self.config.vocab_size)

    def causal_logits(self, cache: Cache, ids: Integers) -> Floats:
        return self.logits(self.extend(cache, ids))

    def log_probabilities(self, hidden: Floats, tokens: Integers) -> Floats:
        return self._network.log_probabilities(np.ascontiguousarray(hidden), tokens)

    def _angles(self, positions: Integers) -> dict[LayerKind, Angles]:
        shapes = self.config.shapes
        return {kind: rotary_angles(shape, positions) for kind, shape in shapes.items()}

    def _places(self, cache: CpuCache, position: int) -> dict[LayerKind, int]:
        """The row of a position in each kind of layer."""
        return {kind: position - cache.base(slides(kind)) for kind in self.config.shapes}

    def _seen(self, cache: CpuCache, rows: Sequence[Row]) -> dict[LayerKind, Seen]:
        seen: dict[LayerKind, Seen] = {}
        for kind in self.config.shapes:
            before, base = reach(self.config, kind), cache.base(slides(kind))
            shared = [positions_before(position, before, end, base) for position, end, _ in rows]
            seen[kind] = Seen(shared, [own[-before - 1 :] for _, _, own in rows])
        return seen


class CpuBranches:
    """One of interface.Branching: each branch is a list of own rows; nothing is copied when one
    goes on twice."""

    def __init__(self, model: CpuDiffusionGemma, cache: CpuCache) -> None:
        self._model = model
        self._shared = cache
        self._chains: list[tuple[int, ...]] = [()]
        self._rows: list[OwnRows] = []
        self._used = 0

    def read(self, tokens: Sequence[int]) -> Floats:
        model, cache, first = self._model, self._shared, self._used
        position = cache.length + len(self._chains[0])
        self._used += len(tokens)
        if not self._rows or self._used > len(self._rows[0].values):
            held = self._rows or [OwnRows.empty(0, heads) for heads in cache.heads]
            self._rows = [
                grown_own(each, heads, 2 * self._used + 64, first)
                for each, heads in zip(held, cache.heads, strict=True)
            ]
        self._chains = [(*chain, row) for row, chain in enumerate(self._chains, start=first)]
        rows = [(position, cache.length, chain) for chain in self._chains]
        return model.logits(model.beside(cache, model.ids(tokens), self._rows, first, rows))

    def keep(self, parents: Sequence[int]) -> None:
        self._chains = [self._chains[parent] for parent in parents]


def _parts(cache: CpuCache, ids: Integers) -> list[tuple[Integers, int]]:
    """What a pass reads of ids [sequence] at a time, and the tokens that the cache has at last."""
    end = cache.length + len(ids)
    return [(ids[at : at + READ_AT_ONCE], end) for at in range(0, len(ids), READ_AT_ONCE)]
