"""Quantised matrices in the layout of the compressed-tensors library, which also reads what is
written here, in eight bits; `four_bits.py` has those of four.

`NAME.weight` is int8 or FP8 [rows, columns], `NAME.weight_scale` float [rows, 1], one scale per
output channel; a weight is worth their product. Formats of the library: `naive-quantized` and
`float-quantized` are written, `int-quantized` is read too, whatever they say of activations, which
stay as they are here. Norms, scalars and the router are not quantised. The export of a training
(int8) quantises the embedding, row by row, and with it the head that is tied to it.

The library knows matrices of `Linear` and `Embedding` modules only. The experts of this
architecture are stacked, `experts.gate_up_proj` [experts, 2 * size, hidden]: applied to the network
as transformers builds it, the library leaves them in bfloat16. Checkpoints that quantise them store
each expert as three matrices, like a dense MLP: `experts.0.gate_proj.weight` and so on. The
published FP8 checkpoint of DiffusionGemma, vLLM and llm-compressor do so, and so do we.
transformers 5.23 cannot put int8 experts together again for this architecture: give it the bfloat16
export.
"""

from typing import Any

import torch
from torch import Tensor

from fillwright.engine.model.quantization_config import METHOD

LARGEST = 127  # -128 stays unused, so that a row's largest weight is exact whatever its sign

QUANTIZATION_CONFIG: dict[str, Any] = {
    "quant_method": METHOD,
    "format": "naive-quantized",
    "quantization_status": "compressed",
    "config_groups": {
        "group_0": {
            "targets": ["Linear", "Embedding"],
            "weights": {
                "num_bits": 8,
                "type": "int",
                "symmetric": True,
                "strategy": "channel",
                "dynamic": False,
            },
            "format": "naive-quantized",
        }
    },
    "ignore": ["lm_head", "re:.*router.*", "re:.*vision.*"],
}


def quantise(weight: Tensor) -> tuple[Tensor, Tensor]:
    """weight float [rows, columns] -> int8 [rows, columns] and scale float32 [rows, 1]."""
    exact = weight.float()
    # a row of zeros has no scale of its own; any will do
    scale = (exact.abs().amax(-1, keepdim=True) / LARGEST).clamp(min=torch.finfo().tiny)
    return (exact / scale).round().to(torch.int8), scale


def quantise_fp8(weight: Tensor) -> tuple[Tensor, Tensor]:
    """weight float [rows, columns] -> e4m3 [rows, columns] and scale float32 [rows, 1]."""
    exact, largest = weight.float(), torch.finfo(torch.float8_e4m3fn).max
    scale = (exact.abs().amax(-1, keepdim=True) / largest).clamp(min=torch.finfo().tiny)
    return (exact / scale).clamp(-largest, largest).to(torch.float8_e4m3fn), scale


def dequantise(stored: Tensor, scale: Tensor) -> Tensor:
    """stored int8 or FP8 [rows, columns], scale [rows, 1] or [1] -> the scale's type."""
    return stored.to(scale.dtype) * scale


def quantisable(name: str, tensor: Tensor) -> bool:
    """Whether the parameter of that stored name is a matrix, or stacked experts, to quantise."""
    return tensor.dim() > 1 and ".router." not in name
