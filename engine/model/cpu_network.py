"""The layers made of the CPU's int8 kernels. Both roles are one pass: only what a row sees and the
layers' scalars differ.

Knows no tokens, no cache policy and no files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from fillwright.engine.model.config import LayerKind, ModelConfig
from fillwright.engine.model.layers import Angles
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
class CpuMlp:
    """A gated MLP after its gain [hidden]."""

    gain: Tensor
    gate_up: Int8Matrix
    down: Int8Matrix


@dataclass(frozen=True, slots=True, eq=False)
class CpuLayer:
    """A layer with twin MLPs. Gains are float32, and named as in layers.py; closing [2, hidden]."""

    kind: LayerKind
    heads: Heads
    before_attention: Tensor
    qkv: Int8Matrix
    head_gains: Tensor
    out: Int8Matrix
    behind_attention: Tensor
    mlps: tuple[CpuMlp, CpuMlp]
    closing: Tensor
    behind_mlps: Tensor
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
        return [layer.heads for layer in self.layers]

    def run(
        self,
        hidden: Tensor,
        angles: Mapping[LayerKind, Angles],
        memory: Memory,
        seen: Mapping[LayerKind, Seen],
        decoder: bool = False,
    ) -> Tensor:
        """hidden float32 [rows, hidden], which is used up -> the last hidden state, normed."""
        kernels, eps = self.kernels, self.config.rms_norm_eps
        flat = {
            kind: (cos.reshape(len(hidden), -1), sin.reshape(len(hidden), -1))
            for kind, (cos, sin) in angles.items()
        }
        for index, layer in enumerate(self.layers):
            shared, own = memory.shared[index], memory.own[index] if memory.own else None
            to = own or shared
            raw = kernels.product(layer.qkv, hidden, layer.before_attention, eps)
            turning = flat[layer.kind]
            queries = kernels.turn(
                layer.heads, raw, layer.head_gains, turning, eps, to, memory.first
            )
            attended = kernels.attend(layer.heads, queries, shared, own, seen[layer.kind])
            out = kernels.product(layer.out, attended.flatten(1))
            kernels.join(hidden, [out], None, layer.behind_attention, eps)
            parts = [
                kernels.gated_mlp(mlp.gate_up, mlp.down, hidden, mlp.gain, eps)
                for mlp in layer.mlps
            ]
            scalar = layer.decoder_scalar if decoder else layer.encoder_scalar
            kernels.join(hidden, parts, layer.closing, layer.behind_mlps, eps, scalar)
        return rms_norm(hidden, self.norm, eps)

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
