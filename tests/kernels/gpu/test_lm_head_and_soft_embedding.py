from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from fillwright.kernels.gpu.lm_head import BLOCK_K, BLOCK_R, BLOCK_V, WARPS, lm_head
from fillwright.kernels.gpu.soft_embedding import (
    BLOCK_H,
    NOT_PINNED,
    SILENT,
    SPLITS,
    soft_embedding,
)
from fillwright.kernels.lm_head import lm_head as logits_of
from fillwright.kernels.soft_embedding import soft_embedding as expected_under
from fillwright.kernels.token_statistics import token_statistics

CAP = 30.0
E4M3 = torch.float8_e4m3fn


def drawn(rows: int, vocab: int, width: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(vocab)
    return torch.randn(rows, width, generator=random), torch.randn(vocab, width, generator=random)


def scalar(value: float, dtype: torch.dtype, device: str) -> Tensor:
    return torch.tensor([value], dtype=dtype, device=device)


@pytest.mark.parametrize("temperature", [0.4, 1.0])
@pytest.mark.parametrize(("rows", "vocab", "width"), [(1, 128, 64), (20, 1000, 96), (70, 387, 64)])
@pytest.mark.parametrize("fp8", [False, True])
def test_statistics_and_the_expected_embedding(
    device: str,
    float_type: torch.dtype,
    rows: int,
    vocab: int,
    width: int,
    temperature: float,
    fp8: bool,
) -> None:
    hidden, embedding = drawn(rows, vocab, width)
    # from rows that know nothing to rows that are all but sure
    hidden *= torch.linspace(0.01, 1.5, rows)[:, None]
    scale = torch.rand(vocab) + 0.5 if fp8 else None
    hidden = hidden.to(device, float_type)
    embedding = embedding.to(device, E4M3 if fp8 else torch.bfloat16)
    scale = None if scale is None else scale.to(device)
    seen = lm_head(
        hidden, embedding, scale, CAP,
        scalar(1 / temperature, torch.float32, device), scalar(7, torch.int64, device),
    )  # fmt: skip
    table = embedding.float() if scale is None else embedding.float() * scale[:, None]
    logits = logits_of(hidden.float(), table.mT, CAP)
    wanted = token_statistics(logits, temperature)
    exact = float_type == torch.float32
    tolerance = 1e-4 if exact else 3e-2
    torch.testing.assert_close(seen.entropy, wanted.entropy, rtol=tolerance, atol=tolerance)
    if exact:
        assert torch.equal(seen.token, wanted.token)
    own = logits.softmax(-1).gather(-1, seen.token[:, None]).squeeze(-1)
    torch.testing.assert_close(seen.probability, own, rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(seen.mass.sum(-1), torch.ones(rows, device=device))

    pinned = torch.full((rows,), NOT_PINNED, dtype=torch.int64, device=device)
    pinned[0], pinned[-1] = (5, SILENT) if rows > 1 else (NOT_PINNED, NOT_PINNED)
    signal = wanted.tempered.clone()
    if rows > 1:
        signal[0], signal[-1] = -1e4, -torch.inf
        signal[0, 5] = 0.0
    expected = expected_under(signal, table, scale=3.0)
    tolerance = 1e-3 if exact else 3e-2
    for least in (0.0, 1e-7):
        ours = soft_embedding(seen, embedding, scale, pinned, 3.0, least)
        torch.testing.assert_close(ours, expected, rtol=tolerance, atol=tolerance)


def test_tiles_without_mass_are_not_read(device: str, float_type: torch.dtype) -> None:
    hidden, embedding = drawn(3, 5 * BLOCK_V, 64)
    embedding[BLOCK_V + 1] = hidden.sum(0)
    hidden, embedding = hidden.to(device, float_type), embedding.to(device, torch.bfloat16)
    seen = lm_head(
        hidden, embedding, None, CAP,
        scalar(1 / 0.1, torch.float32, device), scalar(7, torch.int64, device),
    )  # fmt: skip
    empty = (seen.mass <= 1e-7).all(0)
    assert empty.any()
    spoilt = embedding.clone()
    spoilt.view(-1, BLOCK_V, 64)[empty] = torch.nan
    pinned = torch.full((3,), NOT_PINNED, dtype=torch.int64, device=device)
    assert soft_embedding(seen, spoilt, None, pinned, 1.0).isfinite().all()
    assert not soft_embedding(seen, spoilt, None, pinned, 1.0, least=-1.0).isfinite().all()


def test_samples_follow_the_probabilities(device: str, float_type: torch.dtype) -> None:
    hidden, embedding = drawn(1, 300, 64)
    draws = 640
    rows = (hidden / 4).repeat(draws, 1).to(device, float_type)
    embedding = embedding.to(device, torch.bfloat16)
    cold, seed = scalar(1 / 0.7, torch.float32, device), scalar(3, torch.int64, device)
    seen = lm_head(rows, embedding, None, CAP, cold, seed)
    p = (logits_of(rows[:1].float(), embedding.float().mT, CAP) / 0.7).softmax(-1)[0]
    for token in p.topk(5).indices.tolist():
        frequency = (seen.sample == token).float().mean()
        assert abs(frequency - p[token]) < 5 * (p[token] * (1 - p[token]) / draws).sqrt()
    other = lm_head(rows, embedding, None, CAP, cold, scalar(4, torch.int64, device))
    assert not torch.equal(other.sample, seen.sample)
    again = lm_head(rows, embedding, None, CAP, cold, seed)
    assert torch.equal(again.sample, seen.sample)


@pytest.mark.parametrize("fp8", [False, True])
@pytest.mark.parametrize("arch", [80, 89, 90, 120])
def test_compiles(build: Callable[..., Any], arch: int, fp8: bool) -> None:
    if arch == 80 and fp8:
        pytest.skip("no FP8 before sm_89")
    table = {"embedding": "*fp8e4nv" if fp8 else "*bf16", "row_scale": "*fp32"}
    head = build(
        arch,
        kernel="fillwright.kernels.gpu.lm_head:head_kernel",
        types={
            "hidden": "*bf16",
            **table,
            "inverse_temperature": "*fp32",
            "seed": "*i64",
            "relative": "*bf16",
            "part": "*fp32",
            "best": "*i32",
            **dict.fromkeys(["rows", "vocab", "width", "tiles"], "i32"),
        },
        constants={
            "CAP": CAP,
            "SCALED": fp8,
            "BLOCK_R": BLOCK_R,
            "BLOCK_V": BLOCK_V,
            "BLOCK_K": BLOCK_K,
            "DOT": "tl.bfloat16",
        },
        aligned=["hidden", "embedding", "row_scale", "relative", "vocab", "width", "tiles"],
        num_warps=WARPS,
        num_stages=3,
    )
    merge = build(
        arch,
        kernel="fillwright.kernels.gpu.lm_head:merge_kernel",
        types={
            "part": "*fp32",
            "best": "*i32",
            "inverse_temperature": "*fp32",
            "token": "*i64",
            "sample": "*i64",
            **dict.fromkeys(["entropy", "probability", "share", "mass"], "*fp32"),
            "rows": "i32",
            "tiles": "i32",
        },
        constants={"TILES": 2048},
        aligned=["part", "best", "tiles"],
        num_warps=4,
    )
    soft = build(
        arch,
        kernel="fillwright.kernels.gpu.soft_embedding:soft_embedding_kernel",
        types={
            "relative": "*bf16",
            "share": "*fp32",
            "mass": "*fp32",
            **table,
            "part": "*fp32",
            **dict.fromkeys(["rows", "vocab", "width", "tiles"], "i32"),
            "least": "fp32",
        },
        constants={
            "SCALED": fp8,
            "SPLITS": SPLITS,
            "BLOCK_R": BLOCK_R,
            "BLOCK_V": BLOCK_V,
            "BLOCK_H": BLOCK_H,
            "DOT": "tl.bfloat16",
        },
        aligned=["relative", "embedding", "row_scale", "part", "vocab", "width", "tiles"],
        num_warps=8,
        num_stages=3,
    )
    for built in (head, merge, soft):
        assert built.spills == 0
    assert head.has("HGMMA" if arch == 90 else "HMMA")
    assert head.has("LDGSTS")
    assert soft.has("HGMMA" if arch == 90 else "HMMA")
