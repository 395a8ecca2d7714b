"""A denoise step of transformers' own `generate`, at the same shape, with random weights."""

import time
from statistics import median
from typing import Any

import torch

from fillwright.engine.benchmark.shapes import float_type
from fillwright.engine.model.config import NO_VISION, ModelConfig
from fillwright.engine.model.cuda_graph import synchronise

FEW, MANY, ROUNDS = 1, 9, 3


def transformers_step(
    config: ModelConfig, rows: int, context: int, device: torch.device, compiled: bool
) -> float:
    """Milliseconds: how much longer nine steps take than one, by eight. `compiled` is what
    `generate` does with a static cache. Raises ImportError where transformers is not installed."""
    from transformers.models.diffusion_gemma.generation_diffusion_gemma import (
        DiffusionGemmaGenerationConfig,
    )

    network = _network(config, rows, device)
    prompt = torch.randint(config.vocab_size, (1, context), device=device)

    def seconds(steps: int) -> float:
        settings = DiffusionGemmaGenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=rows,
            max_denoising_steps=steps,
            # none may stop early
            stability_threshold=steps,
            pad_token_id=0,
            cache_implementation="static" if compiled else None,
        )
        synchronise(device)
        began = time.perf_counter()
        network.generate(prompt, generation_config=settings)
        synchronise(device)
        return time.perf_counter() - began

    for steps in (FEW, MANY):
        seconds(steps)
    few, many = (median(seconds(steps) for _ in range(ROUNDS)) for steps in (FEW, MANY))
    return 1e3 * (many - few) / (MANY - FEW)


def _network(config: ModelConfig, rows: int, device: torch.device) -> Any:
    from transformers import (
        DiffusionGemmaConfig,
        DiffusionGemmaForBlockDiffusion,
        DiffusionGemmaTextConfig,
    )
    from transformers.models.gemma4 import Gemma4VisionConfig

    sliding, full = config.shapes["sliding_attention"], config.shapes["full_attention"]
    text: dict[str, Any] = {
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": len(config.layer_kinds),
        "layer_types": list(config.layer_kinds),
        "num_attention_heads": config.heads,
        "num_key_value_heads": sliding.kv_heads,
        "head_dim": sliding.head_dim,
        "num_global_key_value_heads": full.kv_heads,
        "global_head_dim": full.head_dim,
        "sliding_window": config.sliding_window,
        "num_experts": config.experts,
        "top_k_experts": config.top_k_experts,
        "moe_intermediate_size": config.expert_intermediate_size,
    }
    whole = DiffusionGemmaConfig(
        text_config=DiffusionGemmaTextConfig(**text),
        vision_config=Gemma4VisionConfig(**NO_VISION),
        canvas_length=rows,
    )
    with torch.device(device):
        network: Any = DiffusionGemmaForBlockDiffusion(whole)
    return network.to(float_type(device)).eval().requires_grad_(False)
