"""Corrupts the target of a canvas the way denoising will meet it.

Two ways, drawn per canvas: the checkpoint's noise law, and tokens that the causal head would have
written there, which is what a causal draft gets wrong. Knows token ids only.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from fillwright.engine.diffusion.noise import Noise


class Corrupted(NamedTuple):
    """ids int64 and replaced bool, both [canvases, tokens]."""

    ids: Tensor
    replaced: Tensor


@dataclass(frozen=True, slots=True)
class Corruption:
    """Shares of canvases: `full_share` start from pure noise (t = 1), where inference starts;
    `draft_share` carry the causal head's own mistakes at a noise level up to `draft_level`; the
    rest carry the noise law at levels spread evenly over (0, 1)."""

    noise: Noise
    full_share: float = 0.2
    draft_share: float = 0.35
    draft_level: float = 0.7

    def __call__(self, target: Tensor, guess: Tensor, generator: Generator) -> Corrupted:
        """target, guess int64 [canvases, tokens]: the truth and what the causal head guesses."""
        canvases = target.shape[0]
        spread = (torch.arange(canvases) + torch.rand(canvases, generator=generator)) / canvases
        # two independent stratified draws: without the shuffle way and level would be coupled
        way = spread[torch.randperm(canvases, generator=generator)]
        level = spread[torch.randperm(canvases, generator=generator)]
        drafted = way < self.draft_share
        level = torch.where(way > 1 - self.full_share, torch.ones(()), level)
        level = torch.where(drafted, level * self.draft_level, level)
        replaced = torch.rand(target.shape, generator=generator) < level[:, None]
        other = torch.where(
            drafted[:, None], guess.cpu(), self.noise.draw(target.shape, generator).cpu()
        )
        replaced, other = replaced.to(target.device), other.to(target.device)
        return Corrupted(torch.where(replaced, other, target), replaced)

    def at_level(self, target: Tensor, level: float, generator: Generator) -> Corrupted:
        """The noise law at one level, for measuring."""
        replaced = torch.rand(target.shape, generator=generator) < level
        other = self.noise.draw(target.shape, generator)
        return Corrupted(torch.where(replaced, other, target.cpu()).to(target.device), replaced)
