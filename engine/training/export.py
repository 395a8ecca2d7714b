"""A training state -> a checkpoint folder that the engine ships and transformers opens."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from fillwright.engine.model.weights import stored_name

GENERATION_CONFIG: dict[str, Any] = {
    "max_denoising_steps": 8,
    "t_min": 0.4,
    "t_max": 0.8,
    "stability_threshold": 1,
    "confidence_threshold": 0.005,
    "sampler_config": {"_cls_name": "EntropyBoundSamplerConfig", "entropy_bound": 0.1},
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}


def export(state_file: Path, tokenizer_file: Path, folder: Path) -> None:
    """Write config.json, generation_config.json, model.safetensors (bfloat16), tokenizer.json."""
    state = torch.load(state_file, weights_only=True, map_location="cpu")
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        stored_name(name): tensor.to(torch.bfloat16).contiguous()
        for name, tensor in state["model"].items()
    }
    # an engine may have the old file mapped: it must not change under it
    partial = folder / "model.safetensors.partial"
    partial.write_bytes(save(tensors, metadata={"format": "pt"}))
    partial.replace(folder / "model.safetensors")
    config = state["config"] | {"dtype": "bfloat16"}
    _write_json(folder / "config.json", config)
    _write_json(folder / "generation_config.json", GENERATION_CONFIG)
    (folder / "tokenizer.json").write_bytes(tokenizer_file.read_bytes())


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
