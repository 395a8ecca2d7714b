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

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.config_json import Section

METHOD = "compressed-tensors"
MODELOPT = "modelopt"


@dataclass(frozen=True, slots=True)
class Kind:
    """How numbers of one kind are stored, under which names of formats, and what has a scale."""

    stored: torch.dtype
    formats: tuple[str, ...]
    strategies: tuple[str, ...]


EIGHT_BITS = ("channel", "tensor")
KINDS = {
    ("int", 8): Kind(torch.int8, ("naive-quantized", "int-quantized"), EIGHT_BITS),
    ("float", 8): Kind(torch.float8_e4m3fn, ("naive-quantized", "float-quantized"), EIGHT_BITS),
    ("int", 4): Kind(torch.int32, ("pack-quantized",), ("group", "channel")),
    ("float", 4): Kind(torch.uint8, ("nvfp4-pack-quantized",), ("tensor_group",)),
}
LARGEST = 127  # -128 stays unused, so that a row's largest weight is exact whatever its sign
EXPERT_PARTS = {"gate_up_proj": ("gate_proj", "up_proj"), "down_proj": ("down_proj",)}

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


def quantised_types(config: Mapping[str, Any], file: Path) -> frozenset[torch.dtype]:
    """The types in which `config`, parsed from `file`, says that matrices are quantised; none
    without a `quantization_config`. Raises CheckpointError for what cannot be read."""
    if not (quantization := config.get("quantization_config")):
        return frozenset()
    method = isinstance(quantization, Mapping) and quantization.get("quant_method")
    if method not in (METHOD, MODELOPT):
        raise CheckpointError(
            f"{file} says the weights are quantised ({method or 'unnamed'}), which cannot be read; "
            "use the unquantised checkpoint."
        )
    root = Section("", config).section("quantization_config")
    if method == MODELOPT:
        root.choice("quant_algo", "NVFP4")
        return frozenset({torch.uint8})
    for key in ("transform_config", "sparsity_config"):
        if root.entries.get(key):
            raise root.wrong(key, "empty")
    groups = root.section("config_groups")
    types = set()
    for name in groups.entries:
        group = groups.section(name)
        if group.entries.get("weights") is None:
            continue
        weights = group.section("weights")
        bits = weights.choice("num_bits", 8, 4)
        weights.choice("symmetric", True, None)
        kind = KINDS[str(weights.choice("type", "int", "float")), int(str(bits))]
        weights.choice("strategy", *kind.strategies)
        group.choice("format", *kind.formats, None)
        root.choice("format", *kind.formats, "mixed-precision")
        types.add(kind.stored)
    return frozenset(types)


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


def expert_parts(name: str, experts: int) -> list[tuple[str, ...]]:
    """The stored names of the matrices, per expert, whose rows one after another are that expert
    of the stacked parameter `name`; none where `name` is no such parameter."""
    place, _, kind = name.rpartition(".")
    if not place.endswith(".experts") or kind not in EXPERT_PARTS:
        return []
    return [
        tuple(f"{place}.{expert}.{part}.weight" for part in EXPERT_PARTS[kind])
        for expert in range(experts)
    ]
