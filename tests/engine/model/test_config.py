"""config.json -> the network's shape: the released one, transformers' way to write it, bad ones."""

import copy
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import DiffusionGemmaConfig, DiffusionGemmaTextConfig

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.config import AttentionShape, ModelConfig, model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

LAYERS = ["sliding_attention"] * 5 + ["full_attention"]

# the text part of google/diffusiongemma-26B-A4B-it
RELEASED: dict[str, Any] = {
    "model_type": "diffusion_gemma",
    "canvas_length": 256,
    "eos_token_id": [1, 106],
    "tie_word_embeddings": True,
    "text_config": {
        "model_type": "diffusion_gemma_text",
        "hidden_size": 2816,
        "num_hidden_layers": 30,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
        "head_dim": 256,
        "num_global_key_value_heads": 2,
        "global_head_dim": 512,
        "sliding_window": 1024,
        "layer_types": LAYERS * 5,
        "intermediate_size": 2112,
        "num_experts": 128,
        "top_k_experts": 8,
        "moe_intermediate_size": 704,
        "vocab_size": 262144,
        "tie_word_embeddings": True,
        "hidden_activation": "gelu_pytorch_tanh",
        "rms_norm_eps": 1e-6,
        "max_position_embeddings": 262144,
        "final_logit_softcapping": 30.0,
        "attention_bias": False,
        "use_bidirectional_attention": "vision",
        "rope_parameters": {
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
            "full_attention": {
                "rope_type": "proportional",
                "rope_theta": 1000000.0,
                "partial_rotary_factor": 0.25,
            },
        },
    },
}
MISSING = object()


def changed(path: str, value: object) -> dict[str, Any]:
    """RELEASED with one entry set to `value`, or taken out."""
    config = copy.deepcopy(RELEASED)
    *sections, key = path.split(".")
    at = config
    for section in sections:
        at = at[section]
    at[key] = value
    if value is MISSING:
        del at[key]
    return config


def test_the_released_config() -> None:
    shape = model_config(RELEASED)
    assert shape.layer_kinds.count("full_attention") == 5
    assert [i for i, kind in enumerate(shape.layer_kinds) if kind == "full_attention"] == [
        5, 11, 17, 23, 29,
    ]  # fmt: skip
    assert shape.shapes == {
        "sliding_attention": AttentionShape(8, 256, 1e4, turning_pairs=128),
        "full_attention": AttentionShape(2, 512, 1e6, turning_pairs=64),
    }
    assert (shape.experts, shape.top_k_experts, shape.expert_intermediate_size) == (128, 8, 704)
    assert (shape.sliding_window, shape.canvas_length, shape.logit_softcap) == (1024, 256, 30.0)


def test_the_released_network_has_25_billion_text_parameters() -> None:
    with torch.device("meta"):
        model = DiffusionGemma(model_config(RELEASED))
    counts = {name: parameter.numel() for name, parameter in model.named_parameters()}
    experts = sum(count for name, count in counts.items() if ".experts." in name)
    assert round(sum(counts.values()) / 1e9, 3) == 25.251
    assert round(experts / 1e6) == 22838
    assert model.layers[5].self_attn.q_proj.weight.shape == (16 * 512, 2816)
    assert model.layers[5].self_attn.v_proj is None
    assert model.layers[4].self_attn.v_proj.weight.shape == (8 * 256, 2816)


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"global_head_dim": 256},
        {"global_head_dim": 256, "num_global_key_value_heads": 8},
        {"global_head_dim": 128, "num_global_key_value_heads": 4},
    ],
)
@pytest.mark.parametrize("layers", [LAYERS, LAYERS * 2, LAYERS * 20])
def test_transformers_writes_the_same_config_in_its_own_way(
    tmp_path: Path, layers: list[str], own: dict[str, int]
) -> None:
    released: dict[str, Any] = RELEASED["text_config"]
    written = {
        key: value for key, value in released.items() if "global" not in key and key != "model_type"
    } | {"layer_types": layers, "num_hidden_layers": len(layers)}
    theirs = DiffusionGemmaTextConfig(**copy.deepcopy(written), **own)
    DiffusionGemmaConfig(text_config=theirs).save_pretrained(tmp_path)
    saved = read_config(tmp_path)
    assert "global_head_dim" not in saved["text_config"]
    assert model_config(saved) == model_config(RELEASED | {"text_config": written | own})
    layer = theirs.per_layer_config[5]
    full = model_config(saved).shapes["full_attention"]
    assert (full.head_dim, full.kv_heads) == (layer.head_dim, layer.num_key_value_heads)


TEXT_SIZES = [
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "sliding_window",
    "num_experts",
    "top_k_experts",
    "moe_intermediate_size",
    "num_hidden_layers",
]


