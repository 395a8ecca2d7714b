"""A denoise step of DiffusionGemma on the CPU's kernels, in its stages, beside the time its bytes
need.

Weights are random and lie in memory as those of a checkpoint would. A few layers are timed, and the
whole is computed from them. With one thread the processor's time is taken, so that other work on
the machine counts little.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from fillwright.engine.model.config import LayerKind, ModelConfig
from fillwright.engine.model.cpu_experts import CpuExperts
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_network import CpuLayer, CpuNetwork, heads_of
from fillwright.kernels.cpu.buffers import empty
from fillwright.kernels.cpu.layer import CpuMlp, LayerParts
from fillwright.kernels.cpu.matrices import (
    BLOCK,
    HALF_BLOCK,
    WORD,
    Bfloat16Matrix,
    CpuMatrix,
    Floats,
    Int4Matrix,
)
from fillwright.kernels.cpu.operations import CpuKernels

Made = TypeVar("Made")
CpuFormat = Literal["int8", "int4"]
GROUP = 32
COPIED = 2**27
RUNS = 3
KNOWN_TOKENS = 8
"""Of a canvas's row, that the step before thought likely."""


@dataclass(frozen=True, slots=True)
class CpuStep:
    """Seconds of the timed layers, of the logits and of self-conditioning, and of a prefill by
    the timed layers; bytes of one layer and of the embedding, and those of the timed layers' keys
    and values; `bandwidth` in bytes per second."""

    layers: int
    timed_layers: int
    layers_s: float
    logits_s: float
    conditioning_s: float
    prefill_s: float
    layer_bytes: float
    head_bytes: int
    cache_bytes: int
    bandwidth: float

    @property
    def step_s(self) -> float:
        layers = self.layers_s * self.layers / self.timed_layers
        return layers + self.logits_s + self.conditioning_s

    @property
    def floor_s(self) -> float:
        return (self.layers * self.layer_bytes + self.head_bytes) / self.bandwidth

    @property
    def whole_prefill_s(self) -> float:
        return self.prefill_s * self.layers / self.timed_layers


def measure_on_cpu(
    config: ModelConfig, format: CpuFormat, rows: tuple[int, int], timed_layers: int, threads: int
) -> CpuStep:
    """`rows` are the tokens before the canvas, and those of the canvas. Raises NoKernelsError."""
    timed = partial(_timed, time.process_time if threads == 1 else time.perf_counter)
    torch.set_num_threads(threads)
    moved = 2 * 4 * COPIED / _copied(timed)
    some = replace(config, layer_kinds=config.layer_kinds[-timed_layers:])
    network = random_cpu_network(some, format, CpuKernels(threads))
    model, (context, opened) = CpuDiffusionGemma(network), rows
    random = np.random.default_rng(1)
    prompt = random.integers(config.vocab_size, size=context)
    canvas = random.integers(config.vocab_size, size=opened)
    cache, prefill_s = timed(lambda: model.prefill(prompt), runs=1)
    hidden, body_s = timed(lambda: model.denoised(canvas[None], cache))
    _, logits_s = timed(lambda: model.logits(hidden))
    signal = np.full((opened, config.vocab_size), -config.logit_softcap, dtype=np.float32)
    likely = random.integers(config.vocab_size, size=(opened, KNOWN_TOKENS))
    np.put_along_axis(signal, likely, 0.0, axis=-1)
    _, conditioning_s = timed(lambda: network.conditioned(network.embedded(canvas), signal))
    return CpuStep(
        len(config.layer_kinds),
        len(some.layer_kinds),
        body_s,
        logits_s,
        conditioning_s,
        prefill_s,
        sum(layer_bytes(layer) for layer in network.layers) / len(network.layers),
        network.embedding.nbytes,
        cache.bytes,
        moved,
    )


def _copied(timed: Callable[[Callable[[], torch.Tensor]], tuple[torch.Tensor, float]]) -> float:
    """Seconds of a copy of so many float32, whose memory is then given back."""
    source, target = torch.ones(COPIED), torch.empty(COPIED)
    return timed(lambda: target.copy_(source))[1]


def layer_bytes(layer: CpuLayer) -> int:
    """Of its matrices, all experts among them."""
    parts, experts = layer.parts, layer.experts
    matrices = [parts.qkv, parts.out]
    for mlp in parts.mlps:
        matrices += [mlp.gate_up, mlp.down]
    if experts is not None:
        matrices += [*experts.gate_ups, *experts.downs]
    return sum(matrix.nbytes for matrix in matrices)


