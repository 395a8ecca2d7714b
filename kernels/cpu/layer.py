"""A whole layer in one call of the library: attention, then two gated MLPs side by side, each
between norms; the operations of operations.py in their order, as the tests compare it."""

import ctypes
from dataclasses import dataclass
from functools import cached_property

from fillwright.kernels.cpu import library as c
from fillwright.kernels.cpu.buffers import address, checked
from fillwright.kernels.cpu.matrices import BLOCK, CpuMatrix, Floats
from fillwright.kernels.cpu.operations import CpuKernels, Heads, OwnRows, Seen, SharedRows

Angles = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class CpuMlp:
    """A gated MLP after its gain [hidden]."""

    gain: Floats
    gate_up: CpuMatrix
    down: CpuMatrix


@dataclass(frozen=True, eq=False)
class LayerParts:
    """Gains are contiguous float32: before_attention, after_attention and after_mlps [hidden],
    head_gains [query + key heads, size], closing [2, hidden] for the two MLPs; where there are
    experts, they are the second."""

    heads: Heads
    eps: float
    before_attention: Floats
    qkv: CpuMatrix
    head_gains: Floats
    out: CpuMatrix
    after_attention: Floats
    mlps: tuple[CpuMlp, ...]
    closing: Floats
    after_mlps: Floats

    @cached_property
    def struct(self) -> c.Layer:
        """Raises ValueError for parts that do not fit each other."""
        heads, hidden = self.heads, self.out.outputs
        shapes = [(self.qkv, heads.raw, hidden), (self.out, hidden, heads.query * heads.size)]
        for mlp in self.mlps:
            size = mlp.down.inputs
            shapes += [(mlp.gate_up, 2 * size, hidden), (mlp.down, hidden, size)]
        if any((each.outputs, each.inputs) != (out, in_) for each, out, in_ in shapes):
            raise ValueError("the matrices are not those of one layer")
        one, two = self.mlps
        return c.Layer(
            heads.struct(),
            heads.has_values,
            self.eps,
            checked(self.before_attention, hidden),
            checked(self.head_gains, heads.query + heads.key, heads.size),
            checked(self.after_attention, hidden),
            checked(self.closing, 2, hidden),
            checked(self.after_mlps, hidden),
            self.qkv.struct,
            self.out.struct,
            (ctypes.c_void_p * 2)(checked(one.gain, hidden), checked(two.gain, hidden)),
            (c.Matrix * 2)(one.gate_up.struct, two.gate_up.struct),
            (c.Matrix * 2)(one.down.struct, two.down.struct),
        )


@dataclass(frozen=True, slots=True, eq=False)
class LayerRows:
    """What a layer's rows see, and where their keys and values go: to the own rows where there are
    any, else to the shared ones, from row `first` on."""

    shared: SharedRows
    own: OwnRows | None
    seen: Seen
    first: int


def write_keys(
    kernels: CpuKernels, parts: LayerParts, hidden: Floats, angles: Angles, rows: LayerRows
) -> None:
    """What `run_layer` does up to its rows' keys and values: what the last layer owes those whose
    results nobody asks for. hidden [rows, hidden] stays as it is."""
    raw = kernels.product(parts.qkv, hidden, parts.before_attention, parts.eps)
    to = rows.shared if rows.own is None else rows.own
    kernels.turn(parts.heads, raw, parts.head_gains, angles, parts.eps, to, rows.first)


def run_layer(
    kernels: CpuKernels,
    parts: LayerParts,
    hidden: Floats,
    angles: Angles,
    rows: LayerRows,
    scalar: float,
) -> None:
    """Of a layer with two MLPs: hidden [rows, hidden] becomes its result times `scalar`; angles as
    `turn` takes them. Raises ValueError for arrays that do not fit, and MemoryError."""
    struct, heads, shared, own = parts.struct, parts.heads, rows.shared, rows.own
    count, numbers = len(rows.seen.shared), address(rows.seen.numbers)
    room, owned = shared.values.shape[0], 0 if own is None else own.values.shape[0]
    if not 0 <= rows.first <= (owned if own else room) - count:
        raise ValueError(f"there is no room for {count} rows from {rows.first} on")
    if rows.seen.furthest > room or rows.seen.last_own >= owned:
        raise ValueError("a row sees what is not there")
    cos, sin = (checked(angle, count, heads.size) for angle in angles)
    step = c.Step(
        checked(hidden, count, parts.out.outputs),
        cos,
        sin,
        scalar,
        count,
        own is not None,
        rows.first,
        checked(shared.keys, room // BLOCK, heads.key, heads.size, BLOCK),
        checked(shared.values, room, heads.key, heads.size),
        None if own is None else checked(own.keys, owned, heads.key, heads.size),
        None if own is None else checked(own.values, owned, heads.key, heads.size),
        numbers,
        numbers + 4 * count,
        numbers + 8 * count,
        numbers + 12 * count + 4,
    )
    kernels.call("layer", ctypes.byref(struct), ctypes.byref(step))
