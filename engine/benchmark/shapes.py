"""The networks that are measured: their shapes, and one with random weights."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, cast

import torch
from torch import Tensor, nn

from fillwright.engine.model.config import AttentionShape, ModelConfig
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.gpu_layers import PackedExperts
from fillwright.engine.model.gpu_network import GpuNetwork
from fillwright.engine.model.layers import Experts, GatedMlp, Layer, PlainWeights
from fillwright.engine.model.quantization import quantise_fp8
from fillwright.kernels.gpu.packed_experts import ExpertMatrix
from fillwright.kernels.gpu.scaled_matrix import E4M3, ScaledMatrix

Format = Literal["bf16", "fp8", "int4"]
GROUP = 32

# google/diffusiongemma-26B-A4B-it
DIFFUSIONGEMMA_26B = ModelConfig(
    vocab_size=262144,
    hidden_size=2816,
    intermediate_size=2112,
    heads=16,
    layer_kinds=(*("sliding_attention",) * 5, "full_attention") * 5,
    shapes={
        "sliding_attention": AttentionShape(8, 256, theta=1e4, turning_pairs=128),
        "full_attention": AttentionShape(2, 512, theta=1e6, turning_pairs=64),
    },
    sliding_window=1024,
    experts=128,
    top_k_experts=8,
    expert_intermediate_size=704,
    rms_norm_eps=1e-6,
    logit_softcap=30.0,
    canvas_length=256,
)
# small enough for Triton's interpreter
TINY = ModelConfig(
    vocab_size=300,
    hidden_size=64,
    intermediate_size=48,
    heads=2,
    layer_kinds=("sliding_attention", "full_attention"),
    shapes={
        "sliding_attention": AttentionShape(1, 32, theta=1e4, turning_pairs=16),
        "full_attention": AttentionShape(1, 64, theta=1e6, turning_pairs=8),
    },
    sliding_window=16,
    experts=4,
    top_k_experts=2,
    expert_intermediate_size=64,
    rms_norm_eps=1e-6,
    logit_softcap=30.0,
    canvas_length=16,
)
# little work in each position, for where there are many
NARROW = replace(
    TINY,
    hidden_size=16,
    intermediate_size=16,
    expert_intermediate_size=32,
    heads=1,
    shapes={
        kind: replace(shape, kv_heads=1, head_dim=8, turning_pairs=4)
        for kind, shape in TINY.shapes.items()
    },
)
SHAPES = {"26b": DIFFUSIONGEMMA_26B, "tiny": TINY}


def random_network(
    config: ModelConfig, format: Format, positions: int, device: torch.device, seed: int = 0
) -> GpuNetwork:
    """With experts of that format; what is no expert is FP8 too, unless they are bf16."""
    random = torch.Generator(device).manual_seed(seed)
    return GpuNetwork.of(random_model(config, format, random), positions)


def with_reference(
    config: ModelConfig, format: Format, positions: int, device: torch.device
) -> tuple[GpuNetwork, DiffusionGemma]:
    """A random network, and the torch network of the same weights, whose experts are dequantised:
    for shapes of which both fit."""
    model = random_model(config, format, torch.Generator(device).manual_seed(1))
    network = GpuNetwork.of(model, positions)
    for layer in model.layers:
        assert isinstance(layer, Layer)
        layer.experts = _dequantised(layer.experts, config, float_type(device))
        layer.use(_converted(layer.keep_weights(), _plain))
    signal = model.self_conditioning
    signal.use(_converted_mlp(signal.keep_weights(), _plain))
    return network, model


def random_experts(config: ModelConfig, format: Format, random: torch.Generator) -> PackedExperts:
    inner, hidden = config.expert_intermediate_size, config.hidden_size
    gate_up = _random_matrix((config.experts, 2 * inner, hidden), format, random)
    return PackedExperts(gate_up, _random_matrix((config.experts, hidden, inner), format, random))


def _dequantised(packed: nn.Module, config: ModelConfig, dtype: torch.dtype) -> Experts:
    assert isinstance(packed, PackedExperts)
    with torch.device("meta"):
        experts = Experts(config)
    for name, matrix in (("gate_up_proj", packed.gate_up), ("down_proj", packed.down)):
        weight = nn.Parameter(matrix.dequantised().to(dtype), requires_grad=False)
        setattr(experts, name, weight)
    return experts


def _random_matrix(
    shape: tuple[int, int, int], format: Format, random: torch.Generator
) -> ExpertMatrix:
    experts, rows, columns = shape
    device, size = random.device, columns**-0.5
    if format == "int4":
        words = torch.randint(
            -(2**31), 2**31, (experts, rows, columns // 8), generator=random, device=device
        ).to(torch.int32)
        scale = torch.full((experts, rows, columns // GROUP), size / 4, device=device)
        return ExpertMatrix.int4(words, scale)
    dtype = E4M3 if format == "fp8" else float_type(device)
    weight = torch.empty(shape, dtype=dtype, device=device)
    for expert in weight:
        drawn = torch.randn(rows, columns, generator=random, device=device)
        expert.copy_(drawn if format == "fp8" else drawn * size)
    if format == "bf16":
        return ExpertMatrix.bf16(weight)
    return ExpertMatrix.fp8(weight, torch.full((experts, rows), size, device=device))


def float_type(device: torch.device) -> torch.dtype:
    """bfloat16 on a GPU; Triton's interpreter, on a CPU, computes float32."""
    return torch.bfloat16 if device.type == "cuda" else torch.float32


