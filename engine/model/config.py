"""The network's shape, from a Hugging Face `config.json`.

Knows the text part only; anything about vision in the file is left alone. What the file asks for
and this network cannot do is refused, for it would run, but wrongly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.config_json import Section

LayerKind = Literal["sliding_attention", "full_attention"]
NO_VISION: Mapping[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "num_key_value_heads": 1,
    "head_dim": 16,
}
"""As little of a vision part as transformers' DiffusionGemma takes."""


@dataclass(frozen=True, slots=True)
class AttentionShape:
    """Heads and rotary embedding of one kind of layer.

    Dimension j turns with dimension j + head_dim / 2, by theta^(-2j / head_dim) per position, for
    j < `turning_pairs`; the other pairs stay as they are.
    """

    kv_heads: int
    head_dim: int
    theta: float
    turning_pairs: int


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """DiffusionGemma's text network. `sliding_window` counts the row itself."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    heads: int
    layer_kinds: tuple[LayerKind, ...]
    shapes: Mapping[LayerKind, AttentionShape]
    sliding_window: int
    experts: int
    top_k_experts: int
    expert_intermediate_size: int
    rms_norm_eps: float
    logit_softcap: float
    canvas_length: int

    def __post_init__(self) -> None:
        if self.top_k_experts > self.experts:
            raise CheckpointError(
                f"config.json asks for {self.top_k_experts} of {self.experts} experts per token; "
                "use a checkpoint whose top_k_experts is at most its num_experts."
            )
        for kind, shape in self.shapes.items():
            if self.heads % shape.kv_heads:
                raise CheckpointError(
                    f"config.json gives {kind} {shape.kv_heads} KV heads, which do not divide its "
                    f"{self.heads} query heads; use a checkpoint whose head counts divide."
                )
            if shape.head_dim % 2:
                raise CheckpointError(
                    f"config.json gives {kind} a head_dim of {shape.head_dim}, whose dimensions "
                    "cannot turn in pairs; use a checkpoint with an even one."
                )


def model_config(config: Mapping[str, Any]) -> ModelConfig:
    """The network's shape from a parsed config.json. Raises CheckpointError."""
    root = Section("", config)
    root.choice("model_type", "diffusion_gemma")
    root.choice("tie_word_embeddings", True, None)
    text = root.section("text_config")
    text.choice("hidden_activation", "gelu_pytorch_tanh", None)
    text.choice("attention_bias", False, None)
    text.choice("use_bidirectional_attention", "vision", None)
    kinds = _layer_kinds(text)
    return ModelConfig(
        vocab_size=text.size("vocab_size"),
        hidden_size=text.size("hidden_size"),
        intermediate_size=text.size("intermediate_size"),
        heads=text.size("num_attention_heads"),
        layer_kinds=kinds,
        shapes={kind: _attention_shape(text, kinds, kind) for kind in dict.fromkeys(kinds)},
        sliding_window=text.size("sliding_window"),
        experts=text.size("num_experts"),
        top_k_experts=text.size("top_k_experts"),
        expert_intermediate_size=text.size("moe_intermediate_size"),
        rms_norm_eps=text.number("rms_norm_eps", 1e-6),
        logit_softcap=text.number("final_logit_softcapping", 30.0),
        canvas_length=root.size("canvas_length", 256),
    )


def _layer_kinds(text: Section) -> tuple[LayerKind, ...]:
    kinds, known = text.entries.get("layer_types"), get_args(LayerKind)
    if not isinstance(kinds, list) or any(kind not in known for kind in kinds):
        raise text.wrong("layer_types", f"a list of {' and '.join(known)}")
    if len(kinds) != text.size("num_hidden_layers"):
        raise text.wrong("num_hidden_layers", f"{len(kinds)}, the length of layer_types")
    return tuple(kinds)


def _attention_shape(
    text: Section, kinds: tuple[LayerKind, ...], kind: LayerKind
) -> AttentionShape:
    own = _own_sizes(text, kinds, kind)
    head_dim = own.size("head_dim", text.size("head_dim"))
    rope = text.section("rope_parameters").section(kind)
    proportional = rope.choice("rope_type", "default", "proportional") == "proportional"
    rope.choice("factor", 1.0, None)
    turning = rope.number("partial_rotary_factor", 1.0)
    if turning > 1.0 or (turning < 1.0 and not proportional):
        raise rope.wrong("partial_rotary_factor", "1, or less if rope_type is proportional")
    return AttentionShape(
        kv_heads=own.size("num_key_value_heads", text.size("num_key_value_heads")),
        head_dim=head_dim,
        theta=rope.number("rope_theta"),
        turning_pairs=int(turning * head_dim) // 2,
    )


def _own_sizes(text: Section, kinds: tuple[LayerKind, ...], kind: LayerKind) -> Section:
    """What layers of one kind override, which are `head_dim` and `num_key_value_heads`.

    transformers writes it layer by layer (`per_layer_config`, with layer numbers like "05"); the
    released checkpoint has `global_*` entries for its full layers instead.
    """
    if text.entries.get("per_layer_config") is None:
        own: dict[str, Any] = {}
        if kind == "full_attention":
            own["head_dim"] = text.size("global_head_dim", 512)
            own["num_key_value_heads"] = text.entries.get("num_global_key_value_heads")
        return Section(text.place, own)
    layers = text.section("per_layer_config")
    if not all(key.isdecimal() for key in layers.entries):
        raise text.wrong("per_layer_config", "an object whose keys are layer numbers")
    by_layer = {int(key): layers.section(key).entries for key in layers.entries}
    first, *others = [by_layer.get(i, {}) for i, each in enumerate(kinds) if each == kind]
    if any(other != first for other in others):
        raise text.wrong("per_layer_config", f"the same for every {kind} layer")
    if not first.keys() <= {"head_dim", "num_key_value_heads"}:
        raise text.wrong("per_layer_config", "of head_dim and num_key_value_heads only")
    return Section(layers.place, first)
