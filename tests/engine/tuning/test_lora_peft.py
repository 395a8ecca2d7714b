"""`peft` on transformers' own class reads what we write, and we what it writes."""

from pathlib import Path

import pytest
import torch
from transformers import DiffusionGemmaForBlockDiffusion

from fillwright.engine.model.adapter import Adapter
from fillwright.engine.tuning.lora import adapter_of, learning_model, pairs

peft = pytest.importorskip("peft", reason="make installs it for developers")

pytestmark = pytest.mark.slow


def test_peft_computes_what_we_compute_and_writes_what_we_read(
    checkpoint: Path, tmp_path: Path
) -> None:
    model = learning_model(checkpoint, rank=4, alpha=8, device="cpu", seed=0)
    for pair in pairs(model).values():
        torch.nn.init.normal_(pair.up, std=0.1)
    written = adapter_of(model, rank=4, alpha=8, base=str(checkpoint))
    written.write(tmp_path / "ours")

    base = DiffusionGemmaForBlockDiffusion.from_pretrained(checkpoint, dtype=torch.float32).eval()
    prompt = torch.arange(20, 40)
    canvas = torch.arange(40, 40 + base.config.canvas_length)[None]
    inputs = {"input_ids": prompt[None], "decoder_input_ids": canvas}
    with torch.no_grad():
        unchanged = base(**inputs).logits
        theirs = peft.PeftModel.from_pretrained(base, tmp_path / "ours")
        logits = theirs(**inputs).logits
        ours = model.denoise_logits(canvas, model.prefill(prompt))
    torch.testing.assert_close(logits, ours, rtol=1e-3, atol=1e-3)
    assert (logits - unchanged).abs().max() > 0.1

    theirs.save_pretrained(tmp_path / "theirs")
    read = Adapter.read(tmp_path / "theirs")
    assert (read.rank, read.alpha, read.matrices.keys()) == (4, 8, written.matrices.keys())
    for name, matrices in written.matrices.items():
        for mine, other in zip(matrices, read.matrices[name], strict=True):
            assert (mine == other).all(), name
