"""The layers of DiffusionGemma, named as in the checkpoint so that its tensors load by name.

One layer serves both roles: as encoder it is causal and its keys and values go to the prefix KV
cache, as decoder its rows are the canvas. Only the mask and the layer scalar differ. Products are
of the weights' type, all between them is float32. Knows no tokens and no cache policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from fillwright.engine.model.config import AttentionShape, LayerKind, ModelConfig
from fillwright.kernels.canvas_attention import KeyValue, canvas_attention
from fillwright.kernels.expert_mlp import expert_mlp
from fillwright.kernels.geglu import geglu
from fillwright.kernels.packed_matrix import PackedMatrix, PackedMlps
from fillwright.kernels.rms_norm import rms_norm
from fillwright.kernels.rotary import rotary

Angles = tuple[Tensor, Tensor]
Matrix = TypeVar("Matrix", Tensor, PackedMatrix)


@dataclass(frozen=True, slots=True)
class GatedMlp:
    """gate_up [hidden, 2 * intermediate], down [intermediate, hidden]"""

    gate_up: Tensor
    down: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return geglu(x.to(self.down.dtype), self.gate_up, self.down)


@dataclass(frozen=True, slots=True)
class TwinMlps:
    """The dense MLP and, where it has one, its twin, each after its own gain; gains float32
    [2, hidden], the second one for the experts."""

    gains: Tensor
    mlps: tuple[GatedMlp, ...]

    def __call__(self, x: Tensor) -> list[Tensor]:
        """x float32 [rows, hidden], normed without gain -> [rows, hidden] from each"""
        return [mlp(x * gain) for mlp, gain in zip(self.mlps, self.gains, strict=False)]

    def packed(self) -> PackedMlps:
        gate_ups = [
            with_gain(mlp.gate_up, gain) for mlp, gain in zip(self.mlps, self.gains, strict=False)
        ]
        return PackedMlps.pack(gate_ups, [mlp.down for mlp in self.mlps])


Mlps = TypeVar("Mlps", TwinMlps, PackedMlps)


@dataclass(frozen=True, slots=True)
class LayerWeights(Generic[Matrix, Mlps]):
    """A layer's parameters as its arithmetic takes them: gains float32, matrices [in, out], and
    side by side what multiplies the same rows.

    qkv [hidden, heads * head_dim] for query, key and, where there are any, value heads;
    head_gains [heads + kv_heads, head_dim]; closing [2, 1, hidden], for dense MLP and experts.
    Packed, the gains before a product are in its matrix.
    """

    before_attention: Tensor | None
    qkv: Matrix
    head_gains: Tensor
    out: Matrix
    after_attention: Tensor
    mlps: Mlps
    before_experts: Tensor
    closing: Tensor
    after_mlps: Tensor

    def packed(self: "PlainWeights") -> "PackedWeights":
        return LayerWeights(
            before_attention=None,
            qkv=PackedMatrix.pack(with_gain(self.qkv, self.before_attention)),
            head_gains=self.head_gains,
            out=PackedMatrix.pack(self.out),
            after_attention=self.after_attention,
            mlps=self.mlps.packed(),
            before_experts=self.before_experts,
            closing=self.closing,
            after_mlps=self.after_mlps,
        )


PlainWeights = LayerWeights[Tensor, TwinMlps]
PackedWeights = LayerWeights[PackedMatrix, PackedMlps]


class Layer(nn.Module):
    """Attention, then dense MLP and experts side by side, each between norms.

    A single expert is the dense MLP's twin, for a softmax over one score is 1.
    """

    layer_scalar: Tensor
    encoder_layer_scalar: Tensor

    def __init__(self, config: ModelConfig, kind: LayerKind) -> None:
        super().__init__()
        self.kind = kind
        self.eps = config.rms_norm_eps
        self.self_attn = Attention(config, config.shapes[kind], has_values=kind != "full_attention")
        self.mlp = Mlp(config.hidden_size, config.intermediate_size)
        self.router = Router(config)
        self.experts: nn.Module = Experts(config)
        self.input_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.pre_feedforward_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.pre_feedforward_layernorm_2 = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm_1 = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm_2 = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.register_buffer("layer_scalar", torch.ones(1))
        self.register_buffer("encoder_layer_scalar", torch.ones(1))
        self.twins = config.experts == 1
        self._kept: PlainWeights | PackedWeights | None = None

    def forward(
        self,
        hidden: Tensor,
        angles: Angles,
        scalar: Tensor,
        prefix: Sequence[KeyValue] = (),
        mask: Tensor | None = None,
        causal: bool = False,
    ) -> tuple[Tensor, KeyValue]:
        """hidden float32 [batch, rows, hidden] -> the same, and the rows' keys and values."""
        w = self._kept or self.laid_out()
        x = rms_norm(hidden, w.before_attention, self.eps)
        attended, rows = self.self_attn(x, w, angles, prefix, mask, causal)
        residual = hidden + rms_norm(attended, w.after_attention, self.eps)

        x = rms_norm(residual.flatten(0, 1), None, self.eps)
        out = w.mlps(x)
        if not self.twins:
            opened = (x * w.before_experts).to(w.qkv.dtype)
            out.append(self.experts(opened, *self.router(residual.flatten(0, 1))))
        dense, routed = rms_norm(torch.stack(out), w.closing, self.eps)
        mixed = rms_norm((dense + routed).view_as(residual), w.after_mlps, self.eps)
        return (residual + mixed) * scalar, rows

    def laid_out(self) -> PlainWeights:
        """From the parameters."""
        attention = self.self_attn
        mlps = [self.mlp.laid_out()]
        if self.twins:
            experts = self._only_expert()
            scaled = experts.down_proj[0].mT * self.router.per_expert_scale
            mlps.append(GatedMlp(experts.gate_up_proj[0].mT, scaled))
        opening = self.pre_feedforward_layernorm, self.pre_feedforward_layernorm_2
        gains = torch.stack([norm.weight for norm in opening]).float()
        closing = self.post_feedforward_layernorm_1, self.post_feedforward_layernorm_2
        return LayerWeights(
            before_attention=self.input_layernorm.weight.float(),
            qkv=torch.cat([part.weight.mT for part in attention.projections()], dim=1),
            head_gains=attention.head_gains().float(),
            out=attention.o_proj.weight.mT,
            after_attention=self.post_attention_layernorm.weight.float(),
            mlps=TwinMlps(gains, tuple(mlps)),
            before_experts=gains[1],
            closing=torch.stack([norm.weight for norm in closing])[:, None].float(),
            after_mlps=self.post_feedforward_layernorm.weight.float(),
        )

    def keep_weights(self) -> PlainWeights:
        """Lay the weights out once and for all, for inference: large parameters become views."""
        if self._kept is not None and isinstance(self._kept.mlps, TwinMlps):
            return self._kept
        self._kept = w = self.laid_out()
        parts = self.self_attn.projections()
        pieces = torch.split(w.qkv, [part.out_features for part in parts], dim=1)
        for part, piece in zip(parts, pieces, strict=True):
            part.weight.data = piece.mT
        self.mlp.point_into(w.mlps.mlps[0])
        return w

    def use(self, weights: PlainWeights) -> None:
        """Keep these, and the matrices' parameters no more."""
        self._kept = weights
        self._drop_matrices()

    def pack_matrices(self) -> None:
        """Keep them packed, and the parameters no more."""
        packed = self.laid_out().packed()
        self.drop_weights()
        self._kept = packed

    def drop_weights(self) -> None:
        """Keep none of the matrices, for something else has them."""
        self._kept = None
        self._drop_matrices()
        if self.twins:
            experts = self._only_expert()
            drop(experts.gate_up_proj, experts.down_proj)

    def _drop_matrices(self) -> None:
        for part in (*self.self_attn.projections(), self.self_attn.o_proj):
            drop(part.weight)
        self.mlp.drop_weights()

    def _only_expert(self) -> "Experts":
        assert isinstance(self.experts, Experts)
        return self.experts


