"""The benchmark where there is no GPU: on a tiny shape, in Triton's interpreter."""

import re

import pytest
import torch

pytest.importorskip("triton", reason="the benchmark is not tested: Triton runs on Linux alone")

from fillwright.engine.benchmark import command, engine_bench
from fillwright.engine.benchmark.engine_bench import relative_error
from fillwright.engine.benchmark.shapes import TINY, Format, random_network
from fillwright.engine.benchmark.traffic import traffic_of
from fillwright.engine.errors import BadRequest, FillwrightError

CPU = torch.device("cpu")


@pytest.mark.parametrize("format", ["bf16", "fp8", "int4"])
def test_the_kernels_are_as_exact_as_they_are_asked_to_be(format: Format) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    assert relative_error(TINY, format, device) < command.TOLERATED


def test_bytes_of_a_step() -> None:
    matrices = 4 * (2 * 64 * 64 + 64 * 64)  # experts, gate and up and down, per layer
    sizes = {"bf16": 4 * matrices, "fp8": matrices, "int4": matrices // 2 + 2 * matrices // 32}
    # sliding: q, k, v of 2, 1 and 1 heads of 32; full: q and k of 64; MLPs and self-conditioning
    outputs = (4 * 32 + 64) + (3 * 64 + 64) + 3 * (2 * 48 + 64)
    others = 64 * (4 * 32 + 64) + 64 * (3 * 64 + 128) + 3 * (64 * 2 * 48 + 48 * 64)
    router = 4 * 2 * 4 * 64
    rows = 4 * 4 * (2 * 64 + 64)  # a float32 scale per row of every expert
    for format, weights in sizes.items():
        traffic = traffic_of(random_network(TINY, format, 30, CPU), context=100, rows=8)  # type: ignore[arg-type]
        assert traffic.experts == 2 * (weights + rows)
        # a window of 15 before the canvas in one layer, everything in the other; float32 here
        assert traffic.attention == 2 * 4 * ((15 + 8) * 32 + (100 + 8) * 64)
        assert traffic.head == 4 * 300 * 64
        # float32, or FP8 with a scale per output; the router stays as it is
        assert (
            traffic.products == (4 * others if format == "bf16" else others + 4 * outputs) + router
        )


@pytest.mark.skipif(torch.cuda.is_available(), reason="times are of a CPU")
def test_prints_a_table_of_stages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_bench, "STEPS", 1)
    options = ["--shape", "tiny", "--device", "cpu", "--format", "fp8", "--context", "8"]
    assert command.main(["engine", *options, "--beside", "eager"]) == 0
    printed = capsys.readouterr().out
    for stage in ("experts", "attention", "products", "output head", "soft embedding", "step"):
        assert re.search(rf"{stage}.*│ +[\d.]+ │", printed), printed
    assert re.search(r"transformers, eager: [\d.]+ ms a step, [\d.]+ times ours", printed)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so() -> None:
    with pytest.raises(BadRequest, match="No CUDA device"):
        command.main(["engine"])


def test_nothing_is_timed_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "relative_error", lambda *given: float("nan"))
    with pytest.raises(FillwrightError, match="not worth timing"):
        command.main(["engine", "--shape", "tiny", "--device", "cpu"])
