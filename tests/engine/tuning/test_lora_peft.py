"""`peft` on transformers' own class reads what we write, and we what it writes."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import DiffusionGemmaForBlockDiffusion

from fillwright.engine.errors import CheckpointError
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


def test_adapters_that_are_tied_as_the_page_says_are_read(instructed: Path, tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "tuning.md").read_text("utf-8")
    page_says: dict[str, Any] = {}
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code, page_says)
    base = DiffusionGemmaForBlockDiffusion.from_pretrained(instructed, dtype=torch.float32)
    # the targets of TRL's own script
    targets = (
        r"model\.(encoder\.language_model|decoder)\.layers\.\d+"
        r"\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)"
    )
    model = peft.get_peft_model(base, peft.LoraConfig(r=4, lora_alpha=8, target_modules=targets))
    model.save_pretrained(tmp_path / "apart")
    with pytest.raises(CheckpointError, match="tune them tied"):
        Adapter.read(tmp_path / "apart")

    page_says["tie"](model)
    learning = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.SGD(learning, lr=1.0)
    canvas = torch.arange(40, 40 + base.config.canvas_length)[None]
    outputs = model(input_ids=torch.arange(20, 40)[None], decoder_input_ids=canvas)
    loss = torch.nn.functional.cross_entropy(outputs.logits[0], canvas[0])
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    model.save_pretrained(tmp_path / "tied")
    read = Adapter.read(tmp_path / "tied")
    assert len(read.matrices) * 2 == len(learning)
    assert any(up.any() for _, up in read.matrices.values())
