"""A toy mask model is made of a random network and learns from a few pages."""

from pathlib import Path
from typing import Any

import pytest
import torch

from fillwright.engine.description import describe
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.training.masked import (
    Begun,
    MaskedPhase,
    constants_of,
    marks_of,
    masked_config,
    tokens_of,
)
from fillwright.engine.training.recipes import MaskedShape
from fillwright.engine.training.thin import ThinOptimizer, make_thin
from fillwright.engine.training.train import gradients

TOY = MaskedShape(rank=8, length=64, rows=8, context=96, batch=8)


def test_its_config_says_what_it_is(made: Any, checkpoint: Path) -> None:
    config = masked_config(TOY, read_config(checkpoint), "toy")
    found = describe(config, made.tokenizer.special_names)
    assert (found.family, found.length, found.holes) == ("DreamOn", "expand and delete", "any")
    assert (found.skeleton, found.lines) == ("qwen3", 8)
    marks = marks_of(config, made.tokenizer)
    special = made.tokenizer.special
    assert tokens_of(marks) == [special("<mask>"), special("<reserved_0>"), special("<eos>")]
    assert special("<bos>") in marks.banned
    assert not set(tokens_of(marks)) & set(marks.banned)


@pytest.mark.slow
def test_it_learns(made: Any, checkpoint: Path) -> None:
    torch.set_num_threads(1)
    model = DiffusionGemma.from_checkpoint(checkpoint)
    begun = Begun.of(checkpoint, TOY, "toy", constants_of(model, made.tokenizer, made.train))
    marks, network = begun.marks, begun.network
    make_thin(network, TOY.rank, tokens_of(marks))
    phase = MaskedPhase(TOY, made.tokenizer, marks, (made.train, made.train), seed=1)
    optimizer = ThinOptimizer(network, 1e-2, 1e-2)
    first = phase.evaluate(network)["open rows"]
    for _ in range(40):
        gradients(network, phase)
        optimizer.step(1.0)
    assert phase.evaluate(network)["open rows"] < 0.85 * first
