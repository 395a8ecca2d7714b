"""The layers made of the CPU's int8 kernels. Both roles are one pass: only what a row sees and the
layers' scalars differ.

Knows no tokens, no cache policy and no files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from fillwright.engine.model.config import LayerKind, ModelConfig
from fillwright.engine.model.layers import Angles
from fillwright.kernels.cpu.layer import LayerParts, LayerRows, run_layer
from fillwright.kernels.cpu.operations import (
    CpuKernels,
    Heads,
    Int8Matrix,
    OwnRows,
    Seen,
    SharedRows,
)
from fillwright.kernels.rms_norm import rms_norm


@dataclass(frozen=True, slots=True, eq=False)
class CpuLayer:
    kind: LayerKind
    parts: LayerParts
    encoder_scalar: float
    decoder_scalar: float


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Per layer the keys and values that rows see. New rows are written to the own ones where there
    are any, else to the shared ones, from row `first` on."""

    shared: Sequence[SharedRows]
    own: Sequence[OwnRows] | None
    first: int


@dataclass(frozen=True, slots=True, eq=False)
class CpuNetwork:
    """`embedding` has a row per token and is the head too; `norm` is the last gain."""

    kernels: CpuKernels
    config: ModelConfig
    embedding: Int8Matrix
    layers: tuple[CpuLayer, ...]
    norm: Tensor

    @property
    def heads(self) -> list[Heads]:
        return [layer.parts.heads for layer in self.layers]

    def run(
        self,
        hidden: Tensor,
        angles: Mapping[LayerKind, Angles],
        memory: Memory,
        seen: Mapping[LayerKind, Seen],
        decoder: bool = False,
    ) -> Tensor:
        """hidden float32 [rows, hidden], which is used up -> the last hidden state, normed."""
        flat = {
            kind: (cos.reshape(len(hidden), -1), sin.reshape(len(hidden), -1))
            for kind, (cos, sin) in angles.items()
        }
        for index, layer in enumerate(self.layers):
            own = memory.own[index] if memory.own else None
            rows = LayerRows(memory.shared[index], own, seen[layer.kind], memory.first)
            scalar = layer.decoder_scalar if decoder else layer.encoder_scalar
            run_layer(self.kernels, layer.parts, hidden, flat[layer.kind], rows, scalar)
        return rms_norm(hidden, self.norm, self.config.rms_norm_eps)

    def logits(self, hidden: Tensor) -> Tensor:
        """hidden float32 [rows, hidden], normed -> [rows, vocab], softcapped."""
        return self.kernels.logits(self.embedding, hidden, self.config.logit_softcap)

    def log_probabilities(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """Of `tokens` int64 [rows], each as its row's hidden state tells it, in nats [rows]."""
        cap = self.config.logit_softcap
        read = self.kernels.readout(self.embedding, hidden, cap, 0, tokens[:, None])
        return read.chosen_logits[:, 0] - read.log_sums


def heads_of(config: ModelConfig, kind: LayerKind) -> Heads:
    shape = config.shapes[kind]
    return Heads(config.heads, shape.kv_heads, shape.head_dim, kind != "full_attention")


def grown(shared: SharedRows, heads: Heads, positions: int, kept: int) -> SharedRows:
    """A copy of the first `kept` positions that holds `positions`."""
    larger = SharedRows.empty(positions, heads)
    blocks = -(-kept // shared.keys.shape[-1])
    larger.keys[:blocks] = shared.keys[:blocks]
    larger.values[:kept] = shared.values[:kept]
    return larger


def grown_own(own: OwnRows, heads: Heads, rows: int, kept: int) -> OwnRows:
    """A copy of the first `kept` rows that holds `rows`."""
    larger = OwnRows.empty(rows, heads)
    larger.keys[:kept] = own.keys[:kept]
    larger.values[:kept] = own.values[:kept]
    return larger


def positions_before(position: int, reach: int, end: int) -> tuple[int, int]:
    """The shared positions before `end` that a row at `position` sees with that reach."""
    return min(max(0, position - reach), end), end
