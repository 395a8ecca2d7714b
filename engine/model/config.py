"""The network's shape, read from a Hugging Face `config.json`.

Knows the text part only; anything about vision in the file is left alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fillwright.engine.errors import CheckpointError

LayerKind = Literal["sliding_attention", "full_attention"]


@dataclass(frozen=True, slots=True)
class AttentionShape:
    """Heads and rotary embedding of one kind of layer.

    `rotary_dim` of `head_dim` dimensions turn; with `proportional` the frequencies are spaced
    over the full head (theta^(-2j / head_dim)), otherwise over `rotary_dim`.
    """

    kv_heads: int
    head_dim: int
    theta: float
    rotary_dim: int
    proportional: bool


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
        if not 1 <= self.top_k_experts <= self.experts:
            raise CheckpointError(
                f"config.json asks for {self.top_k_experts} of {self.experts} experts per token; "
                "use a checkpoint whose top_k_experts lies between 1 and num_experts."
            )
        for kind, shape in self.shapes.items():
            if self.heads % shape.kv_heads:
                raise CheckpointError(
                    f"config.json gives {kind} {shape.kv_heads} KV heads, which do not divide its "
                    f"{self.heads} query heads; use a checkpoint whose head counts divide."
                )


def read_config(folder: Path) -> dict[str, Any]:
    """The parsed config.json of a checkpoint folder. Raises CheckpointError."""
    path = folder / "config.json"
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} is not a model folder: it has no config.json; name a folder in the "
            "Hugging Face layout."
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); download it again.") from error
    if not isinstance(parsed, dict):
        raise CheckpointError(f"{path} holds no JSON object; download it again.")
    return parsed


def model_config(config: Mapping[str, Any]) -> ModelConfig:
    """The network's shape from a parsed config.json. Raises CheckpointError."""
    if config.get("model_type") != "diffusion_gemma":
        raise CheckpointError(
            f"config.json says model_type {config.get('model_type')!r}, but only "
            "'diffusion_gemma' can be run; name a DiffusionGemma folder."
        )
    text = config.get("text_config", {})
    try:
        kinds = tuple(text["layer_types"])
        return ModelConfig(
            vocab_size=text["vocab_size"],
            hidden_size=text["hidden_size"],
            intermediate_size=text["intermediate_size"],
            heads=text["num_attention_heads"],
            layer_kinds=kinds,
            shapes={kind: _attention_shape(text, kinds, kind) for kind in dict.fromkeys(kinds)},
            sliding_window=text["sliding_window"],
            experts=text["num_experts"],
            top_k_experts=text["top_k_experts"],
            expert_intermediate_size=text["moe_intermediate_size"],
            rms_norm_eps=text.get("rms_norm_eps", 1e-6),
            logit_softcap=text.get("final_logit_softcapping", 30.0),
            canvas_length=config.get("canvas_length", 256),
        )
    except KeyError as error:
        raise CheckpointError(
            f"config.json lacks {error} for its text model; use a complete checkpoint."
        ) from error


def _attention_shape(
    text: Mapping[str, Any], kinds: tuple[LayerKind, ...], kind: LayerKind
) -> AttentionShape:
    """transformers writes a full layer's own sizes either as `global_*` keys or per layer."""
    own: Mapping[str, Any] = text.get("per_layer_config", {}).get(str(kinds.index(kind)), {})
    kv_heads = own.get("num_key_value_heads", text["num_key_value_heads"])
    head_dim = own.get("head_dim", text["head_dim"])
    if kind == "full_attention":
        kv_heads = text.get("num_global_key_value_heads") or kv_heads
        head_dim = text.get("global_head_dim") or head_dim
    rope = text["rope_parameters"][kind]
    if rope["rope_type"] not in ("default", "proportional"):
        raise CheckpointError(
            f"config.json asks for rope_type {rope['rope_type']!r} in {kind} layers, which is not "
            "known; use a checkpoint with 'default' or 'proportional'."
        )
    return AttentionShape(
        kv_heads=kv_heads,
        head_dim=head_dim,
        theta=rope["rope_theta"],
        rotary_dim=int(head_dim * rope.get("partial_rotary_factor", 1.0)),
        proportional=rope["rope_type"] == "proportional",
    )
