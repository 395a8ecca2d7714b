"""First weights of a plain transformer from a trained DiffusionGemma whose expert is a twin.

What the plain network lacks is put into its matrices: GELU as the SiLU next to it, the norms after
each part as the constant that they come to on the mean, dense MLP and expert as one MLP. The result
is near the other network, and is to be trained further. Knows tensors; knows no text.
"""

import torch
from torch import Tensor

from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.layers import Angles, Layer
from fillwright.kernels.rms_norm import rms_norm

SIGMOID_OF_GELU = 1.702
"""gelu(x) is nearly x sigmoid(1.702 x) (Hendrycks and Gimpel 2016, arXiv 1606.08415)."""


@torch.no_grad()
def norm_constants(model: DiffusionGemma, ids: Tensor) -> Tensor:
    """What the norms after each part come to on text `ids` int64 [batch, rows]: float32 [layers,
    4 + kv_heads], for attention, dense MLP, expert, both together, and the heads' values. Raises
    ValueError where a layer has several experts."""
    hidden = model.embed_tokens(ids).float() * model.scale()
    angles = model.angles(torch.arange(ids.shape[1])[None])
    found = []
    for layer in _layers(model):
        found.append(_constants(layer, hidden, angles[layer.kind], model.config.rms_norm_eps))
        hidden, _ = layer(hidden, angles[layer.kind], layer.encoder_layer_scalar, causal=True)
    return torch.stack(found)


def _layers(model: DiffusionGemma) -> list[Layer]:
    found = [layer for layer in model.layers if isinstance(layer, Layer)]
    if not all(layer.twins for layer in found):
        raise ValueError("a layer of several experts is no plain one")
    return found


def _constants(layer: Layer, hidden: Tensor, angles: Angles, eps: float) -> Tensor:
    w, attention = layer.laid_out(), layer.self_attn
    x = rms_norm(hidden, w.before_attention, eps)
    raw = x @ _values(layer).mT
    raw = raw.view(*raw.shape[:-1], -1, attention.head_dim)
    attended, _ = attention(x, w, angles, (), None, True)
    residual = hidden + rms_norm(attended, w.after_attention, eps)
    dense, routed = w.mlps(rms_norm(residual.flatten(0, 1), None, eps))
    closed = rms_norm(torch.stack((dense, routed)), w.closing, eps).sum(0)
    parts = [attended, dense, routed, closed, *raw.unbind(-2)]
    return torch.stack([(x.square().mean(-1) + eps).rsqrt().mean() for x in parts])


@torch.no_grad()
def plain_weights(model: DiffusionGemma, constants: Tensor) -> dict[str, Tensor]:
    """Tensors float32 by the names of a Qwen3-type checkpoint with a tied head; `constants` as
    `norm_constants` gives them. Raises ValueError where a layer has several experts."""
    scale = model.scale()
    found = {
        "model.embed_tokens.weight": model.embed_tokens.weight.float() * scale,
        "model.norm.weight": model.norm.weight.float() / scale,
    }
    for number, (layer, own) in enumerate(zip(_layers(model), constants, strict=True)):
        for name, tensor in _layer(layer, own).items():
            found[f"model.layers.{number}.{name}"] = tensor.float().clone().contiguous()
    return found


def _layer(layer: Layer, constants: Tensor) -> dict[str, Tensor]:
    w, attention = layer.laid_out(), layer.self_attn
    of_attention, *of_mlps, of_both = constants[:4]
    of_values = constants[4:].repeat_interleave(attention.head_dim)
    gates, ups, downs = [], [], []
    for mlp, gain, closing, own in zip(w.mlps.mlps, w.mlps.gains, w.closing, of_mlps, strict=True):
        gate, up = (mlp.gate_up * gain[:, None]).mT.chunk(2)
        gates.append(SIGMOID_OF_GELU * gate)
        ups.append(up / SIGMOID_OF_GELU)
        downs.append(mlp.down.mT * (own * closing[0] * of_both * w.after_mlps)[:, None])
    return {
        "self_attn.q_proj.weight": attention.q_proj.weight,
        "self_attn.k_proj.weight": attention.k_proj.weight,
        "self_attn.v_proj.weight": _values(layer) * of_values[:, None],
        "self_attn.o_proj.weight": w.out.mT * (of_attention * w.after_attention)[:, None],
        # the plain network divides by sqrt(head_dim), this one does not
        "self_attn.q_norm.weight": attention.q_norm.weight * attention.head_dim**0.5,
        "self_attn.k_norm.weight": attention.k_norm.weight,
        "mlp.gate_proj.weight": torch.cat(gates),
        "mlp.up_proj.weight": torch.cat(ups),
        "mlp.down_proj.weight": torch.cat(downs, 1),
        "input_layernorm.weight": layer.input_layernorm.weight,
        "post_attention_layernorm.weight": torch.ones_like(layer.input_layernorm.weight),
    }


def _values(layer: Layer) -> Tensor:
    """The matrix of the values [out, in]: without one they are the raw keys."""
    attention = layer.self_attn
    return (attention.v_proj or attention.k_proj).weight
