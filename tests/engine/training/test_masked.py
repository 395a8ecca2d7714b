"""A toy mask model learns from a few pages, and what is written of it loads and fills."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from fillwright.engine.description import describe
from fillwright.engine.infill.masked.around import AroundWriting
from fillwright.engine.infill.masked.loading import load_masked
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.request import Hole, Infill, InfillRequest
from fillwright.engine.training.command import main
from fillwright.engine.training.masked import MaskedPhase, marks_of, masked_config, new_masked
from fillwright.engine.training.optimizer import Optimizer
from fillwright.engine.training.recipes import MaskedShape
from fillwright.engine.training.train import gradients

TOY = MaskedShape(
    hidden_size=64,
    layers=2,
    heads=2,
    kv_heads=1,
    intermediate_size=96,
    context=96,
    spare=8,
)


def test_its_config_says_what_it_is(made: Any) -> None:
    config = masked_config(TOY, made.tokenizer, "toy")
    found = describe(config, made.tokenizer.special_names)
    assert (found.family, found.length, found.holes) == ("DreamOn", "expand and delete", "any")
    marks = marks_of(config, made.tokenizer)
    special = made.tokenizer.special
    assert marks.mask == special("<mask>")
    assert (marks.edits.delete, marks.edits.expand) == (special("<eos>"), special("<reserved_0>"))
    assert special("<bos>") in marks.banned
    assert not {marks.mask, marks.edits.delete, marks.edits.expand} & set(marks.banned)


@pytest.mark.slow
def test_it_learns(made: Any) -> None:
    torch.set_num_threads(1)
    config = masked_config(TOY, made.tokenizer, "toy")
    model = new_masked(config, seed=0)
    marks = marks_of(config, made.tokenizer)
    phase = MaskedPhase(TOY, made.tokenizer, marks, (made.train, made.train), seed=1)
    optimizer = Optimizer(model.model, 0.02, 0.003, 0.003)
    first = phase.evaluate(model)["open rows"]
    assert first == pytest.approx(math.log(config["vocab_size"]), rel=0.1)
    for _ in range(20):
        gradients(model, phase)
        optimizer.step(1.0)
    assert phase.evaluate(model)["open rows"] < 0.75 * first


@pytest.mark.slow
def test_what_is_trained_loads_and_fills(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fillwright.engine.training.command.MASKED", TOY)
    (tmp_path / "corpus").mkdir()
    # of so few files none is held out
    sources = {"held_out.npz.xz": "train.npz.xz"}
    for name in ("train.npz.xz", "held_out.npz.xz", "tokenizer.json"):
        (tmp_path / "corpus" / name).symlink_to(made.folder / sources.get(name, name))
    folder = tmp_path / "toy"
    command = ["--folder", str(tmp_path), "masked", str(folder), "--minutes", "0.02"]
    assert main(command) == 0
    weights = folder / "model.safetensors"
    assert weights.stat().st_size < 2_000_000
    assert json.loads((folder / "config.json").read_text("utf-8"))["model_type"] == "Dream"
    state = torch.load(tmp_path / "masked" / "state.pt", weights_only=True)
    engine = load_masked(folder, "cpu")
    trained = state["model"]["model.norm.weight"]
    assert isinstance(engine.writing, AroundWriting)
    assert isinstance(engine.writing.model, Transformer)
    # its folder is in bfloat16, and so is the network where the CPU multiplies that
    assert torch.allclose(engine.writing.model.model.norm.weight.float(), trained, atol=1e-2)
    request = InfillRequest("def f(x):\n    \n", (Hole(14, 14),), "python", shape="line")
    *_, fill = engine.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    assert (fill.model, fill.finish) == ("toy", "settled")
