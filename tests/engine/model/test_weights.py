"""safetensors files -> parameters: whole and sharded, other types, and folders that are broken."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

QUERY = "model.decoder.layers.3.self_attn.q_proj.weight"
NORM = "model.decoder.norm.weight"
ENCODER_SCALAR = "model.encoder.language_model.layers.3.layer_scalar"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


@pytest.fixture
def folder(one_expert: Any, tmp_path: Path) -> Path:
    """A copy of a single-file checkpoint, to be broken."""
    return Path(shutil.copytree(one_expert.folder, tmp_path / "checkpoint"))


@pytest.fixture
def sharded(eight_experts: Any, tmp_path: Path) -> Path:
    return Path(shutil.copytree(eight_experts.folder, tmp_path / "checkpoint"))


def test_shards_and_a_single_file_say_the_same(sharded: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    tensors: dict[str, Tensor] = {}
    for shard in sharded.glob("*.safetensors"):
        tensors |= load_file(shard)
    save_file(tensors, whole / WEIGHTS)
    shutil.copy(sharded / "config.json", whole)
    ours, wanted = (DiffusionGemma.from_checkpoint(each).state_dict() for each in (sharded, whole))
    assert ours.keys() == wanted.keys()
    assert all(torch.equal(ours[name], wanted[name]) for name in wanted)


def test_encoder_and_decoder_keep_scalars_of_their_own(folder: Path) -> None:
    stored, layer = load_file(folder / WEIGHTS), DiffusionGemma.from_checkpoint(folder).layers[3]
    encoder, decoder = stored[ENCODER_SCALAR], stored["model.decoder.layers.3.layer_scalar"]
    assert not torch.equal(encoder, decoder)
    assert torch.equal(layer.encoder_layer_scalar, encoder)
    assert torch.equal(layer.layer_scalar, decoder)


@pytest.mark.parametrize("stored", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("wanted", [torch.bfloat16, torch.float32])
def test_weights_come_in_the_type_that_is_asked_for(
    folder: Path, stored: torch.dtype, wanted: torch.dtype
) -> None:
    tensors = {name: tensor.to(stored) for name, tensor in load_file(folder / WEIGHTS).items()}
    save_file(tensors, folder / WEIGHTS)
    model = DiffusionGemma.from_checkpoint(folder, dtype=wanted)
    assert {tensor.dtype for tensor in model.state_dict().values()} == {wanted}
    assert torch.equal(model.layers[3].self_attn.q_proj.weight, tensors[QUERY].to(wanted))
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_vision_tensors_may_be_missing(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    vision = [name for name in tensors if "vision" in name]
    assert vision
    for name in vision:
        del tensors[name]
    save_file(tensors, folder / WEIGHTS)
    DiffusionGemma.from_checkpoint(folder)


def test_loading_does_not_import_the_compiler_of_torch(folder: Path) -> None:
    """Which takes longer than all else that an engine does before it answers."""
    program = (
        "import sys, torch; from fillwright.engine.model.diffusion_gemma import DiffusionGemma;"
        f"model = DiffusionGemma.from_checkpoint({str(folder)!r});"
        "cache = model.prefill(torch.arange(3));"
        "model.denoise_logits(torch.arange(3)[None], cache, torch.zeros(1, 3, 97));"
        "sys.exit('torch._dynamo' in sys.modules or 'sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-P", "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("name", [QUERY, NORM, ENCODER_SCALAR])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tensor: None, "missing"),
        (lambda tensor: torch.zeros(3, *tensor.shape), "shape [3, "),
        (lambda tensor: tensor.to(torch.int8), "int8"),
        (lambda tensor: tensor.to(torch.float8_e4m3fn), "float8_e4m3fn"),
        (lambda tensor: torch.zeros(5, dtype=torch.uint8), "uint8"),
    ],
)
def test_a_tensor_that_cannot_be_used_is_named(
    folder: Path, name: str, change: Callable[[Tensor], Tensor | None], said: str
) -> None:
    tensors = load_file(folder / WEIGHTS)
    changed = change(tensors.pop(name))
    if changed is not None:
        tensors[name] = changed
    save_file(tensors, folder / WEIGHTS)
    assert_refused(folder, name, said, str(folder))


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 9, 100, 0.5, 0.999])
def test_a_truncated_file_is_named(folder: Path, kept: float) -> None:
    truncate(folder / WEIGHTS, kept)
    assert_refused(folder, str(folder / WEIGHTS))


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.999])
def test_a_truncated_shard_is_named(sharded: Path, kept: float) -> None:
    shard = sharded / json.loads((sharded / INDEX).read_text())["weight_map"][QUERY]
    truncate(shard, kept)
    assert_refused(sharded, str(shard))


def test_a_file_with_a_header_of_nonsense_is_named(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[8:108] = b"\xff" * 100
    (folder / WEIGHTS).write_bytes(content)
    assert_refused(folder, str(folder / WEIGHTS))


def test_a_missing_shard_is_named(sharded: Path) -> None:
    shard = sharded / json.loads((sharded / INDEX).read_text())["weight_map"][QUERY]
    shard.unlink()
    assert_refused(sharded, str(shard), "missing")


def test_a_shard_without_the_tensor_that_the_index_promises(sharded: Path) -> None:
    index = json.loads((sharded / INDEX).read_text())
    other = next(file for file in index["weight_map"].values() if file != index["weight_map"][NORM])
    index["weight_map"][NORM] = other
    (sharded / INDEX).write_text(json.dumps(index))
    assert_refused(sharded, NORM, other)


def test_a_tensor_that_the_index_lacks_is_named(sharded: Path) -> None:
    index = json.loads((sharded / INDEX).read_text())
    del index["weight_map"][QUERY]
    (sharded / INDEX).write_text(json.dumps(index))
    assert_refused(sharded, QUERY, str(sharded))


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"weight_map": []}', '{"weight_map": {"a": 1}}', '{"metadata": {}}'],
)
def test_a_broken_index_is_named(sharded: Path, content: str) -> None:
    (sharded / INDEX).write_text(content)
    assert_refused(sharded, str(sharded / INDEX))


def test_a_shard_that_is_a_folder_is_named(sharded: Path) -> None:
    index = json.loads((sharded / INDEX).read_text())
    index["weight_map"][NORM] = "."
    (sharded / INDEX).write_text(json.dumps(index))
    assert_refused(sharded, str(sharded))


@pytest.mark.parametrize(
    "name",
    ["../model.safetensors", "/etc/hosts", "\ud800", "a\nb", r"..\model.safetensors", "C:/hosts"],
)
def test_an_index_names_files_of_its_own_folder(sharded: Path, name: str) -> None:
    index = json.loads((sharded / INDEX).read_text())
    index["weight_map"][NORM] = name
    (sharded / INDEX).write_text(json.dumps(index))
    assert_refused(sharded, str(sharded / INDEX))


def test_a_folder_without_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    assert_refused(folder, str(folder), WEIGHTS)


@pytest.mark.parametrize(
    ("quantization", "said"),
    [({"quant_method": "awq"}, "awq"), ({"bits": 4}, "unnamed"), ("gptq", "unnamed")],
)
def test_an_unknown_quantisation_is_named(folder: Path, quantization: object, said: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = quantization
    (folder / "config.json").write_text(json.dumps(config))
    assert_refused(folder, str(folder / "config.json"), said)


def test_a_folder_of_another_model(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "llama"}')
    assert_refused(folder, "config.json", '"llama"')


def truncate(path: Path, kept: float) -> None:
    """Keep so many bytes, or that share of them."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(int(size * kept) if isinstance(kept, float) else kept)


def assert_refused(folder: Path, *named: str) -> None:
    with pytest.raises(CheckpointError) as refusal:
        DiffusionGemma.from_checkpoint(folder)
    message = str(refusal.value)
    assert "\n" not in message
    assert message.endswith(".")
    for each in named:
        assert each in message
