"""A layer of DiffusionGemma as the GPU's kernels take it: parameters laid out once, and its pass.

The same arithmetic as in layers.py, which the tests compare it with. Prompt rows and canvas rows go
through together: only their scalar, their window and who writes the prefix cache differ, and the
kernels see to that.
"""

from dataclasses import dataclass
from typing import Self

import torch.nn.functional as F
from torch import Tensor, nn

from fillwright.engine.model.layers import Experts, Layer, RmsNorm
from fillwright.kernels.canvas_attention import KeyValue
from fillwright.kernels.gpu.canvas_attention import UNLIMITED, canvas_attention
from fillwright.kernels.gpu.expert_mlp import expert_mlp
from fillwright.kernels.gpu.geglu import gate
from fillwright.kernels.gpu.norm_residual import LayerNorms, after_attention, after_mlps
from fillwright.kernels.gpu.packed_experts import ExpertMatrix
from fillwright.kernels.gpu.qkv_post import HeadNorms, qkv_post
from fillwright.kernels.gpu.routing import route


@dataclass(frozen=True, slots=True, eq=False)
class CachePlace:
    """Where the rows of a pass stand. where int32 [3] on the device: the slot of the cache, the
    first row's position, and how many of the rows are the prompt's; angles float32
    [positions, head_dim / 2]; cached: keys and values of the layer, [slots, kv_heads, rows,
    head_dim], position p at row p modulo rows."""

    where: Tensor
    angles: tuple[Tensor, Tensor]
    cached: KeyValue


class PackedExperts(nn.Module):
    """Experts as few bits as they are stored in, in place of a layer's."""

    def __init__(self, gate_up: ExpertMatrix, down: ExpertMatrix) -> None:
        super().__init__()
        self.gate_up, self.down = gate_up, down

    def forward(self, x: Tensor, index: Tensor, weight: Tensor) -> Tensor:
        """x [tokens, hidden], index and weight [tokens, k]"""
        return expert_mlp(x, self.gate_up, self.down, index.int(), weight)


@dataclass(frozen=True, slots=True, eq=False)
class GpuLayer:
    """Matrices [in, out] of the weights' type, or ScaledMatrix in their place; gate columns before
    up columns; router [experts, hidden]. `reach`: how many earlier tokens a row sees. expert_scale
    float32 [experts]."""

    qkv: Tensor
    out: Tensor
    gate_up: Tensor
    down: Tensor
    router: Tensor
    expert_scale: Tensor
    expert_gate_up: ExpertMatrix
    expert_down: ExpertMatrix
    experts_per_token: int
    heads: HeadNorms
    norms: LayerNorms
    reach: int

    @classmethod
    def of(cls, layer: Layer, following: RmsNorm, reach: int) -> Self:
        """From a layer, which then shares its large parameters; `following` is the norm after it:
        the next layer's first, or the network's last."""
        attention, router, w = layer.self_attn, layer.router, layer.keep_weights()
        mlp, experts = w.mlps.mlps[0], packed_experts(layer.experts)
        norms = LayerNorms(
            after_attention=w.after_attention,
            before_dense=w.mlps.gains[0],
            before_experts=w.before_experts,
            router=router.scale.float() * router.scale.shape[0] ** -0.5,
            after_dense=w.closing[0, 0],
            after_experts=w.closing[1, 0],
            after_mlps=w.after_mlps,
            next_layer=following.weight.float(),
            encoder_scalar=layer.encoder_layer_scalar.float(),
            decoder_scalar=layer.layer_scalar.float(),
            eps=layer.eps,
        )
        return cls(
            qkv=w.qkv,
            out=w.out,
            gate_up=mlp.gate_up,
            down=mlp.down,
            router=router.proj.weight,
            expert_scale=router.per_expert_scale.float(),
            expert_gate_up=experts.gate_up,
            expert_down=experts.down,
            experts_per_token=router.top_k,
            heads=HeadNorms(
                attention.q_norm.weight.float(),
                attention.k_norm.weight.float(),
                layer.eps,
                attention.heads,
                attention.kv_heads,
                has_values=attention.v_proj is not None,
            ),
            norms=norms,
            reach=min(reach, UNLIMITED),
        )

    def __call__(self, x: Tensor, residual: Tensor, place: CachePlace) -> Tensor:
        """x [rows, hidden], normed; residual float32 [rows, hidden], changed in place -> what the
        next layer reads. The prompt rows' keys and values go to the cache."""
        q, rows = qkv_post(x @ self.qkv, self.heads, place.angles, place.cached, place.where)
        seen = canvas_attention(q, rows, place.cached, place.where, self.reach)
        attended = seen.flatten(1) @ self.out
        dense_in, expert_in, router_in = after_attention(attended, residual, self.norms)
        dense = gate(dense_in @ self.gate_up) @ self.down
        scores = F.linear(router_in, self.router)
        index, weight = route(scores, self.expert_scale, self.experts_per_token)
        routed = expert_mlp(expert_in, self.expert_gate_up, self.expert_down, index, weight)
        return after_mlps(dense, routed, residual, self.norms, place.where)


def packed_experts(experts: nn.Module) -> PackedExperts:
    """Those of a layer, which may be packed already."""
    if isinstance(experts, PackedExperts):
        return experts
    assert isinstance(experts, Experts)
    gate_up, down = experts.gate_up_proj, experts.down_proj
    return PackedExperts(ExpertMatrix.bf16(gate_up), ExpertMatrix.bf16(down))
