"""LoRA on a network: beside each matrix of attention and dense MLP a pair of thin ones that learns,
while all else stays (Hu et al. 2021, arXiv 2106.09685)."""

import re
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from fillwright.engine.model.adapter import PLACE, Adapter
from fillwright.engine.model.config import model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma


class Lora(nn.Module):
    """A matrix [out, in] -> the same plus up @ down * alpha / rank. At first `up` is zero."""

    def __init__(self, outputs: int, inputs: int, rank: int, alpha: float) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(rank, inputs) * inputs**-0.5)
        self.up = nn.Parameter(torch.zeros(outputs, rank))
        self.scale = alpha / rank

    def forward(self, matrix: Tensor) -> Tensor:
        return matrix + self.up @ self.down * self.scale


def learning_model(
    checkpoint: Path, rank: int, alpha: float, device: str, seed: int
) -> DiffusionGemma:
    """A checkpoint's network in float32, of which the pairs alone learn. Raises CheckpointError."""
    model = DiffusionGemma(model_config(read_config(checkpoint)))
    model.load_state_dict(DiffusionGemma.from_checkpoint(checkpoint).state_dict(), assign=True)
    model.to(device).requires_grad_(False)
    model.frequencies = {kind: each.to(device) for kind, each in model.frequencies.items()}
    torch.manual_seed(seed)
    for name, part in list(model.named_modules()):
        if re.fullmatch(PLACE, name) and isinstance(part, nn.Linear):
            pair = Lora(part.out_features, part.in_features, rank, alpha).to(device)
            parametrize.register_parametrization(part, "weight", pair)
    return model


def pairs(model: DiffusionGemma) -> dict[str, Lora]:
    """By the network's name of the matrix that each changes."""
    return {
        f"{name.removesuffix('.parametrizations.weight.0')}.weight": part
        for name, part in model.named_modules()
        if isinstance(part, Lora)
    }


def adapter_of(model: DiffusionGemma, rank: int, alpha: float, base: str) -> Adapter:
    """What the pairs have learnt, copied."""
    matrices = {
        name: (pair.down.detach().cpu().numpy().copy(), pair.up.detach().cpu().numpy().copy())
        for name, pair in pairs(model).items()
    }
    return Adapter(rank, alpha, matrices, base)
