"""Matrices of eight bits against compressed-tensors, which reads and writes the same layout."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from compressed_tensors.compressors import ModelCompressor
from compressed_tensors.quantization import (
    QuantizationArgs,
    QuantizationConfig,
    QuantizationScheme,
    apply_quantization_config,
)
from compressed_tensors.quantization.lifecycle.forward import dequantize, quantize
from compressed_tensors.quantization.utils import calculate_qparams
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import DiffusionGemmaForBlockDiffusion

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.quantization import QUANTIZATION_CONFIG, dequantise, quantise
from fillwright.engine.model.safetensors_files import stored_name
from fillwright.engine.training.export import re_export

QUERY = "model.decoder.layers.3.self_attn.q_proj.weight"
EXPERT = "model.decoder.layers.3.experts.0.up_proj.weight"
WEIGHTS = "model.safetensors"


@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", ["int", "float"])
@pytest.mark.parametrize("strategy", ["channel", "tensor"])
@pytest.mark.parametrize("checkpoint", ["one_expert", "eight_experts"])
def test_what_the_library_compresses_is_read_as_it_decompresses_it(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    checkpoint: str,
    strategy: str,
    kind: str,
    stored: torch.dtype,
) -> None:
    source = request.getfixturevalue(checkpoint).folder
    reference = DiffusionGemmaForBlockDiffusion.from_pretrained(source, dtype=stored)
    compressor = compress(reference, kind, strategy)
    reference.save_pretrained(tmp_path)
    compressor.update_config(tmp_path)
    eight_bits = torch.int8 if kind == "int" else torch.float8_e4m3fn
    assert load_file(tmp_path / WEIGHTS)[QUERY].dtype == eight_bits

    compressor.decompress_model(reference)
    wanted = reference.state_dict()
    for name, tensor in DiffusionGemma.from_checkpoint(tmp_path, dtype=stored).state_dict().items():
        assert torch.equal(tensor, wanted[stored_name(name)]), name


@pytest.mark.parametrize("checkpoint", ["one_expert", "eight_experts"])
def test_experts_that_are_stored_one_by_one_are_stacked(
    request: pytest.FixtureRequest, tmp_path: Path, checkpoint: str
) -> None:
    given = request.getfixturevalue(checkpoint)
    re_export(given.folder, tmp_path, "int8")
    experts = DiffusionGemma.from_checkpoint(tmp_path).layers[3].experts
    wanted = given.model.layers[3].experts
    for ours, exact in (
        (experts.gate_up_proj, wanted.gate_up_proj),
        (experts.down_proj, wanted.down_proj),
    ):
        assert ours.shape == exact.shape
        assert not torch.equal(ours, exact)
        assert bool(((ours - exact).abs() <= exact.abs().amax(-1, keepdim=True) / 250).all())


rows = st.lists(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3), min_size=1, max_size=4
)


@given(rows)
def test_a_weight_is_at_most_half_a_step_from_what_is_read_back(weights: list[list[float]]) -> None:
    exact = torch.tensor(weights)
    stored, scale = quantise(exact)
    assert (stored.dtype, scale.shape) == (torch.int8, (len(weights), 1))
    error = (dequantise(stored, scale) - exact).abs()
    assert bool((error <= scale * 0.5001).all())
    args = QuantizationArgs(num_bits=8, strategy="channel")
    theirs = quantize(exact, scale, torch.zeros(1), args, torch.int8)
    assert torch.equal(stored, theirs)
    assert torch.equal(dequantise(stored, scale), dequantize(stored, scale, None, args))


def test_the_configuration_is_one_of_the_library() -> None:
    theirs = QuantizationConfig.model_validate(QUANTIZATION_CONFIG)
    (group,) = theirs.config_groups.values()
    assert group.format == theirs.format == "naive-quantized"
    assert group.weights == QuantizationArgs(num_bits=8, strategy="channel")


@pytest.fixture
def int8(one_expert: Any, tmp_path: Path) -> Path:
    """An int8 checkpoint, to be broken."""
    re_export(one_expert.folder, tmp_path / "checkpoint", "int8")
    return tmp_path / "checkpoint"


@pytest.mark.parametrize("weight", [QUERY, EXPERT, "model.decoder.embed_tokens.weight"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda scale: None, "missing"),
        (lambda scale: scale[:-1], "rows"),
        (lambda scale: scale.flatten(), "rows"),
        (lambda scale: scale.expand(-1, 2).contiguous(), "rows"),
        (lambda scale: scale.to(torch.int8), "int8"),
        (lambda scale: scale * torch.nan, "no numbers"),
        (lambda scale: scale * torch.inf, "no numbers"),
    ],
)
def test_a_scale_that_cannot_be_used_is_named(
    int8: Path, weight: str, change: Callable[[Tensor], Tensor | None], said: str
) -> None:
    tensors = load_file(int8 / WEIGHTS)
    changed = change(tensors.pop(f"{weight}_scale"))
    if changed is not None:
        tensors[f"{weight}_scale"] = changed
    save_file(tensors, int8 / WEIGHTS)
    assert_refused(int8, f"{weight}_scale", str(int8), said)


@pytest.mark.parametrize("weight", [QUERY, EXPERT])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tensor: tensor[1:], "shape"),
        (lambda tensor: tensor.to(torch.uint8), "uint8"),
        (lambda tensor: tensor.to(torch.float8_e4m3fn), "float8_e4m3fn"),
    ],
)
def test_a_matrix_that_cannot_be_used_is_named(
    int8: Path, weight: str, change: Callable[[Tensor], Tensor], said: str
) -> None:
    tensors = load_file(int8 / WEIGHTS)
    tensors[weight] = change(tensors[weight])
    save_file(tensors, int8 / WEIGHTS)
    assert_refused(int8, weight, str(int8 / WEIGHTS), said)


def test_an_expert_without_one_of_its_matrices_is_named(int8: Path) -> None:
    tensors = load_file(int8 / WEIGHTS)
    del tensors[EXPERT]
    save_file(tensors, int8 / WEIGHTS)
    assert_refused(int8, EXPERT, "missing")


def test_int8_without_its_configuration_is_named(int8: Path) -> None:
    config = json.loads((int8 / "config.json").read_text())
    del config["quantization_config"]
    (int8 / "config.json").write_text(json.dumps(config))
    assert_refused(int8, str(int8 / WEIGHTS), "int8")


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("quant_method", "gptq"),
        ("format", "pack-quantized"),
        ("format", None),
        ("transform_config", {"config_groups": {"u": {}}}),
        ("sparsity_config", {"format": "sparse-24-bitmask"}),
        ("config_groups", None),
        ("config_groups", {"W8A8": ["Linear"]}),
        ("config_groups.group_0.format", "nvfp4-pack-quantized"),
        ("config_groups.group_0.weights", 8),
        ("config_groups.group_0.weights.num_bits", 2),
        ("config_groups.group_0.weights.type", "nf"),
        ("config_groups.group_0.weights.symmetric", False),
        ("config_groups.group_0.weights.strategy", "group"),
        ("config_groups.group_0.weights.strategy", None),
    ],
)
def test_a_quantisation_that_cannot_be_read_is_named(int8: Path, entry: str, value: object) -> None:
    config = json.loads((int8 / "config.json").read_text())
    *path, last = ["quantization_config", *entry.split(".")]
    place = config
    for key in path:
        place = place[key]
    place[last] = value
    (int8 / "config.json").write_text(json.dumps(config))
    named = last if last != "quant_method" else "gptq"
    assert_refused(int8, "config.json", named if value != {"W8A8": ["Linear"]} else "W8A8")


def test_a_checkpoint_in_shards_may_part_a_matrix_from_its_scale(
    int8: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "sharded"
    folder.mkdir()
    shutil.copy(int8 / "config.json", folder)
    tensors = load_file(int8 / WEIGHTS)
    shards = {name: f"{name.endswith('_scale')}.safetensors" for name in tensors}
    for file in set(shards.values()):
        save_file({n: t for n, t in tensors.items() if shards[n] == file}, folder / file)
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps({"weight_map": shards}))
    ours, wanted = (DiffusionGemma.from_checkpoint(each).state_dict() for each in (folder, int8))
    assert all(torch.equal(ours[name], wanted[name]) for name in wanted)


def compress(model: torch.nn.Module, kind: str, strategy: str) -> ModelCompressor:
    """Quantise a network of transformers as the library does, all but head, router and vision."""
    args = QuantizationArgs(num_bits=8, type=kind, strategy=strategy)
    name = "naive-quantized" if kind == "int" else "float-quantized"
    scheme = QuantizationScheme(targets=["Linear", "Embedding"], weights=args, format=name)
    apply_quantization_config(
        model,
        QuantizationConfig(
            config_groups={"group_0": scheme},
            ignore=["lm_head", "re:.*router.*", "re:.*vision.*"],
            quantization_status="frozen",
        ),
        show_progress=False,
    )
    for module in model.modules():
        if hasattr(module, "quantization_scheme"):
            weight = module.weight.detach()
            least, most = weight.aminmax()
            if strategy == "channel":
                least, most = weight.amin(-1, keepdim=True), weight.amax(-1, keepdim=True)
            module.weight_scale.data = calculate_qparams(least, most, args)[0].to(weight.dtype)
    compressor = ModelCompressor.from_pretrained_model(model)
    compressor.compress_model(model)
    return compressor


def assert_refused(folder: Path, *named: str) -> None:
    with pytest.raises(CheckpointError) as refusal:
        DiffusionGemma.from_checkpoint(folder)
    message = str(refusal.value)
    assert "\n" not in message
    assert message.endswith(".")
    for each in named:
        assert each in message