@torch.no_grad()
def random_model(config: ModelConfig, format: Format, random: torch.Generator) -> DiffusionGemma:
    """Weights that keep a row's size, made where they are to lie; nothing else holds them."""
    with torch.device("meta"):
        model = DiffusionGemma(config)
    for layer in model.layers:
        layer.experts = random_experts(config, format, random)
    device = random.device
    model.to(float_type(device)).to_empty(device=device)
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        _fill(name, tensor, random)
    if format != "bf16":
        _round_to_fp8(model)
    model.frequencies = {kind: each.to(device) for kind, each in model.frequencies.items()}
    return model.eval().requires_grad_(False)


def _round_to_fp8(model: DiffusionGemma) -> None:
    """All that is no expert; its parameters are empty from then on."""
    for layer in model.layers:
        assert isinstance(layer, Layer)
        layer.use(_converted(layer.laid_out(), _fp8))
    signal = model.self_conditioning
    signal.use(_converted_mlp(signal.laid_out(), _fp8))


def _converted(weights: PlainWeights, to: Callable[[Tensor], Tensor]) -> PlainWeights:
    mlps = tuple(_converted_mlp(mlp, to) for mlp in weights.mlps.mlps)
    twins = replace(weights.mlps, mlps=mlps)
    return replace(weights, qkv=to(weights.qkv), out=to(weights.out), mlps=twins)


def _converted_mlp(mlp: GatedMlp, to: Callable[[Tensor], Tensor]) -> GatedMlp:
    return GatedMlp(to(mlp.gate_up), to(mlp.down))


def _fp8(matrix: Tensor) -> Tensor:
    return cast(Tensor, ScaledMatrix.side_by_side([quantise_fp8(matrix.mT)], matrix.dtype))


def _plain(matrix: Tensor | ScaledMatrix) -> Tensor:
    if isinstance(matrix, ScaledMatrix):
        return matrix.dequantised().to(matrix.dtype)
    return matrix


def _fill(name: str, tensor: Tensor, random: torch.Generator) -> None:
    if tensor.ndim > 1:
        tensor.normal_(std=tensor.shape[-1] ** -0.5, generator=random)
    else:
        tensor.uniform_(0.5, 1.5, generator=random)
    if name.endswith(("q_norm.weight", "k_norm.weight")):
        # attention has no 1/sqrt(d): gains of 1 would make it a maximum
        tensor.mul_(tensor.shape[0] ** -0.25)
