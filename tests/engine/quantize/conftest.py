"""A sharded tiny checkpoint in bfloat16, with random weights, written by transformers."""

from pathlib import Path

import pytest
import torch
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DiffusionGemmaTextConfig,
)
from transformers.models.gemma4 import Gemma4VisionConfig

from fillwright.engine.model.config import NO_VISION

TEXT = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "num_global_key_value_heads": 1,
    "global_head_dim": 16,
    "sliding_window": 8,
    "num_experts": 4,
    "top_k_experts": 2,
    "moe_intermediate_size": 32,
}


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    model = DiffusionGemmaForBlockDiffusion(
        DiffusionGemmaConfig(
            text_config=DiffusionGemmaTextConfig(**TEXT),
            vision_config=Gemma4VisionConfig(**NO_VISION),
            canvas_length=12,
        )
    )
    random = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.normal_(std=tensor.shape[-1] ** -0.5, generator=random)
    model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="60KB")
    (folder / "tokenizer.json").write_text("{}")
    assert len(list(folder.glob("*.safetensors"))) > 3
    return folder
