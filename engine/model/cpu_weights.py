"""A checkpoint folder in int8 -> the network of the CPU's kernels: every matrix as it is stored,
with its scale per output.

Knows the naming of checkpoints; runs nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.model.config import LayerKind, ModelConfig, model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.cpu_network import CpuLayer, CpuNetwork, heads_of
from fillwright.engine.model.quantization_config import quantised_types
from fillwright.engine.model.safetensors_files import stored_name
from fillwright.engine.model.stored_arrays import StoredArrays
from fillwright.kernels.cpu.layer import CpuMlp, LayerParts
from fillwright.kernels.cpu.operations import CpuKernels, Floats, Int8Matrix


class NotInt8Error(Exception):
    """The checkpoint has other matrices, or more experts, than the kernels take; one sentence."""


def read_network(
    folder: Path,
    kernels: CpuKernels,
    progress: Callable[[float], None] = lambda fraction: None,
) -> CpuNetwork:
    """`progress` gets fractions in [0, 1]. Raises NotInt8Error where config.json or a matrix says
    that the kernels do not take the checkpoint, and CheckpointError where it cannot be used."""
    raw = read_config(folder)
    config = model_config(raw)
    if quantised_types(raw, folder / "config.json") != {"int8"} or config.experts != 1:
        raise NotInt8Error(f"{folder} is not a checkpoint of one expert in int8.")
    reader = _Reader(StoredArrays(folder), config, kernels)
    embedding = reader.packed({"embed_tokens.weight": config.vocab_size}, config.hidden_size)
    layers, parts = list[CpuLayer](), len(config.layer_kinds) + 1
    for index, kind in enumerate(config.layer_kinds):
        progress((index + 1) / parts)
        layers.append(reader.layer(index, kind))
    conditioning = reader.mlp(
        "self_conditioning", "self_conditioning.pre_norm", config.intermediate_size
    )
    norm = reader.numbers("norm.weight", config.hidden_size)
    progress(1.0)
    return CpuNetwork(kernels, config, embedding, conditioning, tuple(layers), norm)


class _Reader:
    def __init__(self, tensors: StoredArrays, config: ModelConfig, kernels: CpuKernels) -> None:
        self._tensors = tensors
        self._config = config
        self._kernels = kernels

    def layer(self, index: int, kind: LayerKind) -> CpuLayer:
        config, here = self._config, f"layers.{index}"
        if stored_name(f"{here}.experts.0.gate_proj.weight") not in self._tensors:
            raise NotInt8Error(f"The experts of {here} are not stored one by one.")
        heads, hidden = heads_of(config, kind), config.hidden_size
        queries, keys = heads.query * heads.size, heads.key * heads.size
        attention = f"{here}.self_attn"
        projections = {f"{attention}.q_proj.weight": queries, f"{attention}.k_proj.weight": keys}
        if heads.has_values:
            projections[f"{attention}.v_proj.weight"] = keys
        query_gain, key_gain = (
            self.numbers(f"{attention}.{part}_norm.weight", heads.size) for part in ("q", "k")
        )
        share = float(self.numbers(f"{here}.router.per_expert_scale", 1)[0])
        opening, closing = f"{here}.pre_feedforward_layernorm", f"{here}.post_feedforward_layernorm"
        parts = LayerParts(
            heads=heads,
            eps=config.rms_norm_eps,
            before_attention=self.numbers(f"{here}.input_layernorm.weight", hidden),
            qkv=self.packed(projections, hidden),
            head_gains=np.stack([query_gain] * heads.query + [key_gain] * heads.key),
            out=self.packed({f"{attention}.o_proj.weight": hidden}, queries),
            after_attention=self.numbers(f"{here}.post_attention_layernorm.weight", hidden),
            mlps=(
                self.mlp(f"{here}.mlp", opening, config.intermediate_size),
                self.mlp(
                    f"{here}.experts.0", f"{opening}_2", config.expert_intermediate_size, share
                ),
            ),
            closing=np.stack(
                [self.numbers(f"{closing}_{which}.weight", hidden) for which in (1, 2)]
            ),
            after_mlps=self.numbers(f"{closing}.weight", hidden),
        )
        encoder, decoder = (
            float(self.numbers(f"{here}.{name}", 1)[0])
            for name in ("encoder_layer_scalar", "layer_scalar")
        )
        return CpuLayer(kind, parts, encoder, decoder)

    def mlp(self, place: str, gain: str, size: int, times: float = 1.0) -> CpuMlp:
        """The gated MLP of a place, of `size` between its products, times a number."""
        hidden = self._config.hidden_size
        opening = {f"{place}.{part}_proj.weight": size for part in ("gate", "up")}
        return CpuMlp(
            gain=self.numbers(f"{gain}.weight", hidden),
            gate_up=self.packed(opening, hidden),
            down=self.packed({f"{place}.down_proj.weight": hidden}, size, times),
        )

    def packed(self, outputs: Mapping[str, int], inputs: int, times: float = 1.0) -> Int8Matrix:
        """The matrices of these names, and so many outputs, one below the other and times a
        number."""
        read = [self._matrix(name, rows, inputs) for name, rows in outputs.items()]
        cells, scales = zip(*read, strict=True)
        return self._kernels.pack(np.concat(cells), np.concat(scales) * np.float32(times))

    def numbers(self, name: str, *shape: int) -> Floats:
        """float32. Raises CheckpointError."""
        return self._tensors.read(stored_name(name), *shape).astype(np.float32, copy=False)

    def _matrix(self, name: str, rows: int, columns: int) -> tuple[NDArray[np.int8], Floats]:
        """int8 [rows, columns] and float32 [rows]"""
        stored = stored_name(name)
        matrix = self._tensors.read(stored, rows, columns)
        if matrix.dtype != np.int8:
            raise NotInt8Error(f"The tensor {stored} is not stored in int8.")
        return matrix, self._tensors.scales(stored, rows)
