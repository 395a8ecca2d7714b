"""What parity in float32 cannot see of the layers."""

import copy
from collections.abc import Callable
from typing import Any

import torch

from fillwright.engine.model.diffusion_gemma import DiffusionGemma


def test_the_router_weighs_experts_in_float32(eight_experts: Any) -> None:
    model = DiffusionGemma.from_checkpoint(eight_experts.folder, dtype=torch.bfloat16)
    router: Any = model.layers[0].router
    router.per_expert_scale.fill_(1.0)
    scores: list[torch.Tensor] = []
    router.proj.register_forward_hook(lambda module, inputs, output: scores.append(output))
    residual = torch.randn(20, 32, generator=torch.Generator().manual_seed(0)).bfloat16()
    index, weight = router(residual)
    wanted = scores[0].float().softmax(-1).gather(-1, index)
    torch.testing.assert_close(weight, wanted / wanted.sum(-1, keepdim=True))


def test_angles_stay_float32_until_they_are_turned(one_expert: Any) -> None:
    """A bfloat16 position or frequency would put far tokens in the wrong place."""
    model = DiffusionGemma.from_checkpoint(one_expert.folder, dtype=torch.bfloat16)
    positions, frequency = torch.tensor([[4097, 100_003]]), 1e4 ** (-2 / 8)
    cos, sin = model.angles(positions)["sliding_attention"]
    turned = positions[0].double() * frequency
    torch.testing.assert_close(cos[0, :, 0, 5].double(), turned.cos(), rtol=0, atol=5e-3)
    torch.testing.assert_close(sin[0, :, 0, 5].double(), turned.sin(), rtol=0, atol=5e-3)


def trainable(model: DiffusionGemma) -> DiffusionGemma:
    """A copy that lays its weights out in every pass."""
    copied = copy.deepcopy(model).requires_grad_()
    for part in (*copied.layers, copied.self_conditioning):
        part._kept = None
    return copied


def test_weights_laid_out_once_are_those_of_every_pass(
    checkpoint: Any, tokens: Callable[..., torch.Tensor]
) -> None:
    model: DiffusionGemma = checkpoint.model
    cache, canvas, signal = model.prefill(tokens(20)), tokens(2, 12), torch.randn(2, 12, 97)
    wanted = trainable(model).denoise_logits(canvas, cache, signal)
    kept = model.denoise_logits(canvas, cache, signal)
    torch.testing.assert_close(kept, wanted, rtol=0, atol=1e-4)


def test_gradients_reach_every_parameter(
    checkpoint: Any, tokens: Callable[..., torch.Tensor]
) -> None:
    model = trainable(checkpoint.model)
    prompt, canvas, signal = tokens(1, 20), tokens(1, 12), torch.randn(1, 12, 97)
    hidden, keys_values = model.encode(prompt, torch.arange(20)[None])
    decoded = model.decode(
        canvas, torch.arange(20, 32)[None], [(each,) for each in keys_values], signal
    )
    (model.logits(hidden).square().mean() + model.logits(decoded).square().mean()).backward()
    still = {name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()}
    # one score's softmax is 1, whatever the score: a lone expert's router has nothing to learn
    assert all(".router." in name for name in still)
    assert bool(still) == (model.config.experts == 1)
