"""The library's operations on numpy's arrays: their shapes and types are checked here, and nowhere
below.

Arrays are contiguous, and float32 where nothing else is said. Every operation raises ValueError for
arrays that do not fit, and MemoryError.
"""

import ctypes
import math
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fillwright.kernels.cpu import library as c
from fillwright.kernels.cpu.buffers import address, checked, empty
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError, load_library
from fillwright.kernels.cpu.matrices import BLOCK, CpuMatrix, Floats, Int4Matrix, Int8Matrix

Integers = NDArray[np.int64]

UNNORMED = -1.0


@dataclass(frozen=True, slots=True)
class Heads:
    """Heads per row and numbers per head. Without values of their own, the keys that are not turned
    yet are the values."""

    query: int
    key: int
    size: int
    has_values: bool

    def struct(self) -> c.Heads:
        return c.Heads(self.query, self.key, self.size)

    @property
    def raw(self) -> int:
        """Numbers of a row of queries, keys and values."""
        return (self.query + self.key * (1 + self.has_values)) * self.size


@dataclass(frozen=True, slots=True, eq=False)
class SharedRows:
    """Keys [positions / 16, key heads, size, 16] and values [positions, key heads, size] of rows
    that all see; positions are a multiple of 16."""

    keys: Floats
    values: Floats

    @classmethod
    def empty(cls, positions: int, heads: Heads) -> "SharedRows":
        blocks = -(-positions // BLOCK)
        return cls(
            empty(blocks, heads.key, heads.size, BLOCK),
            empty(blocks * BLOCK, heads.key, heads.size),
        )


@dataclass(frozen=True, slots=True, eq=False)
class OwnRows:
    """Keys and values [rows, key heads, size] that only the rows see which name them."""

    keys: Floats
    values: Floats

    @classmethod
    def empty(cls, rows: int, heads: Heads) -> "OwnRows":
        return cls(empty(rows, heads.key, heads.size), empty(rows, heads.key, heads.size))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Row i sees the shared positions from first[i] to past[i], that excluded, and the own rows
    own[i]. Raises ValueError where a row sees nothing."""

    shared: Sequence[tuple[int, int]]
    own: Sequence[Sequence[int]]
    numbers: NDArray[np.int32] = field(init=False)
    furthest: int = field(init=False)
    last_own: int = field(init=False)

    def __post_init__(self) -> None:
        if len(self.shared) != len(self.own):
            raise ValueError("shared and own rows are not those of the same rows")
        for (first, past), own in zip(self.shared, self.own, strict=True):
            if first < 0 or (past <= first and not own):
                raise ValueError("a row must see something, from position 0 on")
        starts = [0]
        for own in self.own:
            starts.append(starts[-1] + len(own))
        flat = [slot for own in self.own for slot in own]
        if flat and min(flat) < 0:
            raise ValueError("own rows are counted from 0")
        firsts, pasts = [first for first, _ in self.shared], [past for _, past in self.shared]
        numbers = np.array([*firsts, *pasts, *starts, *flat], dtype=np.int32)
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "furthest", max(pasts, default=0))
        object.__setattr__(self, "last_own", max(flat, default=-1))


@dataclass(frozen=True, slots=True, eq=False)
class Readout:
    """Of rows of logits: the logarithm of the sum of their exponentials [rows], the best and their
    outputs [rows, top], and those that were chosen [rows, choices]."""

    log_sums: Floats
    top_logits: Floats
    top_outputs: Integers
    chosen_logits: Floats


class CpuKernels:
    """The operations with one instruction set and so many threads, which sleep between them; few
    rows are worked on by the caller alone.

    `instruction_set` None takes the fastest that this processor has. Raises NoKernelsError.
    """

    def __init__(
        self,
        threads: int = 1,
        instruction_set: InstructionSet | None = None,
        library: ctypes.CDLL | None = None,
    ) -> None:
        self._library = library or load_library()
        wanted = list(InstructionSet) if instruction_set is None else [instruction_set]
        for each in wanted:
            if engine := self._library.fillwright_open(each, threads):
                self.instruction_set, self._engine = each, engine
                break
        else:
            names = ", ".join(each.name for each in wanted)
            raise NoKernelsError(
                f"This processor has none of the instructions asked for ({names})."
            )
        closing = weakref.finalize(self, self._library.fillwright_close, engine)
        # when the process ends another thread may still be in a call
        closing.atexit = False

    def pack(self, weights: NDArray[np.int8], scales: Floats) -> Int8Matrix:
        """weights int8 [outputs, inputs], scales [outputs]; both are copied."""
        return Int8Matrix.pack(self._library, weights, scales)

    def embed(self, matrix: CpuMatrix, ids: Integers, factor: float) -> Floats:
        """Rows `ids` int64 [rows] of the matrix, which is not in int4, times `factor` -> [rows,
        inputs]."""
        if isinstance(matrix, Int4Matrix):
            raise ValueError("no rows are read of a matrix in int4")
        if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < matrix.outputs:
            raise ValueError(f"ids are rows of a matrix of {matrix.outputs}")
        rows, out = np.ascontiguousarray(ids, dtype=np.int32), empty(ids.shape[0], matrix.inputs)
        self._library.fillwright_embed(
            matrix.address, address(rows), ids.shape[0], factor, address(out)
        )
        return out

    def product(
        self, matrix: CpuMatrix, x: Floats, gain: Floats | None = None, eps: float = UNNORMED
    ) -> Floats:
        """x [rows, inputs] times the matrix -> [rows, outputs]. Before that x is normed where `eps`
        is not negative, and multiplied by `gain` [inputs]."""
        out = empty(x.shape[0], matrix.outputs)
        rows = _rows(matrix, x, gain, eps)
        self.call("product", matrix.address, ctypes.byref(rows), address(out))
        return out

    def gated_mlp(
        self, gate_up: CpuMatrix, down: CpuMatrix, x: Floats, gain: Floats | None, eps: float
    ) -> Floats:
        """geglu.py of x [rows, hidden], opened as `product` does; gate_up has the gates first."""
        if gate_up.outputs != 2 * down.inputs:
            raise ValueError("gates and ups are twice as many as the inputs of down")
        out = empty(x.shape[0], down.outputs)
        rows = _rows(gate_up, x, gain, eps)
        self.call("gated_mlp", gate_up.address, down.address, ctypes.byref(rows), address(out))
        return out

    def experts(
        self,
        gate_ups: Sequence[CpuMatrix],
        downs: Sequence[CpuMatrix],
        counts: Sequence[int],
        x: Floats,
        gain: Floats | None,
        eps: float,
    ) -> Floats:
        """Several `gated_mlp`, all of the same shape: the first counts[0] of the rows x [rows,
        hidden] go through the first, and so on -> [rows, hidden]."""
        shapes = {(gate_up.outputs, gate_up.inputs) for gate_up in gate_ups}
        wanted = {(2 * down.inputs, down.outputs) for down in downs}
        if len(shapes) != 1 or shapes != wanted:
            raise ValueError("the experts' matrices do not have one shape")
        if not len(gate_ups) == len(downs) == len(counts) or min(counts) < 1:
            raise ValueError("each expert has rows of its own")
        if sum(counts) != x.shape[0]:
            raise ValueError(f"the experts have {sum(counts)} rows, not {x.shape[0]}")
        matrices = c.Matrix * len(counts)
        starts = np.cumsum([0, *counts], dtype=np.int32)
        opening = matrices(*(each.struct for each in gate_ups))
        closing = matrices(*(each.struct for each in downs))
        work = c.Experts(
            len(counts), ctypes.addressof(opening), ctypes.addressof(closing), address(starts)
        )
        rows, out = _rows(gate_ups[0], x, gain, eps), empty(*x.shape)
        self.call("experts", ctypes.byref(work), ctypes.byref(rows), address(out))
        return out

    def turn(
        self,
        heads: Heads,
        raw: Floats,
        gains: Floats,
        angles: tuple[Floats, Floats],
        eps: float,
        to: SharedRows | OwnRows,
        first: int,
    ) -> Floats:
        """Norm, gain and rotation of raw [rows, heads.raw], with gains [query + key heads, size]
        and cos and signed sin [rows, size] as in rotary.py -> queries [rows, query heads, size];
        keys and values are written to rows `first`, `first` + 1, ... of `to`."""
        count, size = raw.shape[0], heads.size
        cos, sin = (checked(angle, count, size) for angle in angles)
        if not 0 <= first <= to.values.shape[0] - count:
            raise ValueError(f"{count} rows from {first} on are more than {to.values.shape[0]}")
        out = empty(count, heads.query, size)
        shared, row = isinstance(to, SharedRows), 4 * heads.key * size
        keys = checked(to.keys, to.keys.shape[0], heads.key, size, *([BLOCK] if shared else []))
        work = c.Turn(
            checked(raw, count, heads.raw),
            checked(gains, heads.query + heads.key, size),
            cos,
            sin,
            eps,
            heads.has_values,
            count,
            shared,
            first,
            address(out),
            keys if shared else keys + first * row,
            checked(to.values, to.values.shape[0], heads.key, size) + first * row,
        )
        self.call("turn", ctypes.byref(heads.struct()), ctypes.byref(work))
        return out

    def attend(
        self, heads: Heads, queries: Floats, shared: SharedRows, own: OwnRows | None, seen: Seen
    ) -> Floats:
        """Attention of queries [rows, query heads, size] over what each row sees; scale 1 -> the
        same shape. What one row sees of the shared rows must be numbers for all of them."""
        count, size = len(seen.shared), heads.size
        owned = 0 if own is None else own.values.shape[0]
        if seen.furthest > shared.values.shape[0] or seen.last_own >= owned:
            raise ValueError("a row sees what is not there")
        out, numbers = empty(count, heads.query, size), address(seen.numbers)
        work = c.Attention(
            checked(queries, count, heads.query, size),
            count,
            checked(shared.keys, shared.values.shape[0] // BLOCK, heads.key, size, BLOCK),
            checked(shared.values, shared.values.shape[0], heads.key, size),
            None if own is None else checked(own.keys, owned, heads.key, size),
            None if own is None else checked(own.values, owned, heads.key, size),
            numbers,
            numbers + 4 * count,
            numbers + 8 * count,
            numbers + 12 * count + 4,
            address(out),
        )
        self.call("attend", ctypes.byref(heads.struct()), ctypes.byref(work))
        return out

    def join(
        self,
        hidden: Floats,
        parts: Sequence[Floats],
        opening: Floats | None,
        gain: Floats,
        eps: float,
        scalar: float = 1.0,
    ) -> None:
        """hidden [rows, size] becomes (hidden + norm(y) * gain) * scalar, with y the one part, or
        the sum of both, each normed and times its row of `opening` [2, size]."""
        count, size = hidden.shape
        if len(parts) != (1 if opening is None else 2):
            raise ValueError("one part has no opening gains, two have")
        one, *two = (checked(part, count, size) for part in parts)
        work = c.Joining(
            checked(hidden, count, size),
            one,
            two[0] if two else None,
            None if opening is None else checked(opening, 2, size),
            checked(gain, size),
            eps,
            scalar,
            count,
            size,
        )
        self.call("join", ctypes.byref(work))

    def logits(self, matrix: CpuMatrix, x: Floats, cap: float) -> Floats:
        """lm_head.py: cap * tanh(product / cap), [rows, outputs]."""
        out, rows = empty(x.shape[0], matrix.outputs), _rows(matrix, x, None, UNNORMED)
        work = c.Head(cap=cap, logits=address(out))
        self.call("head", matrix.address, ctypes.byref(rows), ctypes.byref(work))
        return out

    def readout(
        self, matrix: CpuMatrix, x: Floats, cap: float, top: int, chosen: Integers
    ) -> Readout:
        """What `logits` would say, without writing them: see Readout. chosen int64 [rows, choices];
        of equal logits the first output is better."""
        count, choices = chosen.shape
        if not 0 <= top <= matrix.outputs:
            raise ValueError(f"the best {top} of {matrix.outputs} cannot be had")
        if chosen.size and not 0 <= int(chosen.min()) <= int(chosen.max()) < matrix.outputs:
            raise ValueError(f"chosen outputs are of {matrix.outputs}")
        rows, names = _rows(matrix, x, None, UNNORMED), np.ascontiguousarray(chosen, dtype=np.int32)
        log_sums, top_logits = empty(count), empty(count, top)
        top_outputs = empty(count, top, dtype=np.int32)
        chosen_logits = empty(count, choices)
        chosen_logits.fill(math.nan)
        work = c.Head(
            cap,
            None,
            address(log_sums),
            top,
            address(top_logits),
            address(top_outputs),
            choices,
            address(names),
            address(chosen_logits),
        )
        if rows.count != count:
            raise ValueError("each row has its chosen outputs")
        self.call("head", matrix.address, ctypes.byref(rows), ctypes.byref(work))
        return Readout(log_sums, top_logits, top_outputs.astype(np.int64), chosen_logits)

    def expected(self, matrix: CpuMatrix, logits: Floats, factor: float, least: float) -> Floats:
        """soft_embedding.py: softmax(logits) * matrix * factor, of a matrix that is not in int4:
        logits [rows, outputs] -> [rows, inputs]. Outputs whose share is at most `least` in every
        row are left out. In int8 a row's shares are rounded to int8 twice, the second time what
        the first has left."""
        if isinstance(matrix, Int4Matrix):
            raise ValueError("nothing is expected of a matrix in int4")
        count = logits.shape[0]
        out = empty(count, matrix.inputs)
        work = c.Expecting(
            checked(logits, count, matrix.outputs), count, least, factor, address(out)
        )
        self.call("expect", matrix.address, ctypes.byref(work))
        return out

    def call(self, name: str, *arguments: object) -> None:
        """A function of the library, with what it wants after the engine."""
        if getattr(self._library, f"fillwright_{name}")(self._engine, *arguments):
            raise MemoryError(f"there is no memory for the operation {name}")


def _rows(matrix: CpuMatrix, x: Floats, gain: Floats | None, eps: float) -> c.Rows:
    gains = None if gain is None else checked(gain, matrix.inputs)
    return c.Rows(checked(x, x.shape[0], matrix.inputs), gains, eps, x.shape[0])
