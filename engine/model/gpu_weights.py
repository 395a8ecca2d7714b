"""A checkpoint folder -> a network on a GPU, whose experts stay as many bits as they are stored in,
and whose other matrices stay FP8 where they are.

Experts are nine tenths of the weights: read one matrix at a time, they are packed as the kernels
take them, and never lie on the device as anything larger. All else is what weights.py makes of it.
GPUs before sm_89 know no FP8: there it is dequantised.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from fillwright.engine.model.config import ModelConfig, model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.gpu_layers import PackedExperts
from fillwright.engine.model.layers import GatedMlp, Layer, Mlp, PlainWeights, TwinMlps
from fillwright.engine.model.quantization_config import quantised_types
from fillwright.engine.model.safetensors_files import files_by_tensor, opened, stored_name
from fillwright.engine.model.weights import Matrix, StoredTensors, load_weights
from fillwright.kernels.gpu.packed_experts import ExpertMatrix
from fillwright.kernels.gpu.scaled_matrix import E4M3, ScaledMatrix

PACKED = re.compile(r"(self_attn|mlp|self_conditioning)\.\w+_proj$")
"""The matrices that are read apart from the rest; experts are too."""
WIDTHS: Mapping[str, int] = {
    "F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "I8": 1, "U8": 1,
}  # fmt: skip
"""Bytes of safetensors' types."""


def load_packed(
    folder: Path,
    device: str,
    dtype: torch.dtype = torch.bfloat16,
    progress: Callable[[float], None] = lambda fraction: None,
) -> DiffusionGemma:
    """dtype is that of activations and of all that is not packed. `progress` gets fractions in
    [0, 1]. Raises CheckpointError that names the tensor and the file."""
    raw = read_config(folder)
    config = model_config(raw)
    with torch.device("meta"):
        model = DiffusionGemma(config)
    layers = [layer for layer in model.layers if isinstance(layer, Layer)]
    matrices = [part for name, part in model.named_modules() if PACKED.search(name)]
    for part in matrices:
        part.register_parameter("weight", None)
    for layer in layers:
        layer.experts = nn.Identity()
    load_weights(model, folder, raw, device, dtype, lambda done: progress(done / 10))
    for part in matrices:
        part.weight = nn.Parameter(torch.empty(0, 0, dtype=dtype, device=device))
    model.frequencies = {kind: each.to(device) for kind, each in model.frequencies.items()}
    model.eval().requires_grad_(False)

    tensors = StoredTensors(folder, quantised_types(raw, folder / "config.json"), device)
    packer = Packer(tensors, config, dtype, knows_fp8(torch.device(device)))
    model.self_conditioning.use(packer.mlp("self_conditioning", model.self_conditioning))
    for index, layer in enumerate(layers):
        layer.use(packer.weights(f"layers.{index}", layer))
        layer.experts = packer.experts(f"layers.{index}.experts")
        progress(0.1 + 0.9 * (index + 1) / len(layers))
    return model


def knows_fp8(device: torch.device) -> bool:
    """Triton's interpreter does too."""
    return device.type != "cuda" or torch.cuda.get_device_capability(device) >= (8, 9)


def packed_bytes(folder: Path, dtype: torch.dtype) -> int:
    """What load_packed's weights take on the device. Raises CheckpointError."""
    total, files = 0, files_by_tensor(folder)
    for path in set(files.values()):
        with opened(path, "cpu") as file:
            for name in file.keys():  # noqa: SIM118 (no dictionary)
                if name.startswith(stored_name("")):
                    stored = file.get_slice(name)
                    packed = ".experts." in name or stored.get_dtype() == "F8_E4M3"
                    width = WIDTHS[stored.get_dtype()] if packed else dtype.itemsize
                    total += math.prod(stored.get_shape()) * width
    return total


