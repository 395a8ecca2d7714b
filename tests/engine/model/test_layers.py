"""What parity in float32 cannot see of the layers."""

from typing import Any

import torch

from fillwright.engine.model import DiffusionGemma


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
    cos, sin = model._angles(positions, torch.float32)["sliding_attention"]
    turned = positions[0].double() * frequency
    torch.testing.assert_close(cos[0, :, 1].double(), turned.cos(), rtol=0, atol=5e-3)
    torch.testing.assert_close(sin[0, :, 1].double(), turned.sin(), rtol=0, atol=5e-3)