def random_cpu_network(config: ModelConfig, format: CpuFormat, kernels: CpuKernels) -> CpuNetwork:
    """As `fillwright quantize` leaves it: experts in that format, all else in bfloat16."""
    made = _Random(config, format, kernels)
    layers = tuple(made.layer(kind) for kind in config.layer_kinds)
    embedding = made.bfloat16(config.vocab_size, config.hidden_size)
    conditioning = made.mlp(config.intermediate_size)
    return CpuNetwork(kernels, config, embedding, conditioning, layers, made.gain())


class _Random:
    def __init__(self, config: ModelConfig, format: CpuFormat, kernels: CpuKernels) -> None:
        self._config, self._format, self._kernels = config, format, kernels
        self._random = np.random.default_rng(0)

    def layer(self, kind: LayerKind) -> CpuLayer:
        config, heads = self._config, heads_of(self._config, kind)
        hidden, inner = config.hidden_size, config.expert_intermediate_size
        parts = LayerParts(
            heads=heads,
            eps=config.rms_norm_eps,
            before_attention=self.gain(),
            qkv=self.bfloat16(heads.raw, hidden),
            # attention has no 1/sqrt(d): gains of 1 would make it a maximum
            head_gains=np.full(
                (heads.query + heads.key, heads.size), heads.size**-0.25, dtype=np.float32
            ),
            out=self.bfloat16(hidden, heads.query * heads.size),
            after_attention=self.gain(),
            mlps=(self.mlp(config.intermediate_size),),
            closing=np.stack([self.gain(), self.gain()]),
            after_mlps=self.gain(),
        )
        experts = CpuExperts(
            gain=self.gain(),
            gate_ups=tuple(self.expert(2 * inner, hidden) for _ in range(config.experts)),
            downs=tuple(self.expert(hidden, inner) for _ in range(config.experts)),
            router_gain=self.gain(),
            router=self._random.standard_normal((config.experts, hidden), dtype=np.float32),
            scales=np.ones(config.experts, dtype=np.float32),
            top=config.top_k_experts,
        )
        return CpuLayer(kind, parts, 1.0, 1.0, experts)

    def mlp(self, size: int) -> CpuMlp:
        hidden = self._config.hidden_size
        return CpuMlp(self.gain(), self.bfloat16(2 * size, hidden), self.bfloat16(hidden, size))

    def gain(self) -> Floats:
        size = self._config.hidden_size
        return self._random.uniform(0.5, 1.5, size).astype(np.float32)

    def expert(self, outputs: int, inputs: int) -> CpuMatrix:
        if self._format == "int8":
            cells = self._bits(outputs, inputs, dtype=np.int8)
            scales = np.full(outputs, inputs**-0.5 / 64, dtype=np.float32)
            return self._kernels.pack(cells, scales)
        # already as they are packed: any bits are cells
        blocks = -(-outputs // 32) * 4
        scale = torch.tensor(inputs**-0.5 / 4, dtype=torch.bfloat16).view(torch.uint16).item()
        group_scales = empty(blocks, inputs // GROUP, HALF_BLOCK, dtype=np.uint16)
        group_scales.fill(int(scale))
        cells = self._bits(blocks, inputs // WORD, HALF_BLOCK, dtype=np.uint32)
        return Int4Matrix(outputs, inputs, cells, group_scales)

    def bfloat16(self, outputs: int, inputs: int) -> Bfloat16Matrix:
        pairs = self._bits(-(-outputs // 32) * 2, inputs // 2, BLOCK, dtype=np.uint32)
        # a sign and seven bits of mantissa: all between 1 and 2, or -1 and -2
        pairs &= np.uint32(0x807F807F)
        pairs |= np.uint32(0x3F803F80)
        scales = np.full(-(-outputs // 32) * 32, inputs**-0.5, dtype=np.float32)
        return Bfloat16Matrix(outputs, inputs, pairs, scales)

    def _bits(self, *shape: int, dtype: type[np.generic]) -> NDArray[Any]:
        made = empty(*shape, dtype=dtype)
        drawn = np.frombuffer(self._random.bytes(made.nbytes), dtype=np.uint8)
        made.reshape(-1).view(np.uint8)[:] = drawn
        return made


def _timed(
    clock: Callable[[], float], work: Callable[[], Made], runs: int = RUNS
) -> tuple[Made, float]:
    """What it makes, and how long the best run took."""
    took = []
    for _ in range(runs):
        began = clock()
        made = work()
        took.append(clock() - began)
    return made, min(took)
