"""What config.json says of quantised weights, and the names that experts are stored under.

Knows no tensors: types are named as torch names them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.config_json import Section

METHOD = "compressed-tensors"
MODELOPT = "modelopt"


@dataclass(frozen=True, slots=True)
class Kind:
    """How numbers of one kind are stored, under which names of formats, and what has a scale."""

    stored: str
    formats: tuple[str, ...]
    strategies: tuple[str, ...]


EIGHT_BITS = ("channel", "tensor")
KINDS = {
    ("int", 8): Kind("int8", ("naive-quantized", "int-quantized"), EIGHT_BITS),
    ("float", 8): Kind("float8_e4m3fn", ("naive-quantized", "float-quantized"), EIGHT_BITS),
    ("int", 4): Kind("int32", ("pack-quantized",), ("group", "channel")),
    ("float", 4): Kind("uint8", ("nvfp4-pack-quantized",), ("tensor_group",)),
}
EXPERT_PARTS = {"gate_up_proj": ("gate_proj", "up_proj"), "down_proj": ("down_proj",)}


def quantised_types(config: Mapping[str, Any], file: Path) -> frozenset[str]:
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
        return frozenset({"uint8"})
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
