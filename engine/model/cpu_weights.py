"""A checkpoint folder in int8 -> the network of the CPU's kernels: every matrix as it is stored,
with its scale per output.

Knows the naming of checkpoints; runs nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from fillwright.engine.model.config import LayerKind, model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.cpu_network import CpuLayer, CpuNetwork, heads_of
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.layers import Layer
from fillwright.engine.model.quantization import quantised_types
from fillwright.engine.model.weights import StoredTensors, stored_name
from fillwright.kernels.cpu.layer import CpuMlp, LayerParts
from fillwright.kernels.cpu.operations import CpuKernels, Int8Matrix

INT8 = frozenset({torch.int8})


class NotInt8Error(Exception):
    """The checkpoint has other matrices, or more experts, than the kernels take; one sentence."""


def check_int8(folder: Path) -> None:
    """Raises NotInt8Error where config.json says that the kernels do not take the checkpoint."""
    raw = read_config(folder)
    types = quantised_types(raw, folder / "config.json")
    if types != INT8 or model_config(raw).experts != 1:
        raise NotInt8Error(f"{folder} is not a checkpoint of one expert in int8.")


def read_network(model: DiffusionGemma, folder: Path, kernels: CpuKernels) -> CpuNetwork:
    """`model` was read from the folder, and gives gains and scalars. Raises NotInt8Error where a
    matrix is stored otherwise, and CheckpointError as `from_checkpoint` does."""
    config = model.config
    reader = _Reader(StoredTensors(folder, INT8, "cpu"), kernels)
    layers = tuple(
        _layer(reader, model, cast(Layer, layer), index, config.layer_kinds[index])
        for index, layer in enumerate(model.layers)
    )
    embedding = reader.packed({"embed_tokens.weight": config.vocab_size}, config.hidden_size)
    return CpuNetwork(kernels, config, embedding, layers, model.norm.weight.float().contiguous())


class _Reader:
    def __init__(self, tensors: StoredTensors, kernels: CpuKernels) -> None:
        self._tensors = tensors
        self._kernels = kernels

    def has_single_experts(self, layer: str) -> bool:
        return bool(self._tensors.one_by_one(stored_name(f"{layer}.experts.gate_up_proj"), 1))

    def packed(self, outputs: Mapping[str, int], inputs: int, times: float = 1.0) -> Int8Matrix:
        """The matrices of these names, and so many outputs, one below the other and times a
        number."""
        read = [self._matrix(name, torch.Size((rows, inputs))) for name, rows in outputs.items()]
        cells, scales = zip(*read, strict=True)
        return self._kernels.pack(torch.cat(cells), torch.cat(scales) * times)

    def _matrix(self, name: str, shape: torch.Size) -> tuple[Tensor, Tensor]:
        """int8 [outputs, inputs] and float32 [outputs]"""
        stored = stored_name(name)
        matrix = self._tensors.matrix(stored, shape)
        if matrix.stored.dtype != torch.int8 or matrix.scale is None:
            raise NotInt8Error(f"The tensor {stored} is not stored in int8.")
        scale = matrix.scale.float().flatten()
        return matrix.stored.contiguous(), scale.expand(len(matrix.stored)).contiguous()


def _layer(
    reader: _Reader, model: DiffusionGemma, layer: Layer, index: int, kind: LayerKind
) -> CpuLayer:
    kept, config, here = layer.keep_weights(), model.config, f"layers.{index}"
    if not reader.has_single_experts(here):
        raise NotInt8Error(f"The experts of {here} are not stored one by one.")
    heads, hidden = heads_of(config, kind), config.hidden_size
    queries, keys = heads.query * heads.size, heads.key * heads.size
    attention = f"{here}.self_attn"
    projections = {f"{attention}.q_proj.weight": queries, f"{attention}.k_proj.weight": keys}
    if heads.has_values:
        projections[f"{attention}.v_proj.weight"] = keys

    def mlp(place: str, gain: Tensor, size: int, times: float = 1.0) -> CpuMlp:
        opening = {f"{here}.{place}.{part}_proj.weight": size for part in ("gate", "up")}
        return CpuMlp(
            gain=gain.contiguous(),
            gate_up=reader.packed(opening, hidden),
            down=reader.packed({f"{here}.{place}.down_proj.weight": hidden}, size, times),
        )

    assert kept.before_attention is not None
    dense, routed = kept.mlps.gains
    share = float(layer.router.per_expert_scale)
    parts = LayerParts(
        heads=heads,
        eps=config.rms_norm_eps,
        before_attention=kept.before_attention.contiguous(),
        qkv=reader.packed(projections, hidden),
        head_gains=kept.head_gains.contiguous(),
        out=reader.packed({f"{attention}.o_proj.weight": hidden}, queries),
        after_attention=kept.after_attention.contiguous(),
        mlps=(
            mlp("mlp", dense, config.intermediate_size),
            mlp("experts.0", routed, config.expert_intermediate_size, share),
        ),
        closing=kept.closing.reshape(2, hidden).contiguous(),
        after_mlps=kept.after_mlps.contiguous(),
    )
    scalars = float(layer.encoder_layer_scalar), float(layer.layer_scalar)
    return CpuLayer(kind, parts, *scalars)
