"""Random checkpoints of the plain transformers, written by transformers' own classes."""

from pathlib import Path

import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from fillwright.engine.model.transformer_config import PlainSkeleton

# the keys of the published configs (Dream-org/DreamOn-v0-7B, Qwen2.5-Coder-0.5B,
# ByteDance-Seed/Stable-DiffCoder-8B-Base, JetLM/SDAR-1.7B-Chat), smaller
TINY = {
    "vocab_size": 131,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-6,
    "max_position_embeddings": 256,
    "use_cache": False,
}
CLASSES: dict[PlainSkeleton, tuple[type, type]] = {
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
    "llama": (LlamaConfig, LlamaForCausalLM),
}


def write_plain(
    folder: Path, skeleton: PlainSkeleton, shard: str = "1GB", **config: object
) -> Path:
    """`config` are entries over TINY."""
    config_class, model_class = CLASSES[skeleton]
    torch.manual_seed(5)
    model = model_class(config_class(**TINY | config))
    for name, tensor in model.named_parameters():
        if tensor.ndim == 1:  # norms and biases that do something
            tensor.data.uniform_(*((0.5, 1.5) if "norm" in name else (-0.5, 0.5)))
        else:
            tensor.data.normal_(std=tensor.shape[-1] ** -0.5)
    model.save_pretrained(folder, max_shard_size=shard)
    return folder
