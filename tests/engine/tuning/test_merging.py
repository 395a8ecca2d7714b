from pathlib import Path

import pytest
import torch

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_weights import read_network
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.quantize.folder import quantise_folder
from fillwright.engine.quantize.layout import QuantizeSettings
from fillwright.engine.training.export import re_export
from fillwright.engine.tuning.lora import adapter_of, learning_model, pairs
from fillwright.engine.tuning.merging import merge
from fillwright.kernels.arrays import on_host
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels


@pytest.mark.parametrize("which", ["checkpoint", "instructed"])
def test_a_merged_checkpoint_does_what_base_and_adapter_do(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    checkpoint: Path = request.getfixturevalue(which)
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
    assert {"config.json", "generation_config.json", "tokenizer.json"} <= names
    assert ("memory.json" in names) == (which == "checkpoint")


def test_an_adapter_of_another_model_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    model = learning_model(checkpoint, rank=2, alpha=2, device="cpu", seed=0)
    adapter = adapter_of(model, 2, 2, "base")
    name, (down, up) = next(iter(adapter.matrices.items()))
    other = Adapter(2, 2, {name: (down[:, :-1], up)}, "other")
    with pytest.raises(CheckpointError, match="use it with the model that it was tuned for"):
        merge(checkpoint, other, tmp_path / "merged", "bf16")
    assert not (tmp_path / "merged").exists()


def random_adapter(checkpoint: Path) -> Adapter:
    model = learning_model(checkpoint, rank=4, alpha=8, device="cpu", seed=0)
    for pair in pairs(model).values():
        torch.nn.init.normal_(pair.up, std=0.1)
    return adapter_of(model, 4, 8, "base")


def kernels() -> CpuKernels:
    try:
        return CpuKernels(1, InstructionSet.FLOAT32)
    except NoKernelsError as missing:
        pytest.skip(str(missing))


def on_canvas(model: CpuDiffusionGemma | DiffusionGemma) -> torch.Tensor:
    ids = torch.arange(20, 40)
    if isinstance(model, DiffusionGemma):
        with torch.no_grad():
            return model.denoise_logits(ids[None], model.prefill(ids))
    logits = model.denoise_logits(ids[None].numpy(), model.prefill(ids.numpy()))
    return torch.from_numpy(on_host(logits))


@pytest.mark.parametrize("stored_as", ["int8", "int4"])
def test_with_experts_the_kernels_add_what_a_merge_adds(
    instructed: Path, tmp_path: Path, stored_as: str
) -> None:
    adapter, base = random_adapter(instructed), tmp_path / "base"
    if stored_as == "int8":
        re_export(instructed, base, "int8")
    else:
        quantise_folder(instructed, base, QuantizeSettings("int4", "bf16", group=8), "cpu")
    merge(base, adapter, tmp_path / "merged", "bf16")
    adapted = on_canvas(CpuDiffusionGemma(read_network(base, kernels(), adapter=adapter)))
    merged = on_canvas(DiffusionGemma.from_checkpoint(tmp_path / "merged"))
    unchanged = on_canvas(CpuDiffusionGemma(read_network(base, kernels())))
    # both sums are rounded, one to the form of the base and one to bfloat16
    effect = (adapted - unchanged).abs().mean()
    assert effect > 0.01
    assert (adapted - merged).abs().mean() < 0.06 * effect


def test_where_attention_has_eight_bit_floats_an_adapter_is_refused(
    instructed: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    quantise_folder(instructed, base, QuantizeSettings("int4", "fp8", group=8), "cpu")
    with pytest.raises(CheckpointError, match="use the checkpoint in int8 or bfloat16"):
        read_network(base, kernels(), adapter=random_adapter(instructed))
