"""Plain transformers in the shape of real checkpoints, with random weights."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import torch
from torch import nn

from fillwright.engine.model.four_bits import int4_packed
from fillwright.engine.model.quantization import quantise
from fillwright.engine.model.stored_linear import StoredLinear, kernels_here
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import TransformerConfig
from fillwright.engine.model.weights import Matrix
from fillwright.kernels.cpu.operations import CpuKernels

PlainFormat = Literal["bf16", "int8", "int4"]
GROUP = 64

# Dream-org/DreamOn-v0-7B, the network of Qwen2.5-Coder-0.5B, which Open-dCoder has,
# ByteDance-Seed/Stable-DiffCoder-8B-Base, and the network of Qwen3-8B, which SDAR-8B has
PLAIN_SHAPES: Mapping[str, TransformerConfig] = {
    "dreamon-7b": TransformerConfig(
        "qwen2", 152064, 3584, 18944, 28, 28, 4, 128, 1e6, 1e-6, tied=False
    ),
    "open-dcoder-0.5b": TransformerConfig(
        "qwen2", 151936, 896, 4864, 24, 14, 2, 64, 1e6, 1e-6, tied=True
    ),
    "stable-diffcoder-8b": TransformerConfig(
        "llama", 155136, 4096, 14336, 32, 32, 8, 128, 5e5, 1e-6, tied=False
    ),
    "sdar-8b": TransformerConfig(
        "qwen3", 151936, 4096, 12288, 36, 32, 8, 128, 1e6, 1e-6, tied=False
    ),
    "dreamon-tiny": TransformerConfig("qwen2", 300, 64, 128, 2, 4, 2, 16, 1e4, 1e-6, tied=False),
    "sdar-tiny": TransformerConfig("qwen3", 300, 64, 128, 2, 4, 2, 16, 1e4, 1e-6, tied=False),
}
BLOCKS: Mapping[str, int] = {"stable-diffcoder-8b": 4, "sdar-8b": 4, "sdar-tiny": 4}
"""Rows of a block, of those whose steps read no other rows."""


def random_transformer(
    config: TransformerConfig, format: PlainFormat, layers: int, device: torch.device
) -> Transformer:
    """With so many `layers`, whose matrices are of that format; the others are bfloat16."""
    with torch.device("meta"):
        network = Transformer(replace(config, layers=layers))
    network.to(torch.bfloat16).to_empty(device=device)
    for tensor in network.parameters():
        with torch.no_grad():
            if tensor.ndim > 1:
                tensor.normal_(std=tensor.shape[-1] ** -0.5)
            else:
                tensor.uniform_(0.5, 1.5)
    if format != "bf16":
        kernels = kernels_here(torch.get_num_threads()) if device.type == "cpu" else None
        for layer in network.model.layers:
            for name, part in list(layer.named_modules()):
                if isinstance(part, nn.Linear):
                    layer.set_submodule(name, _stored(part, format, kernels))
    return network.eval().requires_grad_(False)


def layer_bytes(network: Transformer) -> int:
    """Of one layer's matrices."""
    parts = network.model.layers[0].modules()
    return sum(
        part.nbytes if isinstance(part, StoredLinear) else part.weight.nbytes
        for part in parts
        if isinstance(part, StoredLinear | nn.Linear)
    )


def _stored(part: nn.Linear, format: PlainFormat, kernels: CpuKernels | None) -> StoredLinear:
    weight = part.weight.detach()
    if format == "int4":
        matrix = Matrix(*int4_packed(weight, min(GROUP, weight.shape[1])))
    else:
        stored, scale = quantise(weight)
        matrix = Matrix(stored, scale.to(torch.bfloat16))
    return StoredLinear(matrix, weight.shape, weight.dtype, part.bias, kernels)