@pytest.mark.parametrize("value", [MISSING, None, "64", 0, -3, 2.5, True, [64], {}, 10**30])
@pytest.mark.parametrize("key", TEXT_SIZES)
def test_a_size_that_is_none(key: str, value: object) -> None:
    assert_refused(changed(f"text_config.{key}", value), key)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("model_type", "gemma4", "model_type"),
        ("model_type", MISSING, "model_type"),
        ("tie_word_embeddings", False, "tie_word_embeddings"),
        ("canvas_length", "64", "canvas_length"),
        ("text_config", MISSING, "text_config"),
        ("text_config", [], "text_config"),
        ("text_config.hidden_activation", "silu", "hidden_activation"),
        ("text_config.attention_bias", True, "attention_bias"),
        ("text_config.use_bidirectional_attention", "all", "use_bidirectional_attention"),
        ("text_config.top_k_experts", 129, "top_k_experts"),
        ("text_config.num_key_value_heads", 3, "KV heads"),
        ("text_config.head_dim", 255, "head_dim"),
        ("text_config.global_head_dim", "512", "head_dim"),
        ("text_config.num_global_key_value_heads", [2], "num_key_value_heads"),
        ("text_config.rms_norm_eps", "1e-6", "rms_norm_eps"),
        ("text_config.rms_norm_eps", float("nan"), "rms_norm_eps"),
        ("text_config.final_logit_softcapping", 0, "final_logit_softcapping"),
        ("text_config.layer_types", MISSING, "layer_types"),
        ("text_config.layer_types", [], "num_hidden_layers"),
        ("text_config.layer_types", "full_attention", "layer_types"),
        ("text_config.layer_types", ["linear_attention"] * 30, "layer_types"),
        ("text_config.layer_types", [["full_attention"]] * 30, "layer_types"),
        ("text_config.layer_types", LAYERS, "num_hidden_layers"),
        ("text_config.rope_parameters", MISSING, "rope_parameters"),
        ("text_config.rope_parameters", 10000.0, "rope_parameters"),
        ("text_config.rope_parameters.full_attention", MISSING, "full_attention"),
        ("text_config.rope_parameters.full_attention.rope_type", "yarn", "rope_type"),
        ("text_config.rope_parameters.full_attention.rope_theta", "1e6", "rope_theta"),
        ("text_config.rope_parameters.full_attention.factor", 8.0, "factor"),
        (
            "text_config.rope_parameters.full_attention.partial_rotary_factor",
            1.5,
            "partial_rotary_factor",
        ),
        (
            "text_config.rope_parameters.sliding_attention.partial_rotary_factor",
            0.5,
            "partial_rotary_factor",
        ),
        ("text_config.per_layer_config", [], "per_layer_config"),
        ("text_config.per_layer_config", {"five": {}}, "per_layer_config"),
        ("text_config.per_layer_config", {"05": {"head_dim": 512}}, "per_layer_config"),
        ("text_config.per_layer_config", {"05": 512}, "per_layer_config"),
        (
            "text_config.per_layer_config",
            {str(i): {"intermediate_size": 8} for i in range(30)},
            "per_layer_config",
        ),
    ],
)
def test_an_entry_that_cannot_be_run(path: str, value: object, named: str) -> None:
    assert_refused(changed(path, value), named)


def leaves(config: dict[str, Any], at: str = "") -> list[str]:
    found = []
    for key, value in config.items():
        found.append(at + key)
        if isinstance(value, dict):
            found += leaves(value, f"{at}{key}.")
    return found


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from([*leaves(RELEASED), "text_config.per_layer_config"]), value=ANYTHING)
def test_any_value_anywhere_is_a_shape_or_a_sentence(path: str, value: object) -> None:
    with suppress(CheckpointError):
        assert isinstance(model_config(changed(path, value)), ModelConfig)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\x00", "[" * 100_000, '{"a": 1}}'])
def test_a_file_that_is_no_json_object(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json") as refusal:
        read_config(tmp_path)
    assert_one_sentence(str(refusal.value))


def test_a_folder_without_config(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    for folder in (tmp_path, tmp_path / "missing", tmp_path / "a file"):
        with pytest.raises(CheckpointError, match=r"no config\.json") as refusal:
            read_config(folder)
        assert_one_sentence(str(refusal.value))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b'{"model_type": "\xff"}')
    with pytest.raises(CheckpointError, match=r"config\.json"):
        read_config(tmp_path)


def assert_refused(config: dict[str, Any], named: str) -> None:
    with pytest.raises(CheckpointError) as refusal:
        model_config(config)
    message = str(refusal.value)
    assert named in message
    assert "config.json" in message
    assert_one_sentence(message)


def assert_one_sentence(message: str) -> None:
    assert "\n" not in message
    assert message.endswith(".")
