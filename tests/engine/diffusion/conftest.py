from collections.abc import Callable

import pytest
import torch
from torch import Generator, Tensor


class ScriptedDenoiser:
    """A model that says what the test wants and records what it is shown.

    `says(step, canvas)` gives the logits [batch, canvas, vocab]; steps count from 0.
    """

    def __init__(self, says: Callable[[int, Tensor], Tensor]) -> None:
        self.says = says
        self.canvases: list[Tensor] = []
        self.signals: list[Tensor | None] = []
        self.committed: list[list[int]] = []

    def denoise_logits(
        self, canvas: Tensor, cache: object, self_conditioning: Tensor | None = None
    ) -> Tensor:
        self.canvases.append(canvas.clone())
        self.signals.append(None if self_conditioning is None else self_conditioning.clone())
        return self.says(len(self.canvases) - 1, canvas)

    def enqueue(self, cache: object, ids: Tensor) -> None:
        self.committed.append(ids.tolist())


def sure_of(tokens: list[int], vocabulary: int, height: float = 30.0) -> Tensor:
    """Logits [1, canvas, vocab] that are as sure of `tokens` as `height` says."""
    logits = torch.zeros(1, len(tokens), vocabulary)
    logits[0, torch.arange(len(tokens)), torch.tensor(tokens)] = height
    return logits


@pytest.fixture
def scripted() -> type[ScriptedDenoiser]:
    return ScriptedDenoiser


@pytest.fixture
def sure() -> Callable[..., Tensor]:
    return sure_of


@pytest.fixture
def generator() -> Generator:
    return Generator().manual_seed(0)