class Attention(nn.Module):
    """Grouped-query attention with normed queries, keys and values and no 1/sqrt(d).

    Without a value projection (full layers) the values are the raw key projection.
    """

    def __init__(self, config: ModelConfig, shape: AttentionShape, has_values: bool) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = config.heads, shape.kv_heads, shape.head_dim
        self.eps = config.rms_norm_eps
        queries, keys = config.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        self.q_proj = nn.Linear(config.hidden_size, queries, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, keys, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, keys, bias=False) if has_values else None
        self.o_proj = nn.Linear(queries, config.hidden_size, bias=False)
        self.q_norm = RmsNorm(shape.head_dim, config.rms_norm_eps)
        self.k_norm = RmsNorm(shape.head_dim, config.rms_norm_eps)

    def forward(
        self,
        x: Tensor,
        w: PlainWeights | PackedWeights,
        angles: Angles,
        prefix: Sequence[KeyValue],
        mask: Tensor | None,
        causal: bool,
    ) -> tuple[Tensor, KeyValue]:
        """x [batch, rows, hidden]; the others as rotary and canvas_attention take them -> [batch,
        rows, hidden], and the rows' own keys and values [batch, kv_heads, rows, head_dim]."""
        dtype = w.qkv.dtype
        raw = (x.to(dtype) @ w.qkv).view(*x.shape[:-1], -1, self.head_dim)
        normed = rms_norm(raw, None, self.eps)
        turning = normed[:, :, : self.heads + self.kv_heads] * w.head_gains
        turned = rotary(turning, *angles).to(dtype).transpose(1, 2)
        query, key = turned[:, : self.heads], turned[:, self.heads :]
        value = normed[:, :, -self.kv_heads :].to(dtype).transpose(1, 2)
        out = canvas_attention(query, (key, value), prefix, mask, causal)
        return out.transpose(1, 2).flatten(2) @ w.out, (key, value)

    def projections(self) -> list[nn.Linear]:
        parts = [self.q_proj, self.k_proj]
        return parts if self.v_proj is None else [*parts, self.v_proj]

    def head_gains(self) -> Tensor:
        """Of the norms of queries and keys: [heads + kv_heads, head_dim]."""
        query = self.q_norm.weight.expand(self.heads, -1)
        return torch.cat((query, self.k_norm.weight.expand(self.kv_heads, -1)))


