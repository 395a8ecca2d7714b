"""A checkpoint folder -> a network on a GPU, whose experts stay as many bits as they are stored in.

Experts are nine tenths of the weights: read one matrix at a time, they are packed as the kernels
take them, and never lie on the device as anything larger. All else is what weights.py makes of it.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from fillwright.engine.model import DiffusionGemma
from fillwright.engine.model.config import ModelConfig, model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.gpu_layers import PackedExperts
from fillwright.engine.model.layers import Layer
from fillwright.engine.model.quantization import quantised_types
from fillwright.engine.model.safetensors_files import files_by_tensor, opened
from fillwright.engine.model.weights import Matrix, StoredTensors, load_weights, stored_name
from fillwright.kernels.gpu.packed_experts import ExpertMatrix

E4M3 = torch.float8_e4m3fn
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
    """dtype is that of all but the experts. `progress` gets fractions in [0, 1]. Raises
    CheckpointError that names the tensor and the file."""
    raw = read_config(folder)
    config = model_config(raw)
    with torch.device("meta"):
        model = DiffusionGemma(config)
    layers = [layer for layer in model.layers if isinstance(layer, Layer)]
    for layer in layers:
        # they are not read with the rest: packed ones take this place
        layer.experts = nn.Identity()
    load_weights(model, folder, raw, device, dtype, lambda done: progress(done / 10))
    model.frequencies = {kind: each.to(device) for kind, each in model.frequencies.items()}
    model.eval().requires_grad_(False)

    tensors = StoredTensors(folder, quantised_types(raw, folder / "config.json"), device)
    for index, layer in enumerate(layers):
        layer.experts = _experts(tensors, config, index, dtype)
        progress(0.1 + 0.9 * (index + 1) / len(layers))
    return model


def packed_bytes(folder: Path, dtype: torch.dtype) -> int:
    """What load_packed's weights take on the device. Raises CheckpointError."""
    total, files = 0, files_by_tensor(folder)
    for path in set(files.values()):
        with opened(path, "cpu") as file:
            for name in file.keys():  # noqa: SIM118 (no dictionary)
                if name.startswith(stored_name("")):
                    stored = file.get_slice(name)
                    packed = ".experts." in name
                    width = WIDTHS[stored.get_dtype()] if packed else dtype.itemsize
                    total += math.prod(stored.get_shape()) * width
    return total


def _experts(
    tensors: StoredTensors, config: ModelConfig, layer: int, dtype: torch.dtype
) -> PackedExperts:
    hidden, inner = config.hidden_size, config.expert_intermediate_size
    place = f"layers.{layer}.experts"
    gate_up = torch.Size((config.experts, 2 * inner, hidden))
    down = torch.Size((config.experts, hidden, inner))
    return PackedExperts(
        _packed(tensors, f"{place}.gate_up_proj", gate_up, dtype),
        _packed(tensors, f"{place}.down_proj", down, dtype),
    )


def _packed(
    tensors: StoredTensors, name: str, shape: torch.Size, dtype: torch.dtype
) -> ExpertMatrix:
    experts, rows, columns = shape
    stored = stored_name(name)
    parts = tensors.one_by_one(stored, experts)
    if not parts:
        return ExpertMatrix.bf16(tensors.parameter(stored, shape, dtype))
    each = [
        [tensors.matrix(part, torch.Size((rows // len(names), columns))) for part in names]
        for names in parts
    ]
    first = each[0][0]
    if first.stored.dtype not in (E4M3, torch.int32, torch.uint8):
        return ExpertMatrix.bf16(tensors.parameter(stored, shape, dtype))
    weight, scale = (_stacked(each, part) for part in (lambda m: m.stored, _scale))
    if first.stored.dtype == E4M3:
        return ExpertMatrix.fp8(weight, scale)
    if first.stored.dtype == torch.int32:
        return ExpertMatrix.int4(weight, scale)
    return ExpertMatrix.nvfp4(weight, scale, _stacked(each, _factor))


def _stacked(each: list[list[Matrix]], part: Callable[[Matrix], Tensor]) -> Tensor:
    """[experts, rows, ...], the parts of an expert one behind another."""
    return torch.stack([torch.cat([part(matrix) for matrix in own]) for own in each])


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
