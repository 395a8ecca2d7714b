"""An adapter on torch's network: in place, and with what inference keeps of the weights."""

from pathlib import Path

import numpy as np
import pytest
import torch

from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.loading_torch import add_adapter
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

PARTS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.o_proj", "mlp.gate_proj")
NAMES = [f"layers.0.{part}.weight" for part in (*PARTS, "mlp.down_proj")]


def adapter_for(model: DiffusionGemma) -> Adapter:
    random, matrices = np.random.default_rng(0), {}
    for name in NAMES:
        outputs, inputs = model.get_parameter(name).shape
        shapes = (2, inputs), (outputs, 2)
        down, up = (random.normal(size=each).astype(np.float32) for each in shapes)
        matrices[name] = down, up
    return Adapter(2, 1.0, matrices, "tiny")


def logits(model: DiffusionGemma) -> torch.Tensor:
    ids = torch.arange(20, 30)
    return model.denoise_logits(ids[None], model.prefill(ids))


def test_the_sum_is_what_is_computed(tiny_folder: Path) -> None:
    model = DiffusionGemma.from_checkpoint(tiny_folder)
    adapter, before = adapter_for(model), logits(model)
    weights = {name: each.clone() for name, each in model.state_dict().items()}
    for name in NAMES:
        delta = adapter.delta(name)
        assert delta is not None
        weights[name] += torch.from_numpy(delta)
    add_adapter(model, adapter)
    wanted = DiffusionGemma(model.config)
    wanted.load_state_dict(weights)
    with torch.no_grad():
        torch.testing.assert_close(logits(model), logits(wanted), rtol=1e-4, atol=1e-4)
    assert (logits(model) - before).abs().max() > 0.01


def test_none_changes_nothing_and_one_of_another_model_is_refused(tiny_folder: Path) -> None:
    model = DiffusionGemma.from_checkpoint(tiny_folder)
    before = logits(model)
    add_adapter(model, None)
    assert torch.equal(logits(model), before)
    matrices = {"layers.0.mlp.up_proj.weight": (np.ones((1, 3), "f4"), np.ones((5, 1), "f4"))}
    with pytest.raises(CheckpointError, match="tuned for"):
        add_adapter(model, Adapter(1, 1.0, matrices, "other"))
    assert torch.equal(logits(model), before)
