"""The benchmark of plain transformers, on a tiny shape."""

import re

import pytest
import torch

from fillwright.engine.benchmark.plain_shapes import (
    PLAIN_SHAPES,
    PlainFormat,
    layer_bytes,
    random_transformer,
)

TINY = PLAIN_SHAPES["dreamon-tiny"]


@pytest.mark.parametrize(("format", "per_weight"), [("bf16", 2), ("int8", 1), ("int4", 0.5)])
def test_a_layer_has_the_bytes_of_its_format(format: PlainFormat, per_weight: float) -> None:
    network = random_transformer(TINY, format, 1, torch.device("cpu"))
    weights = 64 * 64 * 2 + 2 * 64 * 32 + 3 * 64 * 128
    outputs = 64 + 32 + 32 + 64 + 128 + 128 + 64
    scales = {"bf16": 0, "int8": 2 * outputs, "int4": 2 * weights // 64}
    assert layer_bytes(network) == weights * per_weight + scales[format]
    assert torch.isfinite(network.logits(network(torch.zeros(1, 5, dtype=torch.int64)))).all()


def test_the_real_shapes_have_the_published_sizes() -> None:
    with torch.device("meta"):
        seven = random_transformer(PLAIN_SHAPES["dreamon-7b"], "bf16", 1, torch.device("meta"))
    whole = 28 * layer_bytes(seven) + 2 * 2 * 152064 * 3584
    assert whole / 1e9 == pytest.approx(15.2, abs=0.1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="times are of a CPU")
def test_prints_a_step_and_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    command = pytest.importorskip("fillwright.engine.benchmark.command")
    options = ["--shape", "dreamon-tiny", "--device", "cpu", "--format", "int4", "--context", "8"]
    assert command.main(["engine", *options]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"step of 2 layers, computed: \d+ ms, [\d.]+ times the floor", printed)