class Mlp(nn.Module):
    def __init__(self, hidden_size: int, intermediate_size: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden_size, intermediate_size, bias=False)
        self.up_proj = nn.Linear(hidden_size, intermediate_size, bias=False)
        self.down_proj = nn.Linear(intermediate_size, hidden_size, bias=False)

    def laid_out(self) -> GatedMlp:
        gate_up = torch.cat((self.gate_proj.weight.mT, self.up_proj.weight.mT), dim=1)
        return GatedMlp(gate_up, self.down_proj.weight.mT)

    def point_into(self, kept: GatedMlp) -> None:
        """Make gate and up views of what is kept, which has copied them."""
        self.gate_proj.weight.data, self.up_proj.weight.data = kept.gate_up.mT.chunk(2)

    def drop_weights(self) -> None:
        drop(self.gate_proj.weight, self.up_proj.weight, self.down_proj.weight)


class Router(nn.Module):
    """Chooses experts from the raw residual, by float32 softmax before the top k."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.eps = config.rms_norm_eps
        self.top_k = config.top_k_experts
        self.proj = nn.Linear(config.hidden_size, config.experts, bias=False)
        self.scale = nn.Parameter(torch.ones(config.hidden_size))
        self.per_expert_scale = nn.Parameter(torch.ones(config.experts))

    def forward(self, residual: Tensor) -> tuple[Tensor, Tensor]:
        """residual float32 [tokens, hidden] -> expert index and weight, both [tokens, k]"""
        normed = rms_norm(residual, self.scale, self.eps) * residual.shape[-1] ** -0.5
        scores = self.proj(normed.to(self.proj.weight.dtype))
        weight, index = scores.softmax(-1, dtype=torch.float32).topk(self.top_k)
        weight = weight / weight.sum(-1, keepdim=True) * self.per_expert_scale[index]
        return index, weight


class Experts(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        experts, size = config.experts, config.expert_intermediate_size
        self.gate_up_proj = nn.Parameter(torch.empty(experts, 2 * size, config.hidden_size))
        self.down_proj = nn.Parameter(torch.empty(experts, config.hidden_size, size))

    def forward(self, x: Tensor, index: Tensor, weight: Tensor) -> Tensor:
        """x [tokens, hidden], index and weight [tokens, k] -> [tokens, hidden]"""
        return expert_mlp(x, self.gate_up_proj, self.down_proj, index, weight)


class SelfConditioning(Mlp):
    """Adds what the previous denoise step expected to the canvas's embeddings."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config.hidden_size, config.intermediate_size)
        self.eps = config.rms_norm_eps
        self.pre_norm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self._kept: GatedMlp | None = None
        self._packed: PackedMlps | None = None

    def forward(self, embedded: Tensor, expected: Tensor | None) -> Tensor:
        """embedded, expected [batch, canvas, hidden] -> float32 of the same shape; None: nothing
        expected yet.

        The closing norm applies even without a signal; the MLP has no bias, so it adds nothing.
        """
        if expected is not None:
            signal = self.pre_norm(expected)
            if self._packed is not None:
                [signal] = self._packed(signal)
            else:
                signal = (self._kept or self.laid_out())(signal)
            embedded = embedded + signal
        return rms_norm(embedded, None, self.eps)

    def keep_weights(self) -> GatedMlp:
        """As a layer does."""
        if self._kept is None:
            self._kept = self.laid_out()
            self.point_into(self._kept)
        return self._kept

    def use(self, weights: GatedMlp) -> None:
        """As a layer does."""
        self._kept = weights
        self.drop_weights()

    def pack_matrices(self) -> None:
        """As a layer does."""
        mlp = self.laid_out()
        self._packed = PackedMlps.pack([mlp.gate_up], [mlp.down])
        self.drop_weights()


class RmsNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        """x [..., size] -> float32 of the same shape."""
        return rms_norm(x, self.weight, self.eps)


def with_gain(matrix: Tensor, gain: Tensor | None) -> Tensor:
    """The matrix [in, out] that does to x [rows, in] what `matrix` does to x * gain [in]."""
    if gain is None:
        return matrix
    return (matrix.float() * gain[:, None]).to(matrix.dtype)


def drop(*parameters: Tensor) -> None:
    """Give their memory back; what is left of them is empty."""
    for parameter in parameters:
        parameter.data = parameter.new_empty(0)


def rotary_frequencies(shape: AttentionShape) -> Tensor:
    """Angle per position of each pair, float32 [head_dim / 2]; 0 where the pair does not turn.

    On the CPU, even where a network is built on the meta device.
    """
    pair = torch.arange(shape.turning_pairs, dtype=torch.float32, device="cpu")
    frequencies = torch.zeros(shape.head_dim // 2, device="cpu")
    frequencies[: shape.turning_pairs] = 1.0 / shape.theta ** (2 * pair / shape.head_dim)
    return frequencies
