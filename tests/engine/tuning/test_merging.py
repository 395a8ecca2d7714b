from pathlib import Path

import pytest
import torch

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.tuning.lora import adapter_of, learning_model, pairs
from fillwright.engine.tuning.merging import merge


def test_a_merged_checkpoint_does_what_base_and_adapter_do(
    checkpoint: Path, tmp_path: Path
) -> None:
    model = learning_model(checkpoint, rank=4, alpha=8, device="cpu", seed=0)
    for pair in pairs(model).values():
        torch.nn.init.normal_(pair.up, std=0.1)
    adapter_of(model, 4, 8, "base").write(tmp_path / "adapter")
    merge(checkpoint, Adapter.read(tmp_path / "adapter"), tmp_path / "merged", "bf16")
    merged = DiffusionGemma.from_checkpoint(tmp_path / "merged")
    ids = torch.arange(20, 40)
    with torch.no_grad():
        mine = model.denoise_logits(ids[None], model.prefill(ids))
        theirs = merged.denoise_logits(ids[None], merged.prefill(ids))
        base = DiffusionGemma.from_checkpoint(checkpoint)
        unchanged = base.denoise_logits(ids[None], base.prefill(ids))
    # the sum is rounded to bfloat16
    assert (mine - theirs).abs().mean() < 0.02 * (mine - unchanged).abs().mean()
    names = {path.name for path in (tmp_path / "merged").iterdir()}
    assert {"config.json", "generation_config.json", "tokenizer.json", "memory.json"} <= names


def test_an_adapter_of_another_model_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    model = learning_model(checkpoint, rank=2, alpha=2, device="cpu", seed=0)
    adapter = adapter_of(model, 2, 2, "base")
    name, (down, up) = next(iter(adapter.matrices.items()))
    other = Adapter(2, 2, {name: (down[:, :-1], up)}, "other")
    with pytest.raises(CheckpointError, match="use it with the model that it was tuned for"):
        merge(checkpoint, other, tmp_path / "merged", "bf16")
    assert not (tmp_path / "merged").exists()
