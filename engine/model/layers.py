"""The layers of DiffusionGemma, named as in the checkpoint so that its tensors load by name.

One layer serves both roles: as encoder it is causal and its keys and values go to the prefix KV
cache, as decoder its rows are the canvas. Only the mask and the layer scalar differ. Knows no
tokens and no cache policy.
"""

import torch
from torch import Tensor, nn

from fillwright.engine.model.config import AttentionShape, LayerKind, ModelConfig
from fillwright.kernels.canvas_attention import KeyValue, canvas_attention
from fillwright.kernels.expert_mlp import expert_mlp, one_expert
from fillwright.kernels.geglu import geglu
from fillwright.kernels.rms_norm import rms_norm
from fillwright.kernels.rotary import rotary

Angles = tuple[Tensor, Tensor]


class Layer(nn.Module):
    """Attention, then dense MLP and experts side by side, each between norms."""

    layer_scalar: Tensor
    encoder_layer_scalar: Tensor

    def __init__(self, config: ModelConfig, kind: LayerKind) -> None:
        super().__init__()
        self.kind = kind
        self.self_attn = Attention(config, config.shapes[kind], has_values=kind != "full_attention")
        self.mlp = Mlp(config.hidden_size, config.intermediate_size)
        self.router = Router(config)
        self.experts = Experts(config)
        self.input_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.pre_feedforward_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.pre_feedforward_layernorm_2 = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm_1 = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.post_feedforward_layernorm_2 = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.register_buffer("layer_scalar", torch.ones(1))
        self.register_buffer("encoder_layer_scalar", torch.ones(1))

    def forward(
        self,
        hidden: Tensor,
        angles: Angles,
        scalar: Tensor,
        prefix: KeyValue | None = None,
        mask: Tensor | None = None,
        causal: bool = False,
    ) -> tuple[Tensor, KeyValue]:
        """hidden [batch, rows, hidden] -> the same, and the rows' keys and values."""
        attended, rows = self.self_attn(self.input_layernorm(hidden), angles, prefix, mask, causal)
        residual = hidden + self.post_attention_layernorm(attended)

        dense = self.mlp(self.pre_feedforward_layernorm(residual))
        routed = self.experts(self.pre_feedforward_layernorm_2(residual), self.router, residual)
        mixed = self.post_feedforward_layernorm_1(dense) + self.post_feedforward_layernorm_2(routed)
        return (residual + self.post_feedforward_layernorm(mixed)) * scalar, rows


class Attention(nn.Module):
    """Grouped-query attention with normed queries, keys and values and no 1/sqrt(d).

    Without a value projection (full layers) the values are the raw key projection.
    """

    def __init__(self, config: ModelConfig, shape: AttentionShape, has_values: bool) -> None:
        super().__init__()
        self.head_dim = shape.head_dim
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
        hidden: Tensor,
        angles: Angles,
        prefix: KeyValue | None,
        mask: Tensor | None,
        causal: bool,
    ) -> tuple[Tensor, KeyValue]:
        raw_key = self._heads(self.k_proj(hidden))
        raw_value = raw_key if self.v_proj is None else self._heads(self.v_proj(hidden))
        query = rotary(self.q_norm(self._heads(self.q_proj(hidden))), *angles)
        key = rotary(self.k_norm(raw_key), *angles)
        value = rms_norm(raw_value, None, self.eps)
        out = canvas_attention(query, (key, value), prefix, mask, causal)
        return self.o_proj(out.transpose(1, 2).flatten(2)), (key, value)

    def _heads(self, x: Tensor) -> Tensor:
        """[batch, rows, heads * head_dim] -> [batch, heads, rows, head_dim]"""
        return x.view(*x.shape[:-1], -1, self.head_dim).transpose(1, 2)


class Mlp(nn.Module):
    def __init__(self, hidden_size: int, intermediate_size: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden_size, intermediate_size, bias=False)
        self.up_proj = nn.Linear(hidden_size, intermediate_size, bias=False)
        self.down_proj = nn.Linear(intermediate_size, hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return geglu(x, self.gate_proj.weight, self.up_proj.weight, self.down_proj.weight)


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
        """residual [tokens, hidden] -> expert index and weight, both [tokens, k]"""
        normed = rms_norm(residual, None, self.eps) * self.scale * residual.shape[-1] ** -0.5
        weight, index = self.proj(normed).softmax(-1, dtype=torch.float32).topk(self.top_k)
        weight = weight / weight.sum(-1, keepdim=True) * self.per_expert_scale[index]
        return index, weight


class Experts(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        experts, size = config.experts, config.expert_intermediate_size
        self.gate_up_proj = nn.Parameter(torch.empty(experts, 2 * size, config.hidden_size))
        self.down_proj = nn.Parameter(torch.empty(experts, config.hidden_size, size))

    def forward(self, x: Tensor, router: Router, residual: Tensor) -> Tensor:
        """x, residual [batch, rows, hidden]; the router looks at the residual."""
        if self.gate_up_proj.shape[0] == 1:
            # a softmax over one score is 1: a single expert is a second dense MLP
            return one_expert(x, self.gate_up_proj[0], self.down_proj[0]) * router.per_expert_scale
        index, weight = router(residual.flatten(0, 1))
        out = expert_mlp(x.flatten(0, 1), self.gate_up_proj, self.down_proj, index, weight)
        return out.view_as(x)


class SelfConditioning(nn.Module):
    """Adds what the previous denoise step expected to the canvas's embeddings."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.eps = config.rms_norm_eps
        self.pre_norm = RmsNorm(config.hidden_size, config.rms_norm_eps)
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, embedded: Tensor, expected: Tensor | None) -> Tensor:
        """embedded, expected [batch, canvas, hidden]; None: nothing expected yet.

        The closing norm applies even without a signal; the MLP has no bias, so it adds nothing.
        """
        if expected is not None:
            signal = self.pre_norm(expected)
            embedded = embedded + geglu(
                signal, self.gate_proj.weight, self.up_proj.weight, self.down_proj.weight
            )
        return rms_norm(embedded, None, self.eps)


class RmsNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        return rms_norm(x, self.weight, self.eps)


def rotary_frequencies(shape: AttentionShape) -> Tensor:
    """Angle per position of each pair, float32 [head_dim / 2]; 0 where the pair does not turn.

    On the CPU, even where a network is built on the meta device.
    """
    pair = torch.arange(shape.turning_pairs, dtype=torch.float32, device="cpu")
    frequencies = torch.zeros(shape.head_dim // 2, device="cpu")
    frequencies[: shape.turning_pairs] = 1.0 / shape.theta ** (2 * pair / shape.head_dim)
    return frequencies
