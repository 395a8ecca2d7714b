"""The network of the CPU's kernels against the torch network with the same weights."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_weights import NotForKernelsError, read_network
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.quantize.folder import quantise_folder
from fillwright.engine.quantize.layout import QuantizeSettings, Rest
from fillwright.engine.training.export import re_export
from fillwright.kernels.arrays import Array, on_host
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels
from tests.engine.model.conftest import WINDOW, Checkpoint

PROMPTS = torch.randint(10, 16000, (5, 120), generator=torch.Generator().manual_seed(1))

PREFIXES = [0, 3, 2 * WINDOW + 1]
"""With 2 * WINDOW tokens a row lies between two experts, where a float32's last bit decides."""


def on_kernels(folder: Path, instruction_set: InstructionSet | None = None) -> CpuDiffusionGemma:
    try:
        kernels = CpuKernels(1, instruction_set)
    except NoKernelsError as missing:
        pytest.skip(str(missing))
    return CpuDiffusionGemma(read_network(folder, kernels))


def in_int4(folder: Path, to: Path, rest: Rest) -> Path:
    """What `fillwright quantize` writes, but for the scales' type: torch multiplies in it, and
    would round the weights to bfloat16."""
    whole, quantised = to / "bf16", to / "int4"
    re_export(folder, whole, "bf16")
    quantise_folder(whole, quantised, QuantizeSettings("int4", rest, group=8), "cpu")
    for file in quantised.glob("*.safetensors"):
        tensors = load_file(file)
        scales = {name: each.float() for name, each in tensors.items() if name.endswith("_scale")}
        save_file(tensors | scales, file, {"format": "pt"})
    return quantised


@pytest.fixture(
    scope="module",
    params=["one int8", "twin int8", "eight int8", "eight int4", "eight int4 fp8", "twin int4"],
)
def quantised_folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("quantised")
    experts, form, *rest = request.param.split()
    name = "eight_experts" if experts == "eight" else f"{experts}_expert"
    source: Checkpoint = request.getfixturevalue(name)
    if form == "int4":
        return in_int4(source.folder, folder, "fp8" if rest else "bf16")
    re_export(source.folder, folder, "int8")
    return folder


@pytest.fixture(scope="module")
def pair(quantised_folder: Path) -> tuple[CpuDiffusionGemma, DiffusionGemma]:
    """With rows that are not rounded, so that both must say the same."""
    ours = on_kernels(quantised_folder, InstructionSet.FLOAT32)
    return ours, DiffusionGemma.from_checkpoint(quantised_folder)


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


@pytest.mark.parametrize("prefix", PREFIXES)
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


@pytest.mark.parametrize("prefix", PREFIXES)
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


@pytest.mark.parametrize("prefix", PREFIXES)
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


def test_a_prefill_leaves_in_the_cache_what_reading_leaves(
    quantised_folder: Path, tokens: Draw
) -> None:
    model, ids, canvas = on_kernels(quantised_folder), tokens(3 * WINDOW + 5), tokens(1, 11)
    read, filled = model.empty_cache(), model.empty_cache()
    for piece in ids.split([9, 0, len(ids) - 9]):
        model.extend(read, piece.numpy())
        model.enqueue(filled, piece.numpy())
    assert filled.length == len(ids)
    one, other = (model.denoise_logits(canvas.numpy(), cache) for cache in (read, filled))
    assert np.array_equal(one, other)


