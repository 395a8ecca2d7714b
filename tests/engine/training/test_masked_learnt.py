"""The small mask model of fixtures/masked: what it learnt shows, and its folder loads and fills."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.masked.loading import load_masked
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.request import Hole, Infill, InfillRequest
from fillwright.engine.training.masked import Begun, MaskedPhase
from fillwright.engine.training.masked_learnt import Learnt, write_folder
from fillwright.engine.training.recipes import MASKED
from tests.conftest import LEARNT


@pytest.mark.slow
def test_what_it_learnt_is_worth_more_than_a_nat(mask_model: Path, made: Any) -> None:
    torch.set_num_threads(1)
    tokenizer = CodeTokenizer.from_checkpoint(mask_model)
    constants = Learnt.read(LEARNT).constants
    begun = Begun.of(embedded_checkpoint(), MASKED, "untaught", constants)
    shape = replace(MASKED, batch=4)
    phase = MaskedPhase(shape, tokenizer, begun.marks, (made.train, made.train), seed=0)
    untaught = phase.evaluate(begun.network)["open rows"]
    taught = phase.evaluate(Transformer.from_checkpoint(mask_model, "qwen3"))["open rows"]
    assert taught < untaught - 1


@pytest.mark.slow
def test_it_fills_and_ends_a_hole_by_itself(mask_model: Path) -> None:
    text = "def area(width, height):\n    return \n\n\ndef double(x):\n    return x * 2\n"
    engine, at = load_masked(mask_model, "cpu"), text.index("\n\n\ndef")
    request = InfillRequest(text, (Hole(at, at),), "python", shape="line")
    *drafts, fill = engine.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    assert (fill.model, fill.finish, fill.length) == ("small-masked", "settled", "expand")
    assert len(drafts) == fill.steps
    assert 0 < fill.tokens < MASKED.rows
    compile(text[:at] + fill.texts[0] + text[at:], "filled", "exec")


def test_what_another_checkpoint_learnt_is_refused(tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match="does not fit"):
        write_folder(checkpoint, Learnt.read(LEARNT), MASKED, tmp_path / "made")
