"""Corrupts the target of a canvas the way denoising will meet it.

Four ways, drawn per canvas: the checkpoint's noise law; the same, rising from left to right, for
what is left of a token is settled first (AR-Diffusion, arXiv 2305.09515); tokens that the causal
head would have written there, which is what a causal draft gets wrong; and one token too many or
too few, which moves all that follows (Seed Diffusion's edit noise, arXiv 2508.02193). Knows token
ids only.
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
    `edit_share` have one token inserted or deleted; `rising_share` are clean up to a token and pure
    noise from at most `slope` tokens further on; the rest carry the noise law at levels spread
    evenly over (0, 1)."""

    noise: Noise
    full_share: float = 0.2
    draft_share: float = 0.2
    draft_level: float = 0.7
    edit_share: float = 0.05
    rising_share: float = 0.25
    slope: int = 12

    def __post_init__(self) -> None:
        ways = self.full_share + self.draft_share + self.edit_share + self.rising_share
        if ways > 1:
            raise ValueError(f"the shares of canvases add up to {ways:.2f}, more than 1")

    def __call__(self, target: Tensor, guess: Tensor, generator: Generator) -> Corrupted:
        """target, guess int64 [canvases, tokens]: the truth and what the causal head guesses, on
        the generator's device."""
        canvases, device = target.shape[0], generator.device
        jitter = torch.rand(canvases, generator=generator, device=device)
        spread = (torch.arange(canvases, device=device) + jitter) / canvases
        # two independent stratified draws: without the shuffle way and level would be coupled
        way = spread[torch.randperm(canvases, generator=generator, device=device)]
        level = spread[torch.randperm(canvases, generator=generator, device=device)]
        edits = self.draft_share + self.edit_share
        drafted = way < self.draft_share
        edited = (way >= self.draft_share) & (way < edits)
        rising = (way >= edits) & (way < edits + self.rising_share)
        level = level.masked_fill(way > 1 - self.full_share, 1.0)
        level = torch.where(drafted, level * self.draft_level, level)[:, None]
        level = torch.where(rising[:, None], self._rising(target.shape, generator), level)
        replaced = torch.rand(target.shape, generator=generator, device=device) < level
        other = torch.where(drafted[:, None], guess, self.noise.draw(target.shape, generator))
        ids = torch.where(replaced, other, target)
        ids = torch.where(edited[:, None], self._edit(target, generator), ids)
        return Corrupted(ids, ids != target)

    def _rising(self, shape: torch.Size, generator: Generator) -> Tensor:
        """A noise level per token, 0 up to a place and 1 from a while after it."""
        canvases, rows = shape
        draws = torch.rand((2, canvases, 1), generator=generator, device=generator.device)
        # squares: most holes are shorter than their canvas, and a sharp edge is the common case
        place, slope = rows * draws[0].square(), self.slope * draws[1].square()
        row = torch.arange(rows, device=generator.device)
        return ((row + 1 - place) / (1 + slope)).clamp(0, 1).expand(canvases, rows)

    def _edit(self, truth: Tensor, generator: Generator) -> Tensor:
        """Every canvas with one token inserted or deleted somewhere."""
        (canvases, rows), device = truth.shape, generator.device
        place = torch.randint(rows, (canvases, 1), generator=generator, device=device)
        insert = torch.rand((canvases, 1), generator=generator, device=device) < 0.5
        row = torch.arange(rows, device=device).expand(canvases, rows)
        source = torch.where(insert, row - (row > place).long(), row + (row >= place).long())
        moved = truth.gather(1, source.clamp(max=rows - 1))
        return torch.where(insert & (row == place), self.noise.draw(truth.shape, generator), moved)

    def at_level(self, target: Tensor, level: float, generator: Generator) -> Corrupted:
        """The noise law at one level, for measuring; target int64 [canvases, rows]."""
        replaced = torch.rand(target.shape, generator=generator, device=generator.device) < level
        other = self.noise.draw(target.shape, generator)
        return Corrupted(torch.where(replaced, other, target), replaced)
