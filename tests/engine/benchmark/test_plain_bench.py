"""The benchmark of plain transformers, on a tiny shape."""

import re

import pytest
import torch

from fillwright.engine.benchmark.plain_shapes import (
    GROUP,
    PLAIN_SHAPES,
    PlainFormat,
    layer_bytes,
    random_transformer,
)
from fillwright.engine.known_models import (
    DREAM_CODER,
    DREAM_ON,
    OPEN_DCODER,
    SDAR,
    STABLE_DIFFCODER,
    KnownModel,
)

TINY = PLAIN_SHAPES["dreamon-tiny"]


@pytest.mark.parametrize(("format", "per_weight"), [("bf16", 2), ("int8", 1), ("int4", 0.5)])
def test_a_layer_has_the_bytes_of_its_format(format: PlainFormat, per_weight: float) -> None:
    network = random_transformer(TINY, format, 1, torch.device("cpu"))
    weights = 64 * 64 * 2 + 2 * 64 * 32 + 3 * 64 * 128
    outputs = 64 + 32 + 32 + 64 + 128 + 128 + 64
    # of int8 a float32 and a sum, of int4 a bfloat16 to a group
    scales = {"bf16": 0, "int8": (4 + 4) * outputs, "int4": 2 * weights // 64}
    assert layer_bytes(network) == weights * per_weight + scales[format]
    assert torch.isfinite(network.logits(network(torch.zeros(1, 5, dtype=torch.int64)))).all()


@pytest.mark.parametrize(
    ("shape", "known"),
    [
        ("dreamon-7b", DREAM_ON),
        ("dreamon-7b", DREAM_CODER),
        ("open-dcoder-0.5b", OPEN_DCODER),
        ("stable-diffcoder-8b", STABLE_DIFFCODER),
        ("sdar-8b", SDAR),
    ],
)
def test_the_table_of_models_has_the_sizes_of_the_shapes(shape: str, known: KnownModel) -> None:
    config = PLAIN_SHAPES[shape]
    layer = layer_bytes(random_transformer(config, "bf16", 1, torch.device("meta")))
    head = (2 - config.tied) * 2 * config.vocab_size * config.hidden_size
    # of two bytes one is left, or half of one and a scale of two bytes for 64 weights
    for share, gigabytes in (
        (1.0, known.gigabytes),
        (0.5, known.eight_bits),
        (0.25 + 1 / GROUP, known.int4),
    ):
        whole = config.layers * layer * share + head
        assert whole / 1e9 == pytest.approx(gigabytes, abs=0.1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="times are of a CPU")
@pytest.mark.parametrize(
    ("shape", "rows"),
    [("dreamon-tiny", "72 rows, 64 of them open, 0 kept"), ("sdar-tiny", "12 rows, 4 .*, 8 kept")],
)
def test_prints_a_step_and_its_floor(
    capsys: pytest.CaptureFixture[str], shape: str, rows: str
) -> None:
    command = pytest.importorskip("fillwright.engine.benchmark.command")
    options = ["--shape", shape, "--device", "cpu", "--format", "int4", "--context", "8"]
    assert command.main(["engine", *options]) == 0
    printed = capsys.readouterr().out
    assert re.search(rows, printed)
    assert re.search(r"step of 2 layers, computed: \d+ ms, [\d.]+ times the floor", printed)
