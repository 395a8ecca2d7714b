"""The GPU's network from a checkpoint whose experts stay packed, against the dequantised one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

pytest.importorskip("triton", reason="the GPU's network is not tested: Triton runs on Linux alone")

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model import gpu_weights
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.engine.model.gpu_weights import load_packed
from fillwright.engine.quantize.folder import quantise_folder
from fillwright.engine.quantize.layout import Experts, QuantizeSettings, Rest
from fillwright.kernels.gpu.scaled_matrix import ScaledMatrix

KINDS = ["sliding_attention", "full_attention"]
SHAPE = {
    "head_dim": 32,
    "global_head_dim": 64,
    "num_hidden_layers": 2,
    "layer_types": KINDS,
    "hidden_size": 64,
    "moe_intermediate_size": 64,
    "num_experts": 4,
    "top_k_experts": 2,
}
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
DTYPE = torch.bfloat16 if DEVICE == "cuda" else torch.float32


@pytest.fixture(scope="module")
def source(tiny_folder: Callable[..., Path]) -> Path:
    return tiny_folder(**SHAPE)


def nvfp4(source: Path, folder: Path) -> None:
    """A checkpoint as ModelOpt writes it, of any four bits."""
    quantise_folder(source, folder, QuantizeSettings("fp8"), "cpu")
    random = torch.Generator().manual_seed(5)
    for path in folder.glob("*.safetensors"):
        tensors = load_file(path)
        for name in [name for name in tensors if ".experts." in name and name.endswith("weight")]:
            rows, columns = tensors[name].shape
            tensors[name] = torch.randint(
                0, 256, (rows, columns // 2), generator=random, dtype=torch.uint8
            )
            scale = torch.rand(rows, columns // 16, generator=random).to(torch.float8_e4m3fn)
            tensors[f"{name}_scale"] = scale
            tensors[f"{name}_scale_2"] = torch.rand(1, generator=random) / 4
        save_file(tensors, path)
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "modelopt", "quant_algo": "NVFP4"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors.index.json").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("format", "rest"),
    [("bf16", "bf16"), ("fp8", "bf16"), ("fp8", "fp8"), ("int4", "fp8"), ("nvfp4", "bf16")],
)
def test_says_what_the_dequantised_network_says(
    source: Path, tmp_path: Path, tokens: Callable[..., torch.Tensor], format: str, rest: Rest
) -> None:
    folder = source if format == "bf16" else tmp_path / format
    if format == "nvfp4":
        nvfp4(source, folder)
    elif format != "bf16":
        experts: Experts = "int4" if format == "int4" else "fp8"
        quantise_folder(source, folder, QuantizeSettings(experts, rest), "cpu")
    fractions: list[float] = []
    packed = load_packed(folder, DEVICE, DTYPE, fractions.append)
    network = GpuNetwork.of(packed, 40)
    first = network.layers[0]
    assert first.expert_gate_up.format == format
    for matrix in (first.qkv, first.out, first.gate_up, first.down, network.signal_down):
        assert isinstance(matrix, ScaledMatrix) == (rest == "fp8")
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0

    model = DiffusionGemma.from_checkpoint(folder, DEVICE, DTYPE)
    prompt, canvas = tokens(20).to(DEVICE), tokens(1, 12).to(DEVICE)
    wanted = model.denoise_logits(canvas, model.prefill(prompt))[0]
    slots = CacheSlots.empty(network.config, 1, 20, DTYPE, model.device)
    where = torch.tensor([0, 0, 20], dtype=torch.int32, device=DEVICE)
    hidden = network(prompt, network.embedded(canvas[0], None), slots, where)[20:]
    # the torch network rounds an int4 weight to its scale's bfloat16, the kernel does not
    exact = torch.float32 == DTYPE and format != "int4"
    tolerance = 2e-4 if exact else 5e-2
    torch.testing.assert_close(model.logits(hidden), wanted, rtol=tolerance, atol=tolerance)
    # what drafts and searches use: the torch network of the same weights
    signal = wanted[None] * 2
    ours, theirs = (
        each.denoise_logits(canvas, each.prefill(prompt), signal) for each in (packed, model)
    )
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("experts", ["fp8", "int4"])
def test_a_gpu_without_fp8_gets_it_dequantised(
    source: Path, tmp_path: Path, experts: Experts, monkeypatch: pytest.MonkeyPatch
) -> None:
    quantise_folder(source, tmp_path / "q", QuantizeSettings(experts, "fp8"), "cpu")
    monkeypatch.setattr(gpu_weights, "knows_fp8", lambda device: False)
    first = GpuNetwork.of(load_packed(tmp_path / "q", DEVICE, DTYPE), 40).layers[0]
    assert isinstance(first.qkv, torch.Tensor)
    assert first.expert_down.format == ("bf16" if experts == "fp8" else "int4")


def test_a_missing_expert_is_named(source: Path, tmp_path: Path) -> None:
    quantise_folder(source, tmp_path / "q", QuantizeSettings("int4"), "cpu")
    gone = "model.decoder.layers.1.experts.2.up_proj.weight_packed"
    for path in (tmp_path / "q").glob("*.safetensors"):
        tensors = load_file(path)
        if gone in tensors:
            del tensors[gone]
            save_file(tensors, path)
    index = tmp_path / "q/model.safetensors.index.json"
    if index.exists():
        content = json.loads(index.read_text())
        content["weight_map"].pop(gone)
        index.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"experts\.2\.up_proj\.weight"):
        load_packed(tmp_path / "q", DEVICE, DTYPE)
