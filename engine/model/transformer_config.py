"""The shape of a plain transformer (Qwen2, Qwen3, Llama) from a Hugging Face `config.json`.

What the file asks for and the network cannot do is refused, for it would run, but wrongly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.config_json import Section

PlainSkeleton = Literal["qwen2", "qwen3", "llama"]


@dataclass(frozen=True, slots=True)
class TransformerConfig:
    """Qwen2 has biases of queries, keys and values, Qwen3 norms of queries and keys per head, and
    Llama neither. `tied`: the embedding is the output matrix too."""

    skeleton: PlainSkeleton
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    theta: float
    rms_norm_eps: float
    tied: bool

    def __post_init__(self) -> None:
        if self.heads % self.kv_heads or self.head_dim % 2:
            raise CheckpointError(
                f"config.json gives {self.heads} query heads, {self.kv_heads} KV heads and a "
                f"head_dim of {self.head_dim}; use a checkpoint whose head counts divide, with an "
                "even head_dim."
            )

    @property
    def has_biases(self) -> bool:
        return self.skeleton == "qwen2"

    @property
    def has_head_norms(self) -> bool:
        return self.skeleton == "qwen3"


def transformer_config(config: Mapping[str, Any], skeleton: PlainSkeleton) -> TransformerConfig:
    """The network's shape from a parsed config.json. Raises CheckpointError."""
    root = Section("", config)
    root.choice("hidden_act", "silu", None)
    root.choice("use_sliding_window", False, None)
    root.choice("mlp_bias", False, None)
    root.choice("rope_scaling", None)
    # Qwen2 has its biases whatever this says
    root.choice("attention_bias", *((True, False, None) if skeleton == "qwen2" else (False, None)))
    for kind in config.get("layer_types") or ():
        if kind != "full_attention":
            raise root.wrong("layer_types", "full_attention in every layer")
    heads, hidden = root.size("num_attention_heads"), root.size("hidden_size")
    return TransformerConfig(
        skeleton=skeleton,
        vocab_size=root.size("vocab_size"),
        hidden_size=hidden,
        intermediate_size=root.size("intermediate_size"),
        layers=root.size("num_hidden_layers"),
        heads=heads,
        kv_heads=root.size("num_key_value_heads", heads),
        head_dim=root.size("head_dim", hidden // heads),
        theta=_theta(root),
        rms_norm_eps=root.number("rms_norm_eps", 1e-6),
        tied=root.choice("tie_word_embeddings", True, False, None) is True,
    )


def plain_skeleton(skeleton: str) -> PlainSkeleton:
    """Raises CheckpointError for a network that is not one of these."""
    if skeleton in get_args(PlainSkeleton):
        return cast(PlainSkeleton, skeleton)
    raise CheckpointError(f"A {skeleton} network is no plain transformer; use its own loader.")


def _theta(root: Section) -> float:
    """Where transformers 5 writes it, or where published checkpoints have it."""
    if root.entries.get("rope_parameters") is None:
        return root.number("rope_theta", 10000.0)
    rope = root.section("rope_parameters")
    rope.choice("rope_type", "default", None)
    return rope.number("rope_theta", 10000.0)
