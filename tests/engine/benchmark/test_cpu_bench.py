"""The benchmark of the CPU's kernels, on a tiny shape."""

import re
from dataclasses import replace

import numpy as np
import pytest

from fillwright.engine.benchmark.cpu_bench import (
    CpuFormat,
    CpuStep,
    layer_bytes,
    measure_on_cpu,
    random_cpu_network,
)
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.kernels.cpu.compiling import FOLDER, LIBRARY
from fillwright.kernels.cpu.operations import CpuKernels

shapes = pytest.importorskip("fillwright.engine.benchmark.shapes", reason="Triton is not here")
pytestmark = pytest.mark.skipif(
    not (FOLDER / LIBRARY).exists(), reason="the CPU kernels were not built here"
)


@pytest.mark.parametrize("format", ["int8", "int4"])
def test_a_layer_has_the_bytes_of_its_format_and_runs(format: CpuFormat) -> None:
    network = random_cpu_network(shapes.TINY, format, CpuKernels())
    sliding, _ = network.layers
    # bfloat16, with float32 scales: q, k and v of 4 heads of 32, out, and an MLP of 48
    outputs = (128, 64, 96, 64)
    others = 2 * 64 * (128 + 64 + 3 * 48) + 4 * sum(outputs)
    weights = 4 * 3 * 64 * 64
    # int8 with float32 scales and sums per output, or int4 with a bfloat16 per 32
    experts = weights + 8 * 4 * 192 if format == "int8" else weights // 2 + weights // 16
    assert layer_bytes(sliding) == others + experts
    model = CpuDiffusionGemma(network)
    canvas = np.arange(16)[None]
    logits = model.denoise_logits(canvas, model.prefill(np.arange(20)))
    assert np.isfinite(logits).all()
    assert np.ptp(logits) > 1


def test_the_whole_is_computed_from_the_timed_layers() -> None:
    found = measure_on_cpu(shapes.TINY, "int4", (8, 4), 1, 1)
    assert (found.layers, found.timed_layers) == (2, 1)
    exact = replace(found, layers_s=1.0, logits_s=0.5, conditioning_s=0.25, prefill_s=2.0)
    assert exact.step_s == 2 * 1.0 + 0.5 + 0.25
    assert exact.whole_prefill_s == 4.0
    sizes = {"layer_bytes": 2e9, "head_bytes": 10**9, "cache_bytes": 0}
    floor = CpuStep(30, 1, 1.0, 1.0, 1.0, 1.0, **sizes, bandwidth=1e9)
    assert floor.floor_s == 61


def test_prints_a_step_and_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    from fillwright.engine.benchmark import command
    from fillwright.engine.errors import BadRequest

    options = ["engine", "--shape", "tiny", "--context", "8000", "--layers"]
    assert command.main([*options, "1", "--format", "int8"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"step of all 2 layers, computed: [\d.]+ s, [\d.]+ times the floor", printed)
    sizes = re.search(r"keys and values of 1 layers ([\d.]+) GB, computed ([\d.]+);", printed)
    assert sizes is not None
    assert sizes[1] == sizes[2] == "0.005"
    for wrong, said in ((["3"], "has 2 layers"), (["1", "--format", "fp8"], "int8 or int4")):
        with pytest.raises(BadRequest, match=said):
            command.main([*options, *wrong])
