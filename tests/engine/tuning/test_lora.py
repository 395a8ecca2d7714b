from pathlib import Path

import torch

from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.tuning.lora import adapter_of, learning_model, pairs


def logits(model: DiffusionGemma) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    prompt, canvas = torch.randint(10, 500, (2, 16), generator=random)
    with torch.no_grad():
        return model.denoise_logits(canvas[None], model.prefill(prompt))


def test_before_it_learns_nothing_is_changed(checkpoint: Path) -> None:
    model = learning_model(checkpoint, rank=4, alpha=8, device="cpu", seed=0)
    torch.testing.assert_close(logits(model), logits(DiffusionGemma.from_checkpoint(checkpoint)))


def test_attention_and_dense_mlp_learn_and_nothing_else(checkpoint: Path) -> None:
    model = learning_model(checkpoint, rank=4, alpha=8, device="cpu", seed=0)
    attention, mlp = ("q_proj", "k_proj", "v_proj", "o_proj"), ("gate_proj", "up_proj", "down_proj")
    # the last layer is a full one, whose values are its keys
    assert set(pairs(model)) == {
        f"layers.{layer}.{part}.{name}.weight"
        for layer in (0, 1)
        for part, names in (("self_attn", attention), ("mlp", mlp))
        for name in names
        if (layer, name) != (1, "v_proj")
    }
    learning = {name for name, each in model.named_parameters() if each.requires_grad}
    assert len(learning) == 2 * len(pairs(model))
    assert all(name.endswith((".0.up", ".0.down")) for name in learning)


def test_the_adapter_is_what_the_pairs_add(checkpoint: Path) -> None:
    model = learning_model(checkpoint, rank=4, alpha=8, device="cpu", seed=0)
    for pair in pairs(model).values():
        torch.nn.init.normal_(pair.up, std=0.1)
    adapter = adapter_of(model, rank=4, alpha=8, base="base")
    merged = DiffusionGemma(model.config)
    weights = DiffusionGemma.from_checkpoint(checkpoint).state_dict()
    for name in adapter.matrices:
        delta = adapter.delta(name)
        assert delta is not None
        weights[name] = weights[name] + torch.from_numpy(delta)
    merged.load_state_dict(weights)
    torch.testing.assert_close(logits(model), logits(merged), rtol=1e-4, atol=1e-4)
    assert (logits(model) - logits(DiffusionGemma.from_checkpoint(checkpoint))).abs().max() > 0.01
