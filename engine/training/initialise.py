"""The first weights of fillwright-small, and its shape as a Hugging Face config.

Chosen so that the first loss is ln(vocabulary) and the gradient norm about 1: attention has no
1/sqrt(d), so the query and key gains carry it; gains after each branch start small.
"""

from typing import Any

import torch
from torch import nn

from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.config import NO_VISION, model_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.training.recipes import UNIFORM_SHARE, Recipe

BRANCH_GAIN = 0.3
FINAL_GAIN = 0.25
"""Gains after each branch, and of the last norm: the first loss is then 9.05 and the gradient's
norm 3, where gains of 1 gave 146. Measured at 7 M parameters."""


def small_config(recipe: Recipe, tokenizer: CodeTokenizer) -> dict[str, Any]:
    """A `config.json` that transformers' DiffusionGemma opens too (hence the tiny vision part)."""
    shape = recipe.shape
    kinds = [
        "full_attention" if (i + 1) % shape.full_every == 0 else "sliding_attention"
        for i in range(shape.layers)
    ]
    return {
        "architectures": ["DiffusionGemmaForBlockDiffusion"],
        "model_type": "diffusion_gemma",
        "canvas_length": shape.canvas_length,
        "fillwright": {
            "name": "fillwright-small",
            "prompt": "small",
            "decode": "draft",
            "noise": _noise(recipe, tokenizer),
            "rows": recipe.rows.value,
        },
        "tie_word_embeddings": True,
        "text_config": {
            "model_type": "diffusion_gemma_text",
            "vocab_size": len(tokenizer.texts),
            "hidden_size": shape.hidden_size,
            "intermediate_size": shape.intermediate_size,
            "num_hidden_layers": shape.layers,
            "layer_types": kinds,
            "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.kv_heads,
            "num_global_key_value_heads": shape.kv_heads,
            "head_dim": shape.head_dim,
            "global_head_dim": shape.head_dim,
            "sliding_window": shape.sliding_window,
            "num_experts": 1,
            "top_k_experts": 1,
            "moe_intermediate_size": shape.expert_intermediate_size,
            "hidden_activation": "gelu_pytorch_tanh",
            "max_position_embeddings": 4096,
            "rms_norm_eps": 1e-6,
            "attention_bias": False,
            "final_logit_softcapping": 30.0,
            "use_bidirectional_attention": "vision",
            "pad_token_id": 0,
            "eos_token_id": 1,
            "bos_token_id": 2,
            "tie_word_embeddings": True,
            "rope_parameters": {
                "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
                "full_attention": {
                    "rope_type": "proportional",
                    "rope_theta": 1000000.0,
                    "partial_rotary_factor": 0.25,
                },
            },
        },
        "vision_config": {"model_type": "gemma4_vision", **NO_VISION},
    }


def _noise(recipe: Recipe, tokenizer: CodeTokenizer) -> dict[str, Any] | None:
    if recipe.noise == "uniform":
        return None
    return {"mask_token_id": tokenizer.special("<mask>"), "uniform_share": UNIFORM_SHARE}


def new_model(config: dict[str, Any], seed: int) -> DiffusionGemma:
    """A float32 network with first weights, ready to train."""
    torch.manual_seed(seed)
    model = DiffusionGemma(model_config(config))
    set_first_weights(model)
    return model


def set_first_weights(model: DiffusionGemma) -> None:
    """Draw them from torch's own random numbers."""
    hidden = model.config.hidden_size
    for name, parameter in model.named_parameters():
        if name == "embed_tokens.weight":
            nn.init.normal_(parameter, std=hidden**-0.5)
        elif parameter.ndim >= 2:
            nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)
        elif name.endswith(("q_norm.weight", "k_norm.weight")):
            nn.init.constant_(parameter, parameter.shape[0] ** -0.25)
        elif ".post_" in name:
            nn.init.constant_(parameter, BRANCH_GAIN)
        elif name == "norm.weight":
            nn.init.constant_(parameter, FINAL_GAIN)
