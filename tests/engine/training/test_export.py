from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from transformers import DiffusionGemmaForBlockDiffusion

from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.model import DiffusionGemma
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest
from fillwright.engine.training.export import export
from fillwright.engine.training.initialise import new_model


@pytest.fixture(scope="module")
def exported(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    config = made.config()
    state = {"config": config, "model": new_model(config, seed=1).state_dict()}
    torch.save(state, folder / "state.pt")
    export(folder / "state.pt", made.folder / "tokenizer.json", folder / "checkpoint")
    return folder / "checkpoint"


def test_transformers_opens_it_and_computes_the_same(exported: Path) -> None:
    model = DiffusionGemma.from_checkpoint(exported)
    reference, report = DiffusionGemmaForBlockDiffusion.from_pretrained(
        exported, dtype=torch.float32, output_loading_info=True
    )
    assert not report["unexpected_keys"]
    assert all("vision" in name for name in report["missing_keys"])
    prefix, canvas = torch.arange(20, 60), torch.arange(80, 112)[None]
    signal = torch.randn(1, 32, model.config.vocab_size, generator=torch.Generator().manual_seed(0))
    for conditioning in (None, signal):
        with torch.no_grad():
            wanted = reference.eval()(
                input_ids=prefix[None],
                decoder_input_ids=canvas,
                self_conditioning_logits=conditioning,
            ).logits
        ours = model.denoise_logits(canvas, model.prefill(prefix), conditioning)
        assert float((ours - wanted).abs().max()) <= 1e-4


def test_tensors_are_stored_as_bfloat16(exported: Path) -> None:
    with safe_open(exported / "model.safetensors", "pt") as file:
        kinds = {file.get_tensor(name).dtype for name in list(file.keys())}
    assert kinds == {torch.bfloat16}


def test_the_engine_fills_with_it(exported: Path) -> None:
    infiller = load_infiller(exported, "cpu", lambda fraction: None)
    request = InfillRequest("x = \n", (Hole(4, 4),), "python", budget=Budget(tokens=4))
    fill = list(infiller.infill(request, lambda: False))[-1]
    assert isinstance(fill, Infill)
    assert (fill.model, fill.decode) == ("fillwright-small", "draft+denoise")
