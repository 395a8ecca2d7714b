"""The network of the CPU's kernels against the torch network with the same weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_weights import NotForKernelsError, read_network
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.training.export import re_export
from fillwright.kernels.arrays import Array, on_host
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels
from tests.engine.model.conftest import WINDOW, Checkpoint

WORDS = torch.randint(10, 16000, (120,), generator=torch.Generator().manual_seed(1))


def on_kernels(folder: Path, instruction_set: InstructionSet | None = None) -> CpuDiffusionGemma:
    try:
        kernels = CpuKernels(1, instruction_set)
    except NoKernelsError as missing:
        pytest.skip(str(missing))
    return CpuDiffusionGemma(read_network(folder, kernels))


@pytest.fixture(params=["one_expert", "twin_expert"])
def int8_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    source: Checkpoint = request.getfixturevalue(request.param)
    re_export(source.folder, tmp_path, "int8")
    return tmp_path


@pytest.fixture
def pair(int8_folder: Path) -> tuple[CpuDiffusionGemma, DiffusionGemma]:
    """With rows that are not rounded, so that both must say the same."""
    ours = on_kernels(int8_folder, InstructionSet.FLOAT32)
    return ours, DiffusionGemma.from_checkpoint(int8_folder)


Pair = tuple[CpuDiffusionGemma, DiffusionGemma]
Draw = Callable[..., Tensor]


def close(ours: Array, wanted: Tensor) -> None:
    torch.testing.assert_close(torch.from_numpy(on_host(ours)), wanted, rtol=2e-4, atol=2e-4)


def test_what_is_read_in_pieces_is_what_torch_reads(pair: Pair, tokens: Draw) -> None:
    ids, (ours, wanted) = tokens(3 * WINDOW + 5), pair
    mine, theirs = ours.empty_cache(), wanted.empty_cache()
    for piece in ids.split([1, 0, 4, 17, 7]):
        close(ours.causal_logits(mine, piece.numpy()), wanted.causal_logits(theirs, piece))
    mine.truncate(9)
    theirs.truncate(9)
    assert mine.common_prefix(ids.numpy()) == theirs.common_prefix(ids) == 9
    close(ours.causal_logits(mine, ids[:20].numpy()), wanted.causal_logits(theirs, ids[:20]))


@pytest.mark.parametrize("prefix", [0, 3, 2 * WINDOW])
def test_branches_go_on_as_torch_s_do(pair: Pair, tokens: Draw, prefix: int) -> None:
    ids, (ours, wanted) = tokens(prefix), pair
    mine, theirs = ours.prefill(ids.numpy()), wanted.prefill(ids)
    branches = ours.branch(mine), wanted.branch(theirs)
    close(*(each.read([5]) for each in branches))
    # longer than the window, and than the room that branches begin with
    for step in range(WINDOW + 22):
        parents = [0] * 4 if step == 0 else [(step + row) % 4 for row in (0, 0, 1, 3)]
        for each in branches:
            each.keep(parents)
        close(*(each.read([step + 1, 7, 8, step + 2]) for each in branches))
    assert mine.length == prefix
    close(ours.causal_logits(mine, tokens(3).numpy()), wanted.causal_logits(theirs, tokens(3)))


@pytest.mark.parametrize("prefix", [0, 3, 2 * WINDOW])
def test_continuations_and_their_log_probabilities(pair: Pair, tokens: Draw, prefix: int) -> None:
    ids, following, (ours, wanted) = tokens(prefix), tokens(3, WINDOW + 6), pair
    mine, theirs = ours.prefill(ids.numpy()), wanted.prefill(ids)
    hidden, expected = ours.continued(mine, following.numpy()), wanted.continued(theirs, following)
    close(ours.logits(hidden), wanted.logits(expected))
    close(
        ours.log_probabilities(hidden[1, :-1], following[1, 1:].numpy()),
        wanted.log_probabilities(expected[1, :-1], following[1, 1:]),
    )
    assert mine.length == prefix


@pytest.mark.parametrize("prefix", [0, 3, 2 * WINDOW])
def test_canvases_are_denoised_as_torch_does_it(pair: Pair, tokens: Draw, prefix: int) -> None:
    ids, canvas, (ours, wanted) = tokens(prefix), tokens(2, 11), pair
    mine, theirs = ours.prefill(ids.numpy()), wanted.prefill(ids)
    signal = None
    for _ in range(3):
        logits = ours.denoise_logits(canvas.numpy(), mine, signal)
        close(
            logits,
            wanted.denoise_logits(
                canvas, theirs, None if signal is None else torch.from_numpy(signal)
            ),
        )
        # what is known of one row, and that nothing is of another
        signal = logits
        signal[0, 2] = -1e4
        signal[0, 2, 7] = 0.0
        signal[1, 3] = -np.inf
    # the canvas leaves nothing in the cache
    close(ours.causal_logits(mine, tokens(4).numpy()), wanted.causal_logits(theirs, tokens(4)))


def test_a_cache_of_another_network_is_refused(pair: Pair) -> None:
    ours, torch_network = pair
    for one, other in ((ours, torch_network), (torch_network, ours)):
        with pytest.raises(TypeError, match="empty_cache"):
            one.extend(other.empty_cache(), one.ids([1, 2, 3]))


@pytest.mark.parametrize(
    "instruction_set", list(InstructionSet), ids=lambda each: each.name.lower()
)
def test_rounded_rows_stay_near_float32(instruction_set: InstructionSet) -> None:
    """Of the embedded checkpoint: relative 2e-2 and 1e-3 nats, in every kind of pass."""
    ours = on_kernels(embedded_checkpoint(), instruction_set)
    wanted = DiffusionGemma.from_checkpoint(embedded_checkpoint())
    mine, theirs = ours.empty_cache(), wanted.empty_cache()
    near(ours.causal_logits(mine, WORDS[:90].numpy()), wanted.causal_logits(theirs, WORDS[:90]))
    passes = []
    for model, cache in ((ours, mine), (wanted, theirs)):
        branches = model.branch(cache)
        branches.read([7])
        branches.keep([0] * 8)
        canvas = model.ids([WORDS[90:].tolist()])
        first = model.denoise_logits(canvas, cache)
        continued = model.logits(model.continued(cache, model.ids(WORDS[:60].view(3, 20).tolist())))
        second = model.denoise_logits(canvas, cache, first)
        passes.append((branches.read(list(range(20, 28))), continued, first, second))
    for one, other in zip(*passes, strict=True):
        near(one, other)


def near(ours: Array, wanted: Tensor) -> None:
    ours = torch.from_numpy(on_host(ours))
    assert (ours - wanted).norm() <= 2e-2 * wanted.norm()
    told, expected = ours.log_softmax(-1), wanted.log_softmax(-1)
    assert (expected.exp() * (expected - told)).sum(-1).mean() <= 1e-3


def test_checkpoints_that_are_not_all_in_int8_are_refused(
    one_expert: Checkpoint, eight_experts: Checkpoint, tmp_path: Path
) -> None:
    for source, format_ in ((one_expert, "bf16"), (eight_experts, "int8")):
        folder = tmp_path / f"{format_}"
        re_export(source.folder, folder, format_)
        with pytest.raises(NotForKernelsError, match="in int8 or int4"):
            read_network(folder, CpuKernels())
