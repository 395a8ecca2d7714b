"""Which tensors of a checkpoint are quantised, how, and under which names.

Experts take nine tenths of DiffusionGemma's bytes; a plain transformer, such as Dream's, has none,
and all matrices of its layers are stored as experts would be. Embedding, norms and router stay in
bfloat16: a denoiser whose embedding is rounded to eight bits does not converge. Vision tensors stay
as they are.
Knows no files.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from fillwright.engine.errors import BadRequest
from fillwright.engine.model.four_bits import int4_matrix, int4_packed
from fillwright.engine.model.quantization import dequantise, quantise, quantise_fp8
from fillwright.engine.model.quantization_config import METHOD

Experts = Literal["int4", "int8", "fp8"]
Rest = Literal["fp8", "bf16"]
Kind = Literal["experts", "rest"]
Matrix = Literal["int4", "int8", "fp8"]

DECODER = r"model\.decoder\."
PLAIN = r"model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj"
MODULES: dict[Kind, str] = {
    "experts": DECODER + r"layers\.\d+\.experts\.\d+\.(gate|up|down)_proj" + f"|{PLAIN}",
    "rest": DECODER + r"(layers\.\d+\.(self_attn|mlp)|self_conditioning)\.\w+_proj",
}
FUSED_EXPERTS = DECODER + r"layers\.\d+\.experts\.(gate_up_proj|down_proj)"
FORMATS: dict[Matrix, str] = {
    "int4": "pack-quantized",
    "int8": "naive-quantized",
    "fp8": "float-quantized",
}


@dataclass(frozen=True, slots=True)
class QuantizeSettings:
    """`group` is how many neighbouring columns of an int4 matrix share a scale."""

    experts: Experts
    rest: Rest = "bf16"
    group: int = 32

    def __post_init__(self) -> None:
        if self.group <= 0 or self.group % 8:
            raise BadRequest(f"A group of {self.group} columns is no multiple of 8; use 32.")

    def matrix(self, kind: Kind) -> Matrix | None:
        """How matrices of this kind are stored; None as they are."""
        if kind == "experts":
            return self.experts
        return None if self.rest == "bf16" else self.rest


def kind_of(name: str) -> Kind | None:
    """What the stored tensor of that name is; None for all that is never quantised."""
    if re.fullmatch(FUSED_EXPERTS, name):
        return "experts"
    for kind, module in MODULES.items():
        if re.fullmatch(rf"({module})\.weight", name):
            return kind
    return None


def check_columns(name: str, columns: int, settings: QuantizeSettings) -> None:
    """Raises BadRequest where the groups of an int4 matrix do not come out even."""
    kind = kind_of(name)
    if kind and settings.matrix(kind) == "int4" and columns % settings.group:
        raise BadRequest(
            f"Tensor {name} has {columns} columns, which groups of {settings.group} do not divide; "
            "use a smaller --group."
        )


def quantised(
    name: str, weight: Tensor, matrix: Matrix, group: int
) -> tuple[Iterator[tuple[str, Tensor]], Tensor]:
    """The tensors that the matrix `name` [rows, columns] becomes, and what it is read back as."""
    if matrix != "int4":
        stored, scale = quantise_fp8(weight) if matrix == "fp8" else quantise(weight)
        return iter([(name, stored), (f"{name}_scale", scale)]), dequantise(stored, scale)
    packed, scale = int4_packed(weight, group)
    shape = torch.tensor(weight.shape, dtype=torch.int64)
    tensors = [(f"{name}_packed", packed), (f"{name}_scale", scale), (f"{name}_shape", shape)]
    return iter(tensors), int4_matrix(packed, scale, weight.shape[-1])


def quantization_config(settings: QuantizeSettings) -> dict[str, Any]:
    """The entry `quantization_config` of config.json, as compressed-tensors has it."""
    matrices = {kind: settings.matrix(kind) for kind in MODULES}
    groups = {
        kind: {
            "targets": [f"re:^({MODULES[kind]})$"],
            "weights": _weights(matrix, settings.group),
            "format": FORMATS[matrix],
        }
        for kind, matrix in matrices.items()
        if matrix
    }
    formats = {FORMATS[matrix] for matrix in matrices.values() if matrix}
    return {
        "quant_method": METHOD,
        "format": formats.pop() if len(formats) == 1 else "mixed-precision",
        "quantization_status": "compressed",
        "config_groups": groups,
        "ignore": ["lm_head", "re:.*router.*", "re:.*vision.*"],
    }


def _weights(matrix: Matrix, group: int) -> dict[str, Any]:
    common: dict[str, Any] = {"symmetric": True, "dynamic": False}
    if matrix != "int4":
        number = "float" if matrix == "fp8" else "int"
        return common | {"num_bits": 8, "type": number, "strategy": "channel"}
    return common | {"num_bits": 4, "type": "int", "strategy": "group", "group_size": group}
