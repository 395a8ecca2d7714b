"""The library's operations on tensors: their shapes and types are checked here, and nowhere below.

Tensors lie on the CPU, are contiguous, and float32 where nothing else is said. Every operation
raises ValueError for tensors that do not fit, and MemoryError.
"""

import ctypes
import math
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from fillwright.kernels.cpu import library as c
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError, load_library

BLOCK, OUTPUT_STEP, INPUT_STEP = 16, 32, 64  # as in operations.h
UNNORMED = -1.0


@dataclass(frozen=True, eq=False)
class Int8Matrix:
    """int8 weights [outputs, inputs] with a scale per output, as the products take them: cells
    [outputs / 16, inputs / 4, 16, 4], padded with zeros. Made by `CpuKernels.pack`."""

    outputs: int
    inputs: int
    cells: Tensor
    scales: Tensor
    sums: Tensor

    @cached_property
    def struct(self) -> c.Matrix:
        parts = (self.cells.data_ptr(), self.scales.data_ptr(), self.sums.data_ptr())
        return c.Matrix(self.outputs, self.inputs, *parts)

    @property
    def address(self) -> int:
        return ctypes.addressof(self.struct)


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

    keys: Tensor
    values: Tensor

    @classmethod
    def empty(cls, positions: int, heads: Heads) -> "SharedRows":
        blocks = -(-positions // BLOCK)
        return cls(
            torch.empty(blocks, heads.key, heads.size, BLOCK),
            torch.empty(blocks * BLOCK, heads.key, heads.size),
        )


@dataclass(frozen=True, slots=True, eq=False)
class OwnRows:
    """Keys and values [rows, key heads, size] that only the rows see which name them."""

    keys: Tensor
    values: Tensor

    @classmethod
    def empty(cls, rows: int, heads: Heads) -> "OwnRows":
        return cls(
            torch.empty(rows, heads.key, heads.size), torch.empty(rows, heads.key, heads.size)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Row i sees the shared positions from first[i] to past[i], that excluded, and the own rows
    own[i]. Raises ValueError where a row sees nothing."""

    shared: Sequence[tuple[int, int]]
    own: Sequence[Sequence[int]]
    numbers: Tensor = field(init=False)
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
        numbers = torch.tensor([*firsts, *pasts, *starts, *flat], dtype=torch.int32)
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "furthest", max(pasts, default=0))
        object.__setattr__(self, "last_own", max(flat, default=-1))


@dataclass(frozen=True, slots=True, eq=False)
class Readout:
    """Of rows of logits: the logarithm of the sum of their exponentials [rows], the best and their
    outputs [rows, top], and those that were chosen [rows, choices]."""

    log_sums: Tensor
    top_logits: Tensor
    top_outputs: Tensor
    chosen_logits: Tensor


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

    def pack(self, weights: Tensor, scales: Tensor) -> Int8Matrix:
        """weights int8 [outputs, inputs], scales [outputs]; both are copied."""
        outputs, inputs = weights.shape
        wide, deep = _padded(outputs, OUTPUT_STEP), _padded(inputs, INPUT_STEP)
        checked(scales, outputs)
        cells = torch.zeros(wide // BLOCK, deep // 4, BLOCK, 4, dtype=torch.int8)
        all_scales, sums = torch.zeros(wide), torch.zeros(wide, dtype=torch.int32)
        all_scales[:outputs] = scales
        address = checked(weights, outputs, inputs, dtype=torch.int8)
        self._library.fillwright_pack(address, outputs, inputs, cells.data_ptr(), sums.data_ptr())
        return Int8Matrix(outputs, inputs, cells, all_scales, sums)

    def embed(self, matrix: Int8Matrix, ids: Tensor, factor: float) -> Tensor:
        """Rows `ids` int64 [rows] of the matrix, times `factor` -> [rows, inputs]."""
        if ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) < matrix.outputs:
            raise ValueError(f"ids are rows of a matrix of {matrix.outputs}")
        rows, out = ids.to(torch.int32).contiguous(), torch.empty(ids.shape[0], matrix.inputs)
        self._library.fillwright_embed(
            matrix.address, rows.data_ptr(), ids.shape[0], factor, out.data_ptr()
        )
        return out

    def product(
        self, matrix: Int8Matrix, x: Tensor, gain: Tensor | None = None, eps: float = UNNORMED
    ) -> Tensor:
        """x [rows, inputs] times the matrix -> [rows, outputs]. Before that x is normed where `eps`
        is not negative, and multiplied by `gain` [inputs]."""
        out = torch.empty(x.shape[0], matrix.outputs)
        rows = _rows(matrix, x, gain, eps)
        self.call("product", matrix.address, ctypes.byref(rows), out.data_ptr())
        return out

    def gated_mlp(
        self, gate_up: Int8Matrix, down: Int8Matrix, x: Tensor, gain: Tensor | None, eps: float
    ) -> Tensor:
        """geglu.py of x [rows, hidden], opened as `product` does; gate_up has the gates first."""
        if gate_up.outputs != 2 * down.inputs:
            raise ValueError("gates and ups are twice as many as the inputs of down")
        out = torch.empty(x.shape[0], down.outputs)
        rows = _rows(gate_up, x, gain, eps)
        self.call("gated_mlp", gate_up.address, down.address, ctypes.byref(rows), out.data_ptr())
        return out

    def turn(
        self,
        heads: Heads,
        raw: Tensor,
        gains: Tensor,
        angles: tuple[Tensor, Tensor],
        eps: float,
        to: SharedRows | OwnRows,
        first: int,
    ) -> Tensor:
        """Norm, gain and rotation of raw [rows, heads.raw], with gains [query + key heads, size]
        and cos and signed sin [rows, size] as in rotary.py -> queries [rows, query heads, size];
        keys and values are written to rows `first`, `first` + 1, ... of `to`."""
        count, size = raw.shape[0], heads.size
        cos, sin = (checked(angle, count, size) for angle in angles)
        if not 0 <= first <= to.values.shape[0] - count:
            raise ValueError(f"{count} rows from {first} on are more than {to.values.shape[0]}")
        out = torch.empty(count, heads.query, size)
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
            out.data_ptr(),
            keys if shared else keys + first * row,
            checked(to.values, to.values.shape[0], heads.key, size) + first * row,
        )
        self.call("turn", ctypes.byref(heads.struct()), ctypes.byref(work))
        return out

    def attend(
        self, heads: Heads, queries: Tensor, shared: SharedRows, own: OwnRows | None, seen: Seen
    ) -> Tensor:
        """Attention of queries [rows, query heads, size] over what each row sees; scale 1 -> the
        same shape. What one row sees of the shared rows must be numbers for all of them."""
        count, size = len(seen.shared), heads.size
        owned = 0 if own is None else own.values.shape[0]
        if seen.furthest > shared.values.shape[0] or seen.last_own >= owned:
            raise ValueError("a row sees what is not there")
        out, numbers = torch.empty(count, heads.query, size), seen.numbers.data_ptr()
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
            out.data_ptr(),
        )
        self.call("attend", ctypes.byref(heads.struct()), ctypes.byref(work))
        return out

    def join(
        self,
        hidden: Tensor,
        parts: Sequence[Tensor],
        opening: Tensor | None,
        gain: Tensor,
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

    def logits(self, matrix: Int8Matrix, x: Tensor, cap: float) -> Tensor:
        """lm_head.py: cap * tanh(product / cap), [rows, outputs]."""
        out, rows = torch.empty(x.shape[0], matrix.outputs), _rows(matrix, x, None, UNNORMED)
        work = c.Head(cap=cap, logits=out.data_ptr())
        self.call("head", matrix.address, ctypes.byref(rows), ctypes.byref(work))
        return out

    def readout(
        self, matrix: Int8Matrix, x: Tensor, cap: float, top: int, chosen: Tensor
    ) -> Readout:
        """What `logits` would say, without writing them: see Readout. chosen int64 [rows, choices];
        of equal logits the first output is better."""
        count, choices = chosen.shape
        if not 0 <= top <= matrix.outputs:
            raise ValueError(f"the best {top} of {matrix.outputs} cannot be had")
        if chosen.numel() and not 0 <= int(chosen.min()) <= int(chosen.max()) < matrix.outputs:
            raise ValueError(f"chosen outputs are of {matrix.outputs}")
        rows, names = _rows(matrix, x, None, UNNORMED), chosen.to(torch.int32).contiguous()
        log_sums, top_logits = torch.empty(count), torch.empty(count, top)
        top_outputs = torch.empty(count, top, dtype=torch.int32)
        chosen_logits = torch.full((count, choices), math.nan)
        work = c.Head(
            cap,
            None,
            log_sums.data_ptr(),
            top,
            top_logits.data_ptr(),
            top_outputs.data_ptr(),
            choices,
            names.data_ptr(),
            chosen_logits.data_ptr(),
        )
        if rows.count != count:
            raise ValueError("each row has its chosen outputs")
        self.call("head", matrix.address, ctypes.byref(rows), ctypes.byref(work))
        return Readout(log_sums, top_logits, top_outputs.long(), chosen_logits)

    def call(self, name: str, *arguments: object) -> None:
        """A function of the library, with what it wants after the engine."""
        if getattr(self._library, f"fillwright_{name}")(self._engine, *arguments):
            raise MemoryError(f"there is no memory for the operation {name}")


def _rows(matrix: Int8Matrix, x: Tensor, gain: Tensor | None, eps: float) -> c.Rows:
    gains = None if gain is None else checked(gain, matrix.inputs)
    return c.Rows(checked(x, x.shape[0], matrix.inputs), gains, eps, x.shape[0])


def checked(tensor: Tensor, *shape: int, dtype: torch.dtype = torch.float32) -> int:
    """Its address. Raises ValueError unless it is on the CPU, contiguous, and `dtype` [*shape]."""
    if (
        tensor.shape != shape
        or tensor.dtype != dtype
        or not tensor.is_contiguous()
        or not tensor.is_cpu
    ):
        raise ValueError(
            f"a contiguous {dtype} {list(shape)} on the CPU is wanted, not "
            f"{tensor.dtype} {list(tensor.shape)}"
        )
    return tensor.data_ptr()


def _padded(size: int, step: int) -> int:
    return -(-size // step) * step
