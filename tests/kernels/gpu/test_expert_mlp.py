from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from fillwright.kernels import expert_mlp as torch_op
from fillwright.kernels.gpu.expert_mlp import BLOCKS, expert_mlp
from fillwright.kernels.gpu.packed_experts import E2M1, ExpertMatrix

HIDDEN, INTERMEDIATE, EXPERTS = 128, 192, 5
FORMATS = ["bf16", "fp8", "int4 of 32", "int4 of 64", "nvfp4"]
E4M3 = torch.float8_e4m3fn


def stored(format: str, rows: int, columns: int, device: str) -> ExpertMatrix:
    """A random matrix as a checkpoint of that format has it."""
    random = torch.Generator().manual_seed(rows)
    shape = (EXPERTS, rows, columns)
    size = columns**-0.5
    match format.split():
        case ["bf16"]:
            weight = torch.randn(shape, generator=random) * size
            return ExpertMatrix.bf16(weight.bfloat16().to(device))
        case ["fp8"]:
            # torch 2.11 makes NaN of what E4M3 has no room for
            weight = (torch.randn(shape, generator=random) * 100).clamp(-448, 448).to(E4M3)
            scale = torch.rand(EXPERTS, rows, generator=random) * size / 50
            return ExpertMatrix.fp8(weight.to(device), scale.to(device))
        case ["int4", _, group]:
            words = torch.randint(
                -(2**31), 2**31, (EXPERTS, rows, columns // 8), generator=random, dtype=torch.int32
            )
            scale = torch.rand(EXPERTS, rows, columns // int(group), generator=random) * size / 4
            return ExpertMatrix.int4(words.to(device), scale.to(device))
        case _:
            packed = torch.randint(
                0, 256, (EXPERTS, rows, columns // 2), generator=random, dtype=torch.uint8
            )
            scale = torch.rand(EXPERTS, rows, columns // 16, generator=random).to(E4M3)
            factor = torch.rand(EXPERTS, generator=random) * size
            return ExpertMatrix.nvfp4(packed.to(device), scale.to(device), factor.to(device))


def routed(tokens: int, k: int, device: str) -> tuple[Tensor, Tensor]:
    scores = torch.randn(tokens, EXPERTS, generator=torch.Generator().manual_seed(tokens))
    weight, index = scores.softmax(-1).topk(k)
    return index.to(device, torch.int32), weight.to(device)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("tokens", "k"), [(1, 1), (21, 3)])
def test_is_the_reference_of_the_dequantised_experts(
    device: str,
    float_type: torch.dtype,
    format: str,
    tokens: int,
    k: int,
) -> None:
    gate_up = stored(format, 2 * INTERMEDIATE, HIDDEN, device)
    down = stored(format, HIDDEN, INTERMEDIATE, device)
    x = torch.randn(tokens, HIDDEN, generator=torch.Generator().manual_seed(0))
    x = x.to(device, float_type)
    index, weight = routed(tokens, k, device)
    wanted = torch_op.expert_mlp(
        x.float(), gate_up.dequantised(), down.dequantised(), index.long(), weight
    )
    ours = expert_mlp(x, gate_up, down, index, weight)
    assert ours.dtype == float_type
    tolerance = 1e-4 if float_type == torch.float32 else 2e-2
    torch.testing.assert_close(ours.float(), wanted, rtol=tolerance, atol=tolerance)


def test_no_token_is_dropped_when_all_choose_the_same_expert(
    device: str, float_type: torch.dtype
) -> None:
    gate_up = stored("bf16", 2 * INTERMEDIATE, HIDDEN, device)
    down = stored("bf16", HIDDEN, INTERMEDIATE, device)
    x = torch.randn(150, HIDDEN, generator=torch.Generator().manual_seed(1))
    x = x.to(device, float_type)
    index = torch.full((150, 1), EXPERTS - 1, dtype=torch.int32, device=device)
    weight = torch.ones(150, 1, device=device)
    ours = expert_mlp(x, gate_up, down, index, weight)
    wanted = torch_op.expert_mlp(
        x.float(), gate_up.dequantised(), down.dequantised(), index.long(), weight
    )
    tolerance = 1e-4 if float_type == torch.float32 else 2e-2
    torch.testing.assert_close(ours.float(), wanted, rtol=tolerance, atol=tolerance)


def test_every_number_of_four_bits_keeps_its_worth() -> None:
    words = torch.tensor([0x76543210, 0xFEDCBA98 - 2**32], dtype=torch.int32).repeat(1, 1, 4)
    matrix = ExpertMatrix.int4(words, torch.ones(1, 1, 1))
    assert matrix.dequantised().flatten().tolist() == [float(i) for i in range(-8, 8)] * 4
    packed = torch.arange(0, 16, 2, dtype=torch.uint8)
    packed = (packed | (packed + 1) << 4).repeat(1, 1, 4)
    numbers = ExpertMatrix.nvfp4(packed, torch.ones(1, 1, 4).to(E4M3), torch.tensor([2.0]))
    assert numbers.dequantised().flatten().tolist() == [2 * each for each in E2M1] * 4


def test_columns_come_in_chunks() -> None:
    with pytest.raises(ValueError, match="multiple of 64"):
        ExpertMatrix.int4(torch.zeros(1, 1, 9, dtype=torch.int32), torch.ones(1, 1, 1))


TYPES = {"bf16": "*bf16", "fp8": "*fp8e4nv", "int4": "*u8", "nvfp4": "*u8"}
SCALES = {"bf16": "*fp32", "fp8": "*fp32", "int4": "*bf16", "nvfp4": "*fp8e4nv"}
GROUPS = {"bf16": 0, "fp8": 0, "int4": 64, "nvfp4": 16}
SIZES = ["hidden", "intermediate", "slot_count"]


@pytest.mark.parametrize("block", [16, 32])
@pytest.mark.parametrize("format", BLOCKS)
@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int, format: str, block: int) -> None:
    if arch == 80 and format in ("fp8", "nvfp4"):
        pytest.skip("no FP8 before sm_89")
    blocks = BLOCKS[format]
    pointers = {
        "weight": TYPES[format],
        "row_scale": "*fp32",
        "group_scale": SCALES[format],
        "slots": "*i32",
        "tile_expert": "*i32",
        "count": "*i32",
    }
    for name, ends, more in (
        ("gate_up_kernel", {"x": "*bf16", "out": "*bf16"}, {"top_k": "i32"}),
        ("down_kernel", {"a": "*bf16", "out": "*fp32"}, {}),
    ):
        built = build(
            arch,
            kernel=f"fillwright.kernels.gpu.expert_mlp:{name}",
            types={**pointers, **ends, **more, **dict.fromkeys(SIZES, "i32")},
            constants={
                "FORMAT": format,
                "GROUP": GROUPS[format],
                "BLOCK_M": block,
                "BLOCK_N": blocks.columns,
                "BLOCK_K": blocks.inputs,
                "DOT": "tl.bfloat16",
            },
            aligned=[*pointers, *ends, "hidden", "intermediate"],
            num_warps=blocks.warps,
            num_stages=blocks.stages,
        )
        assert built.spills == 0, built
        assert built.has("HMMA", "HGMMA")
        assert built.has("LDGSTS"), "weights are fetched ahead"
