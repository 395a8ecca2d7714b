"""The layers made of the CPU's kernels. Both roles are one pass: only what a row sees and the
layers' scalars differ.

Knows no tokens' meaning, no cache policy and no files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fillwright.engine.model.config import AttentionShape, LayerKind, ModelConfig
from fillwright.engine.model.cpu_experts import CpuExperts, run_expert_layer
from fillwright.kernels.cpu.layer import (
    Angles,
    CpuMlp,
    LayerParts,
    LayerRows,
    run_layer,
    write_keys,
)
from fillwright.kernels.cpu.matrices import CpuMatrix, Floats
from fillwright.kernels.cpu.operations import (
    CpuKernels,
    Heads,
    Integers,
    OwnRows,
    Seen,
    SharedRows,
)

LEAST_SHARE = 1 / 16
"""A token that is less likely than so much of an even share, in every row of a canvas, is left out
of what is expected. On a body denoised from noise (docs/measurements-log.md, "Without torch") what
is left out weighs 0.5 % at most and moves the expected embedding by 0.7 %."""


@dataclass(frozen=True, slots=True, eq=False)
class CpuLayer:
    kind: LayerKind
    parts: LayerParts
    encoder_scalar: float
    decoder_scalar: float
    experts: CpuExperts | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Per layer the keys and values that rows see. New rows are written to the own ones where there
    are any, else to the shared ones, from row `first` of the kind of layer on."""

    shared: Sequence[SharedRows]
    own: Sequence[OwnRows] | None
    first: Mapping[LayerKind, int]


@dataclass(frozen=True, slots=True, eq=False)
class CpuNetwork:
    """`embedding` has a row per token and is the head too; `norm` is the last gain."""

    kernels: CpuKernels
    config: ModelConfig
    embedding: CpuMatrix
    self_conditioning: CpuMlp
    layers: tuple[CpuLayer, ...]
    norm: Floats

    @property
    def heads(self) -> list[Heads]:
        return [layer.parts.heads for layer in self.layers]

    def embedded(self, ids: Integers) -> Floats:
        """ids int64 [rows] -> [rows, hidden]"""
        return self.kernels.embed(self.embedding, ids, self.config.hidden_size**0.5)

    def conditioned(self, embedded: Floats, signal: Floats | None) -> Floats:
        """A canvas's rows, with what the step before predicted for them: embedded [rows, hidden],
        signal [rows, vocab] logits or None -> [rows, hidden]."""
        if signal is not None:
            mlp = self.self_conditioning
            least = LEAST_SHARE / signal.shape[-1]
            factor = self.config.hidden_size**0.5
            expected = self.kernels.expected(self.embedding, signal, factor, least)
            eps = self.config.rms_norm_eps
            embedded = embedded + self.kernels.gated_mlp(
                mlp.gate_up, mlp.down, expected, mlp.gain, eps
            )
        return rms_norm(embedded, None, self.config.rms_norm_eps)

    def run(
        self,
        hidden: Floats,
        angles: Mapping[LayerKind, Angles],
        memory: Memory,
        seen: Mapping[LayerKind, Seen],
        decoder: bool = False,
    ) -> Floats:
        """hidden [rows, hidden], which is used up -> the last hidden state, normed."""
        for index in range(len(self.layers)):
            self._run_layer(index, hidden, angles, memory, seen, decoder)
        return rms_norm(hidden, self.norm, self.config.rms_norm_eps)

    def remember(
        self,
        hidden: Floats,
        angles: Mapping[LayerKind, Angles],
        memory: Memory,
        seen: Mapping[LayerKind, Seen],
    ) -> None:
        """Write what `run` writes to the memory, and no more: hidden [rows, hidden] is used up."""
        *_, last = self.layers
        for index in range(len(self.layers) - 1):
            self._run_layer(index, hidden, angles, memory, seen, decoder=False)
        rows = self._rows(len(self.layers) - 1, memory, seen)
        write_keys(self.kernels, last.parts, hidden, angles[last.kind], rows)

    def _run_layer(
        self,
        index: int,
        hidden: Floats,
        angles: Mapping[LayerKind, Angles],
        memory: Memory,
        seen: Mapping[LayerKind, Seen],
        decoder: bool,
    ) -> None:
        layer, rows = self.layers[index], self._rows(index, memory, seen)
        scalar = layer.decoder_scalar if decoder else layer.encoder_scalar
        seeing = hidden, angles[layer.kind]
        if layer.experts is None:
            run_layer(self.kernels, layer.parts, *seeing, rows, scalar)
        else:
            run_expert_layer(self.kernels, layer.parts, layer.experts, *seeing, rows, scalar)

    def _rows(self, index: int, memory: Memory, seen: Mapping[LayerKind, Seen]) -> LayerRows:
        own, kind = memory.own[index] if memory.own else None, self.layers[index].kind
        return LayerRows(memory.shared[index], own, seen[kind], memory.first[kind])

    def logits(self, hidden: Floats) -> Floats:
        """hidden [rows, hidden], normed -> [rows, vocab], softcapped."""
        return self.kernels.logits(self.embedding, hidden, self.config.logit_softcap)

    def log_probabilities(self, hidden: Floats, tokens: Integers) -> Floats:
        """Of `tokens` int64 [rows], each as its row's hidden state tells it, in nats [rows]."""
        cap = self.config.logit_softcap
        read = self.kernels.readout(self.embedding, hidden, cap, 0, tokens[:, None])
        return read.chosen_logits[:, 0] - read.log_sums


def rms_norm(x: Floats, weight: Floats | None, eps: float) -> Floats:
    """kernels/rms_norm.py of x [rows, size]; weight [size] or None."""
    size = np.square(x).mean(-1, keepdims=True)
    normed: Floats = x / np.sqrt(size + np.float32(eps))
    return normed if weight is None else normed * weight


def heads_of(config: ModelConfig, kind: LayerKind) -> Heads:
    shape = config.shapes[kind]
    return Heads(config.heads, shape.kv_heads, shape.head_dim, kind != "full_attention")


def rotary_angles(shape: AttentionShape, positions: Integers) -> Angles:
    """cos and signed sin of positions int64 [rows], as the kernels take them: [rows, head_dim].

    Rounded from float64, for the last bit of a float32 cosine depends on the processor, and where
    rows are rounded to int8 it decides words.
    """
    pair = np.arange(shape.turning_pairs, dtype=np.float32)
    frequencies = np.zeros(shape.head_dim // 2, dtype=np.float32)
    frequencies[: shape.turning_pairs] = 1.0 / shape.theta ** (2 * pair / shape.head_dim)
    half = positions[:, None].astype(np.float32) * frequencies
    cos, sin = (turn(half, dtype=np.float64).astype(np.float32) for turn in (np.cos, np.sin))
    return np.concat((cos, cos), axis=-1), np.concat((-sin, sin), axis=-1)


def positions_before(position: int, reach: int, end: int, base: int) -> tuple[int, int]:
    """The shared positions before `end` that a row at `position` sees with that reach, counted from
    position `base` on."""
    return min(max(0, position - reach), end) - base, end - base
