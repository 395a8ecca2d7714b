"""Corrupts the target of a canvas the way denoising will meet it.

Three ways, drawn per canvas: the checkpoint's noise law; tokens that the causal head would have
written there, which is what a causal draft gets wrong; and one token too many or too few, which
moves all that follows (Seed Diffusion's edit noise, arXiv 2508.02193). Knows token ids only.
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
    `draft_share` carry the causal head's own mistakes at a noise level up to `draft_level`;
    `edit_share` have one token inserted or deleted; the rest carry the noise law at levels spread
    evenly over (0, 1)."""

    noise: Noise
    full_share: float = 0.2
    draft_share: float = 0.35
    draft_level: float = 0.7
    edit_share: float = 0.08

    def __call__(self, target: Tensor, guess: Tensor, generator: Generator) -> Corrupted:
        """target, guess int64 [canvases, tokens]: the truth and what the causal head guesses."""
        canvases = target.shape[0]
        spread = (torch.arange(canvases) + torch.rand(canvases, generator=generator)) / canvases
        # two independent stratified draws: without the shuffle way and level would be coupled
        way = spread[torch.randperm(canvases, generator=generator)]
        level = spread[torch.randperm(canvases, generator=generator)]
        drafted = way < self.draft_share
        edited = (way >= self.draft_share) & (way < self.draft_share + self.edit_share)
        level = torch.where(way > 1 - self.full_share, torch.ones(()), level)
        level = torch.where(drafted, level * self.draft_level, level)
        replaced = torch.rand(target.shape, generator=generator) < level[:, None]
        other = torch.where(
            drafted[:, None], guess.cpu(), self.noise.draw(target.shape, generator).cpu()
        )
        truth = target.cpu()
        ids = torch.where(replaced, other, truth)
        ids = torch.where(edited[:, None], self._edit(truth, generator), ids)
        return Corrupted(ids.to(target.device), (ids != truth).to(target.device))

    def _edit(self, truth: Tensor, generator: Generator) -> Tensor:
        """Every canvas with one token inserted or deleted somewhere."""
        canvases, rows = truth.shape
        place = torch.randint(rows, (canvases, 1), generator=generator)
        insert = torch.rand((canvases, 1), generator=generator) < 0.5
        row = torch.arange(rows).expand(canvases, rows)
        source = torch.where(insert, row - (row > place).long(), row + (row >= place).long())
        moved = truth.gather(1, source.clamp(max=rows - 1))
        return torch.where(insert & (row == place), self.noise.draw(truth.shape, generator), moved)

    def at_level(self, target: Tensor, level: float, generator: Generator) -> Corrupted:
        """The noise law at one level, for measuring."""
        replaced = torch.rand(target.shape, generator=generator) < level
        other = self.noise.draw(target.shape, generator)
        return Corrupted(torch.where(replaced, other, target.cpu()).to(target.device), replaced)
