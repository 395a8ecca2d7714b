"""A checkpoint folder in int8 or int4 -> the network of the CPU's kernels: every matrix as it is
stored, with its scales. What such a folder leaves in bfloat16 stays so; FP8 is widened to it.

Knows the naming of checkpoints; runs nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fillwright.engine.model.adapted_arrays import AdaptedArrays
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.config import LayerKind, ModelConfig, model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.cpu_experts import CpuExperts
from fillwright.engine.model.cpu_network import CpuLayer, CpuNetwork, heads_of
from fillwright.engine.model.quantization_config import quantised_types
from fillwright.engine.model.safetensors_files import stored_name
from fillwright.engine.model.stored_arrays import StoredArrays
from fillwright.kernels.cpu.layer import CpuMlp, LayerParts
from fillwright.kernels.cpu.matrices import WORD, Bfloat16Matrix, CpuMatrix, Floats, Int4Matrix
from fillwright.kernels.cpu.operations import CpuKernels

OPENING = "pre_feedforward_layernorm"


class NotForKernelsError(Exception):
    """The checkpoint has other matrices than the kernels take; one sentence."""


def read_network(
    folder: Path,
    kernels: CpuKernels,
    progress: Callable[[float], None] = lambda fraction: None,
    adapter: Adapter | None = None,
) -> CpuNetwork:
    """With an adapter, its sum with the checkpoint's matrices. `progress` gets fractions in [0, 1].
    Raises NotForKernelsError where config.json or a
    matrix says that the kernels do not take the checkpoint, and CheckpointError where it cannot be
    used."""
    raw = read_config(folder)
    config = model_config(raw)
    types = quantised_types(raw, folder / "config.json")
    if not types & {"int8", "int32"} or not types <= {"int8", "int32", "float8_e4m3fn"}:
        raise NotForKernelsError(f"{folder} is not a checkpoint in int8 or int4.")
    tensors = StoredArrays(folder) if adapter is None else AdaptedArrays(folder, adapter)
    reader = _Reader(tensors, config, kernels)
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
        heads, hidden = heads_of(config, kind), config.hidden_size
        queries, keys = heads.query * heads.size, heads.key * heads.size
        attention = f"{here}.self_attn"
        projections = {f"{attention}.q_proj.weight": queries, f"{attention}.k_proj.weight": keys}
        if heads.has_values:
            projections[f"{attention}.v_proj.weight"] = keys
        query_gain, key_gain = (
            self.numbers(f"{attention}.{part}_norm.weight", heads.size) for part in ("q", "k")
        )
        closing = f"{here}.post_feedforward_layernorm"
        mlps = [self.mlp(f"{here}.mlp", f"{here}.{OPENING}", config.intermediate_size)]
        experts = None
        if self._has_twin(here):
            mlps.append(self._twin(here))
        else:
            experts = self._experts(here)
        parts = LayerParts(
            heads=heads,
            eps=config.rms_norm_eps,
            before_attention=self.numbers(f"{here}.input_layernorm.weight", hidden),
            qkv=self.packed(projections, hidden),
            head_gains=np.stack([query_gain] * heads.query + [key_gain] * heads.key),
            out=self.packed({f"{attention}.o_proj.weight": hidden}, queries),
            after_attention=self.numbers(f"{here}.post_attention_layernorm.weight", hidden),
            mlps=tuple(mlps),
            closing=np.stack(
                [self.numbers(f"{closing}_{which}.weight", hidden) for which in (1, 2)]
            ),
            after_mlps=self.numbers(f"{closing}.weight", hidden),
        )
        encoder, decoder = (
            float(self.numbers(f"{here}.{name}", 1)[0])
            for name in ("encoder_layer_scalar", "layer_scalar")
        )
        return CpuLayer(kind, parts, encoder, decoder, experts)

    def _has_twin(self, here: str) -> bool:
        """Whether the layer's expert is the only one, and of a form that can be scaled."""
        first = stored_name(f"{here}.experts.0.gate_proj.weight")
        if first not in self._tensors and f"{first}_packed" not in self._tensors:
            raise NotForKernelsError(f"The experts of {here} are not stored one by one.")
        return self._config.experts == 1 and first in self._tensors

    def _twin(self, here: str) -> CpuMlp:
        share = float(self.numbers(f"{here}.router.per_expert_scale", 1)[0])
        size = self._config.expert_intermediate_size
        return self.mlp(f"{here}.experts.0", f"{here}.{OPENING}_2", size, share)

    def _experts(self, here: str) -> CpuExperts:
        config, router = self._config, f"{here}.router"
        hidden, size = config.hidden_size, config.expert_intermediate_size
        gate_ups, downs = [], []
        for expert in range(config.experts):
            place = f"{here}.experts.{expert}"
            opening = {f"{place}.{part}_proj.weight": size for part in ("gate", "up")}
            gate_ups.append(self.packed(opening, hidden))
            downs.append(self.packed({f"{place}.down_proj.weight": hidden}, size))
        return CpuExperts(
            gain=self.numbers(f"{here}.{OPENING}_2.weight", hidden),
            gate_ups=tuple(gate_ups),
            downs=tuple(downs),
            router_gain=self.numbers(f"{router}.scale", hidden) * np.float32(hidden**-0.5),
            router=self.numbers(f"{router}.proj.weight", config.experts, hidden),
            scales=self.numbers(f"{router}.per_expert_scale", config.experts),
            top=config.top_k_experts,
        )

    def mlp(self, place: str, gain: str, size: int, times: float = 1.0) -> CpuMlp:
        """The gated MLP of a place, of `size` between its products, times a number."""
        hidden = self._config.hidden_size
        opening = {f"{place}.{part}_proj.weight": size for part in ("gate", "up")}
        return CpuMlp(
            gain=self.numbers(f"{gain}.weight", hidden),
            gate_up=self.packed(opening, hidden),
            down=self.packed({f"{place}.down_proj.weight": hidden}, size, times),
        )

    def packed(self, outputs: Mapping[str, int], inputs: int, times: float = 1.0) -> CpuMatrix:
        """The matrices of these names, and so many outputs, one below the other; times a number
        where they have a scale per output."""
        tensors = self._tensors
        rows = {stored_name(name): count for name, count in outputs.items()}
        forms = {tensors.form(name) for name in rows}
        if forms == {"I32"}:
            words, scales = zip(
                *(tensors.int4(name, count, inputs) for name, count in rows.items()), strict=True
            )
            if inputs % (WORD * scales[0].shape[1]):
                raise NotForKernelsError(
                    f"{', '.join(rows)} have scales of groups that are not of whole words of "
                    f"{WORD} columns, which the kernels do not take."
                )
            return _int4(_stacked(words), _stacked(scales), ", ".join(rows))
        numbers = [tensors.scales(name, count) for name, count in rows.items()]
        all_scales = _stacked(numbers) * np.float32(times)
        if forms == {"I8"}:
            cells = [tensors.read(name, count, inputs) for name, count in rows.items()]
            return self._kernels.pack(_stacked(cells), all_scales)
        if forms <= {"BF16", "F8_E4M3"}:
            bits = [tensors.bfloat16(name, count, inputs) for name, count in rows.items()]
            return Bfloat16Matrix.pack(_stacked(bits), all_scales)
        raise NotForKernelsError(
            f"{', '.join(rows)} are stored as {', '.join(sorted(forms))}, which the kernels do not "
            "take."
        )

    def numbers(self, name: str, *shape: int) -> Floats:
        """float32. Raises CheckpointError."""
        return self._tensors.read(stored_name(name), *shape).astype(np.float32, copy=False)


def _stacked(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """One below the other; one alone is not copied."""
    return parts[0] if len(parts) == 1 else np.concat(parts)


def _int4(words: NDArray[np.int32], scales: Floats, names: str) -> Int4Matrix:
    bits = scales.view(np.uint32)
    if (bits & 0xFFFF).any():
        raise NotForKernelsError(
            f"{names} have scales that bfloat16 cannot hold, which the kernels do not take."
        )
    return Int4Matrix.pack(words, (bits >> 16).astype(np.uint16))