def test_a_cache_of_another_network_is_refused(pair: Pair) -> None:
    ours, torch_network = pair
    for one, other in ((ours, torch_network), (torch_network, ours)):
        with pytest.raises(TypeError, match="empty_cache"):
            one.extend(other.empty_cache(), one.ids([1, 2, 3]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "instruction_set",
    [
        # the reference, which has no fast form
        pytest.param(each, marks=pytest.mark.slow) if each.name == "FLOAT32" else each
        for each in InstructionSet
    ],
    ids=lambda each: each.name.lower(),
)
def test_rounded_rows_stay_near_float32(instruction_set: InstructionSet) -> None:
    """Of the embedded checkpoint: relative 2e-2 in every pass, and 1e-3 nats in every kind of pass,
    as the mean of some prompts; a single one is as far away as 1.4e-3."""
    ours = on_kernels(embedded_checkpoint(), instruction_set)
    wanted = DiffusionGemma.from_checkpoint(embedded_checkpoint())
    nats = [
        [distance(*both) for both in zip(passes(ours, words), passes(wanted, words), strict=True)]
        for words in PROMPTS
    ]
    assert torch.tensor(nats).mean(0).max() <= 1e-3


def passes(model: CpuDiffusionGemma | DiffusionGemma, words: Tensor) -> list[Array]:
    """Logits of a pass of every kind."""
    cache = model.empty_cache()
    read = model.causal_logits(cache, model.ids(words[:90].tolist()))
    branches = model.branch(cache)
    branches.read([7])
    branches.keep([0] * 8)
    canvas = model.ids([words[90:].tolist()])
    first = model.denoise_logits(canvas, cache)
    second = model.denoise_logits(canvas, cache, first)
    continued = model.logits(model.continued(cache, model.ids(words[:60].view(3, 20).tolist())))
    return [read, branches.read(list(range(20, 28))), continued, first, second]


def distance(ours: Array, wanted: Tensor) -> float:
    """In nats, of logits that are nearly the same."""
    ours = torch.from_numpy(on_host(ours))
    assert (ours - wanted).norm() <= 2e-2 * wanted.norm()
    told, expected = ours.log_softmax(-1), wanted.log_softmax(-1)
    return float((expected.exp() * (expected - told)).sum(-1).mean())


def test_a_layer_s_rounded_rows_stay_near_float32(quantised_folder: Path, tokens: Draw) -> None:
    logits = []
    for instruction_set in (None, InstructionSet.FLOAT32):
        network = on_kernels(quantised_folder, instruction_set)._network
        # in more layers of a random network, some row comes to the border of two experts
        model = CpuDiffusionGemma(replace(network, layers=network.layers[:1]))
        cache = model.prefill(tokens(20).numpy())
        logits.append(torch.from_numpy(model.denoise_logits(tokens(1, 11).numpy(), cache)))
    ours, wanted = logits
    assert not torch.equal(ours, wanted)
    distance = (ours - wanted).norm(dim=-1) / wanted.norm(dim=-1)
    assert distance.median() <= 2e-2


def test_checkpoints_in_other_forms_are_refused(
    one_expert: Checkpoint, eight_experts: Checkpoint, tmp_path: Path
) -> None:
    re_export(one_expert.folder, tmp_path / "bf16", "bf16")
    with pytest.raises(NotForKernelsError, match="in int8 or int4"):
        read_network(tmp_path / "bf16", CpuKernels())
    # what is no expert stays in float32
    settings = QuantizeSettings("int4", "bf16", group=8)
    quantise_folder(eight_experts.folder, tmp_path / "float32", settings, "cpu")
    with pytest.raises(NotForKernelsError, match="stored as F32"):
        read_network(tmp_path / "float32", CpuKernels())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda scales: scales.repeat_interleave(2, dim=1), "whole words of 8 columns"),
        (lambda scales: scales * 1.001, "bfloat16 cannot hold"),
        (lambda scales: scales * float("nan"), "no numbers"),
        (lambda scales: scales[:, :3], "3 scales a row"),
    ],
)
def test_scales_that_do_not_fit_are_refused(
    eight_experts: Checkpoint, tmp_path: Path, change: Callable[[Tensor], Tensor], said: str
) -> None:
    folder = in_int4(eight_experts.folder, tmp_path, "bf16")
    (file,) = folder.glob("*.safetensors")
    tensors = load_file(file)
    name = "model.decoder.layers.0.experts.3.gate_proj.weight_scale"
    save_file(tensors | {name: change(tensors[name]).contiguous()}, file, {"format": "pt"})
    with pytest.raises((NotForKernelsError, CheckpointError), match=said):
        read_network(folder, CpuKernels())
