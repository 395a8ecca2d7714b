"""Matrices of four bits against compressed-tensors, which packs them here."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from compressed_tensors.compressors import (
    NVFP4PackedCompressor,
    PackedQuantizationCompressor,
    pack_fp4_to_uint8,
    unpack_fp4_from_uint8,
)
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from compressed_tensors.quantization.utils import calculate_qparams
from safetensors.torch import load_file, save_file
from torch import Tensor

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.four_bits import nvfp4_matrix
from fillwright.engine.model.quantization_config import expert_parts
from fillwright.engine.model.safetensors_files import stored_name

WEIGHTS = "model.safetensors"
GROUP = 16
QUERY = "model.decoder.layers.3.self_attn.q_proj.weight"
INT4 = QuantizationArgs(num_bits=4, type="int", strategy="group", group_size=GROUP)
NVFP4 = QuantizationArgs(num_bits=4, type="float", strategy="tensor_group", group_size=16)


def test_every_nvfp4_number_is_the_librarys() -> None:
    every = torch.arange(256, dtype=torch.uint8).repeat(2, 1)
    theirs = unpack_fp4_from_uint8(every, 2, 512, torch.float32)
    ones = torch.ones(2, 32).to(torch.float8_e4m3fn)
    assert torch.equal(nvfp4_matrix(every, ones, torch.ones(1)), theirs)
    packed = pack_fp4_to_uint8(theirs.to(torch.bfloat16))
    assert torch.equal(nvfp4_matrix(packed, ones, torch.ones(1)), theirs)


def compressed(weight: Tensor, args: QuantizationArgs) -> tuple[dict[str, Tensor], Tensor]:
    """What the library stores of a matrix, and what it reads back of that."""
    groups = weight.float().unflatten(-1, (-1, GROUP))
    given = {"weight": weight.float()}
    if args.type == "float":
        given["weight_global_scale"] = (2688.0 / weight.abs().max()).float().reshape(1)
    scale, _ = calculate_qparams(
        groups.amin(-1), groups.amax(-1), args, global_scale=given.get("weight_global_scale")
    )
    given["weight_scale"] = scale.float()
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    library = PackedQuantizationCompressor if args.type == "int" else NVFP4PackedCompressor
    stored = library.compress(given, scheme)
    return stored, library.decompress(stored, scheme)["weight"].float()


def config_of(args: QuantizationArgs, modelopt: bool = False) -> dict[str, Any]:
    if modelopt:
        return {"quant_method": "modelopt", "quant_algo": "NVFP4"}
    name = "pack-quantized" if args.type == "int" else "nvfp4-pack-quantized"
    group = {"targets": ["Linear"], "weights": args.model_dump(mode="json"), "format": name}
    return {"quant_method": "compressed-tensors", "format": name, "config_groups": {"a": group}}


@pytest.fixture(scope="module")
def source(tiny_folder: Callable[..., Path]) -> Path:
    """A checkpoint whose matrices have a multiple of 16 columns."""
    return tiny_folder(num_experts=4, top_k_experts=2, moe_intermediate_size=32)


@pytest.fixture(params=["int4", "nvfp4", "modelopt"])
def packed(
    request: pytest.FixtureRequest, source: Path, tmp_path: Path
) -> tuple[Path, dict[str, Tensor]]:
    """A checkpoint whose experts and one projection the library has packed, and those matrices as
    it reads them back."""
    args = INT4 if request.param == "int4" else NVFP4
    modelopt = request.param == "modelopt"
    tensors, wanted = load_file(source / WEIGHTS), {}

    def pack(name: str, weight: Tensor) -> None:
        stored, back = compressed(weight, args)
        wanted[name] = back
        if modelopt:
            tensors[name] = stored["weight_packed"]
            tensors[f"{name}_scale"] = stored["weight_scale"]
            tensors[f"{name}_scale_2"] = (1 / stored["weight_global_scale"]).squeeze()
            tensors[f"{name.removesuffix('weight')}input_scale"] = torch.ones(())
            return
        for kind, tensor in stored.items():
            tensors[f"{name.removesuffix('weight')}{kind}"] = tensor.contiguous()

    for name in list(tensors):
        if name == QUERY:
            pack(name, tensors.pop(name))
        elif parts := expert_parts(name, len(tensors[name])):
            for names, expert in zip(parts, tensors.pop(name), strict=True):
                for part, rows in zip(names, expert.chunk(len(names)), strict=True):
                    pack(part, rows)
    save_file(tensors, tmp_path / WEIGHTS)
    config = json.loads((source / "config.json").read_text())
    config["quantization_config"] = config_of(args, modelopt)
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path, wanted


def test_what_the_library_packs_is_read_as_it_unpacks_it(
    packed: tuple[Path, dict[str, Tensor]],
) -> None:
    folder, wanted = packed
    state = {
        stored_name(name): tensor
        for name, tensor in DiffusionGemma.from_checkpoint(folder).state_dict().items()
    }
    # the library computes in bfloat16 what is exact here
    torch.testing.assert_close(state[QUERY], wanted[QUERY], rtol=2**-7, atol=0)
    stacked = [name for name in state if expert_parts(name, 1)]
    assert stacked
    for name in stacked:
        back = torch.stack(
            [
                torch.cat([wanted[part] for part in parts])
                for parts in expert_parts(name, len(state[name]))
            ]
        )
        torch.testing.assert_close(state[name], back, rtol=2**-7, atol=0)


@pytest.mark.parametrize("change", ["narrow", "scale", "type", "no number"])
def test_a_matrix_of_four_bits_that_cannot_be_used_is_named(
    packed: tuple[Path, dict[str, Tensor]], change: str
) -> None:
    folder, _ = packed
    tensors = load_file(folder / WEIGHTS)
    stored = QUERY if QUERY in tensors else f"{QUERY}_packed"
    of_scale = change in ("scale", "no number")
    name = f"{QUERY}_scale" if of_scale else stored
    tensors[name] = {
        "narrow": tensors[name][:, 1:].contiguous(),
        "scale": tensors[name][1:].contiguous(),
        "no number": (tensors[name].float() * torch.nan).to(tensors[name].dtype),
        "type": tensors[name].to(torch.int16),
    }[change]
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(CheckpointError) as refusal:
        DiffusionGemma.from_checkpoint(folder)
    assert (name if change == "no number" else stored) in str(refusal.value)
    assert str(folder) in str(refusal.value)
