"""Random tiny DiffusionGemma checkpoints, written by transformers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DiffusionGemmaTextConfig,
)
from transformers.models.gemma4 import Gemma4VisionConfig

from fillwright.engine.model.config import NO_VISION
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

WINDOW = 8
TINY = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 12,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "num_global_key_value_heads": 1,
    "global_head_dim": 16,
    "sliding_window": WINDOW,
    "moe_intermediate_size": 24,
}
EIGHT_EXPERTS = {"num_experts": 8, "top_k_experts": 2}
ONE_EXPERT = {"num_experts": 1, "top_k_experts": 1}
TWIN_EXPERT = ONE_EXPERT | {"moe_intermediate_size": 48}


@dataclass(frozen=True)
class Checkpoint:
    """A folder, and what each side reads from it, in float32."""

    folder: Path
    reference: DiffusionGemmaForBlockDiffusion
    model: DiffusionGemma


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a checkpoint; arguments are entries of its text config and of save_pretrained."""

    def write(max_shard_size: str = "1GB", **text: object) -> Path:
        config = DiffusionGemmaConfig(
            text_config=DiffusionGemmaTextConfig(**TINY | text),
            vision_config=Gemma4VisionConfig(**NO_VISION),
            canvas_length=12,
        )
        folder = tmp_path_factory.mktemp("checkpoint")
        model = DiffusionGemmaForBlockDiffusion(config)
        randomise(model)
        model.save_pretrained(folder, max_shard_size=max_shard_size)
        return folder

    return write


@pytest.fixture(scope="session")
def eight_experts(tiny_folder: Callable[..., Path]) -> Checkpoint:
    folder = tiny_folder(max_shard_size="400KB", **EIGHT_EXPERTS)
    assert len(list(folder.glob("*.safetensors"))) > 2
    return opened(folder)


@pytest.fixture(scope="session")
def one_expert(tiny_folder: Callable[..., Path]) -> Checkpoint:
    return opened(tiny_folder(**ONE_EXPERT))


@pytest.fixture(scope="session")
def twin_expert(tiny_folder: Callable[..., Path]) -> Checkpoint:
    """One expert as large as the dense MLP, as the embedded model has it."""
    return opened(tiny_folder(**TWIN_EXPERT))


@pytest.fixture(params=["eight_experts", "one_expert", "twin_expert"])
def checkpoint(request: pytest.FixtureRequest) -> Checkpoint:
    found: Checkpoint = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def tokens() -> Callable[..., torch.Tensor]:
    """Random ids of the tiny vocabulary, the same ones for the same shape."""

    def draw(*shape: int) -> torch.Tensor:
        return torch.randint(
            TINY["vocab_size"], shape, generator=torch.Generator().manual_seed(sum(shape))
        )

    return draw


def opened(folder: Path) -> Checkpoint:
    reference = DiffusionGemmaForBlockDiffusion.from_pretrained(folder, dtype=torch.float32)
    return Checkpoint(folder, reference.eval(), DiffusionGemma.from_checkpoint(folder))


@torch.no_grad()
def randomise(model: torch.nn.Module) -> None:
    """Gains and scalars around 1 and no two alike; matrices that keep a row's size.

    Attention has no 1/sqrt(d): gains of 1 for queries and keys would make it so sharp that twelve
    layers blow rounding errors up to 1e-4, in transformers' own two ways to compute it too.
    """
    random = torch.Generator().manual_seed(7)
    for name, tensor in model.named_parameters():
        if tensor.ndim >= 2:
            tensor.normal_(std=tensor.shape[-1] ** -0.5, generator=random)
        else:
            tensor.uniform_(0.5, 1.5, generator=random)
        if name.endswith(("q_norm.weight", "k_norm.weight")):
            tensor.mul_(tensor.shape[0] ** -0.25)
    for name, tensor in model.named_buffers():
        if name.endswith("layer_scalar"):
            tensor.uniform_(0.5, 1.2, generator=random)
