"""DiffusionGemma's network on a GPU, and the slots that keep what it has read.

One pass takes the prompt's newest rows and a canvas together: `tail` prompt rows are read into a
slot while the canvas after them is denoised, so that a changed prompt costs no pass of its own.
Shapes are the caller's; lengths stand on the device. Row order: the prompt's rows, the canvas.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from fillwright.engine.model.config import LayerKind, ModelConfig
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.gpu_layers import CachePlace, GpuLayer
from fillwright.engine.model.layers import Layer
from fillwright.engine.model.window import READ_AT_ONCE, slot_rows
from fillwright.kernels.canvas_attention import KeyValue
from fillwright.kernels.gpu.geglu import gate
from fillwright.kernels.gpu.qkv_post import angle_tables
from fillwright.kernels.rms_norm import rms_norm


@dataclass(frozen=True, slots=True, eq=False)
class CacheSlots:
    """Room for the prefixes of several documents, of `room` tokens each: per layer keys and values
    [slots, kv_heads, rows, head_dim]. Sliding layers may have fewer rows: position p stands at row
    p modulo their number."""

    room: int
    layers: tuple[KeyValue, ...]

    @property
    def count(self) -> int:
        return self.layers[0][0].shape[0]

    @property
    def bytes(self) -> int:
        return sum(key.nbytes + value.nbytes for key, value in self.layers)

    @classmethod
    def empty(
        cls, config: ModelConfig, slots: int, room: int, dtype: torch.dtype, device: torch.device
    ) -> Self:
        """For `room` tokens each. Raises torch.OutOfMemoryError where there is not so much."""
        sizes = [
            (slots, shape.kv_heads, slot_rows(config, kind, room), shape.head_dim)
            for kind in config.layer_kinds
            for shape in [config.shapes[kind]]
        ]
        return cls(
            room,
            tuple(
                (
                    torch.zeros(size, dtype=dtype, device=device),
                    torch.zeros(size, dtype=dtype, device=device),
                )
                for size in sizes
            ),
        )


@dataclass(frozen=True, slots=True, eq=False)
class GpuNetwork:
    """embedding [vocab, hidden]; angles per layer kind for every position; the gated MLP of the
    self-conditioning after `signal_gain`."""

    config: ModelConfig
    embedding: Tensor
    scale: float
    first_gain: Tensor
    layers: tuple[GpuLayer, ...]
    angles: dict[LayerKind, tuple[Tensor, Tensor]]
    signal_gain: Tensor
    signal_gate_up: Tensor
    signal_down: Tensor

    @classmethod
    def of(cls, model: DiffusionGemma, positions: int) -> Self:
        """From a network on the device, whose experts may be packed, and which then shares its
        large parameters; `positions` is the longest prompt with its canvas."""
        layers = [layer for layer in model.layers if isinstance(layer, Layer)]
        following = [*(layer.input_layernorm for layer in layers[1:]), model.norm]
        conditioning = model.self_conditioning
        signal = conditioning.keep_weights()
        return cls(
            config=model.config,
            embedding=model.embed_tokens.weight,
            scale=model.scale(),
            first_gain=layers[0].input_layernorm.weight.float(),
            layers=tuple(
                GpuLayer.of(layer, norm, model.reach(layer.kind))
                for layer, norm in zip(layers, following, strict=True)
            ),
            angles={
                kind: angle_tables(frequencies, positions)
                for kind, frequencies in model.frequencies.items()
            },
            signal_gain=conditioning.pre_norm.weight.float(),
            signal_gate_up=signal.gate_up,
            signal_down=signal.down,
        )

    @torch.inference_mode()
    def read(self, slots: CacheSlots, slot: int, start: int, ids: Tensor) -> None:
        """Read `ids` int64 [sequence] into a slot after its first `start` tokens, in passes of
        READ_AT_ONCE rows: more would write over what they see."""
        none = torch.empty(0, self.config.hidden_size, device=ids.device)
        for part in torch.split(ids, READ_AT_ONCE):
            where = torch.tensor([slot, start, len(part)], dtype=torch.int32).to(ids.device)
            self(part, none, slots, where)
            start += len(part)

    def embedded(self, canvas: Tensor, expected: Tensor | None) -> Tensor:
        """canvas int64 [canvas], expected float32 [canvas, hidden] of the step before, or None ->
        float32 [canvas, hidden], as SelfConditioning makes it."""
        rows = self.embedding[canvas].float() * self.scale
        if expected is not None:
            signal = rms_norm(expected, self.signal_gain, self.config.rms_norm_eps)
            gated = gate(signal.to(self.embedding.dtype) @ self.signal_gate_up)
            rows = rows + gated @ self.signal_down
        return rms_norm(rows, None, self.config.rms_norm_eps)

    def __call__(self, prompt: Tensor, canvas: Tensor, slots: CacheSlots, where: Tensor) -> Tensor:
        """prompt int64 [tail], the tokens after the first `prefix` of a slot; canvas float32
        [canvas, hidden], embedded; where int32 [3] on the device: slot, prefix and tail -> the last
        hidden rows [tail + canvas, hidden]. Reads the prompt's rows into the slot."""
        before = self.embedding[prompt].float() * self.scale
        residual = torch.cat((before, canvas))
        normed = rms_norm(residual, self.first_gain, self.config.rms_norm_eps)
        x = normed.to(self.embedding.dtype)
        for layer, kind, cached in zip(
            self.layers, self.config.layer_kinds, slots.layers, strict=True
        ):
            x = layer(x, residual, CachePlace(where, self.angles[kind], cached))
        return x