@dataclass(frozen=True, slots=True, eq=False)
class Packer:
    """Reads a checkpoint's matrices as they are to lie on the device."""

    tensors: StoredTensors
    config: ModelConfig
    dtype: torch.dtype
    fp8: bool

    def weights(self, name: str, layer: Layer) -> PlainWeights:
        """A layer's, whose matrices are not read yet."""
        attention, rest = layer.self_attn, layer.laid_out()
        named = zip(("q_proj", "k_proj", "v_proj"), attention.projections(), strict=False)
        return replace(
            rest,
            qkv=self._matrix(f"{name}.self_attn", dict(named)),
            out=self._matrix(f"{name}.self_attn", {"o_proj": attention.o_proj}),
            mlps=TwinMlps(rest.mlps.gains, (self.mlp(f"{name}.mlp", layer.mlp),)),
        )

    def mlp(self, name: str, mlp: Mlp) -> GatedMlp:
        gate_up = {"gate_proj": mlp.gate_proj, "up_proj": mlp.up_proj}
        return GatedMlp(
            self._matrix(name, gate_up), self._matrix(name, {"down_proj": mlp.down_proj})
        )

    def experts(self, name: str) -> PackedExperts:
        config = self.config
        hidden, inner = config.hidden_size, config.expert_intermediate_size
        gate_up = torch.Size((config.experts, 2 * inner, hidden))
        down = torch.Size((config.experts, hidden, inner))
        return PackedExperts(
            self._expert_matrix(f"{name}.gate_up_proj", gate_up),
            self._expert_matrix(f"{name}.down_proj", down),
        )

    def _matrix(self, name: str, parts: Mapping[str, nn.Linear]) -> Tensor:
        """[in, out], the parts side by side; a ScaledMatrix where all of them are FP8."""
        shapes = [torch.Size((part.out_features, part.in_features)) for part in parts.values()]
        stored = [
            self.tensors.matrix(stored_name(f"{name}.{part}.weight"), shape)
            for part, shape in zip(parts, shapes, strict=True)
        ]
        if self.fp8 and all(each.stored.dtype == E4M3 for each in stored):
            pairs = [(each.stored, _scale(each)) for each in stored]
            # nothing but products is asked of it
            return cast(Tensor, ScaledMatrix.side_by_side(pairs, self.dtype))
        values = [each.dequantised(shape) for each, shape in zip(stored, shapes, strict=True)]
        return torch.cat([each.to(self.dtype) for each in values]).mT

    def _expert_matrix(self, name: str, shape: torch.Size) -> ExpertMatrix:
        experts, rows, columns = shape
        stored = stored_name(name)
        parts = self.tensors.one_by_one(stored, experts)
        if not parts:
            return ExpertMatrix.bf16(self.tensors.parameter(stored, shape, self.dtype))
        size = torch.Size((rows // len(parts[0]), columns))
        kind = self.tensors.matrix(parts[0][0], size).stored.dtype
        if kind != torch.int32 and not (self.fp8 and kind in (E4M3, torch.uint8)):
            return ExpertMatrix.bf16(self.tensors.parameter(stored, shape, self.dtype))
        each = [[self.tensors.matrix(part, size) for part in names] for names in parts]
        weight, scale = _stacked(each, _stored), _stacked(each, _scale)
        if kind == torch.int32:
            return ExpertMatrix.int4(weight, scale)
        if kind == E4M3:
            return ExpertMatrix.fp8(weight, scale)
        return ExpertMatrix.nvfp4(weight, scale, _stacked(each, _factor))


def _stacked(each: list[list[Matrix]], part: Callable[[Matrix], Tensor]) -> Tensor:
    """[experts, rows, ...], the parts of an expert one after another."""
    return torch.stack([torch.cat([part(matrix) for matrix in own]) for own in each])


def _stored(matrix: Matrix) -> Tensor:
    return matrix.stored


def _scale(matrix: Matrix) -> Tensor:
    """Per row; one scale for all of an FP8 matrix is every row's."""
    assert matrix.scale is not None
    if matrix.stored.dtype == E4M3:
        return matrix.scale.expand(matrix.stored.shape[0], 1)
    return matrix.scale


def _factor(matrix: Matrix) -> Tensor:
    """float32 [rows]"""
    assert matrix.factor is not None
    return matrix.factor.reshape(1).expand(matrix.stored.shape[0])
