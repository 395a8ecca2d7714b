"""The two losses: next token for the encoder, denoising for the canvas.

Knows the network and tensors of ids; knows no text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.training.batches import CausalBatch, JointBatch
from fillwright.engine.training.noising import Corrupted, Corruption

CLEAN_WEIGHT = 0.25
SIGNAL_TEMPERATURE = 0.7
"""What a row counts whose token was not replaced, so that confidences mean something; and how sharp
the self-conditioning is that a canvas is shown, about the middle of what the loop's steps have.
Both were set by hand."""

HeadLoss = Callable[[DiffusionGemma, Tensor, Tensor, Tensor], Tensor]


def head_loss(model: DiffusionGemma, hidden: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean cross entropy, nats per token. hidden [..., hidden], targets int64 [...],
    weights float [...]."""
    losses = F.cross_entropy(
        model.logits(hidden).flatten(0, -2), targets.flatten(), reduction="none"
    )
    flat = weights.flatten()
    return (losses * flat).sum() / flat.sum().clamp(min=1.0)


def causal_loss(model: DiffusionGemma, batch: CausalBatch, head: HeadLoss = head_loss) -> Tensor:
    """Next-token loss of packed rows [rows, tokens], nats, a scalar; `head` may be a compiled
    `head_loss`."""
    ids, weights = batch
    positions = torch.arange(ids.shape[1] - 1, device=ids.device)[None]
    hidden, _ = model.encode(ids[:, :-1], positions)
    return head(model, hidden, ids[:, 1:], weights)


class JointLosses(NamedTuple):
    causal: Tensor
    denoise: Tensor


@dataclass(frozen=True)
class JointLoss:
    """Causal loss of prompt and middle, and denoising loss of several corruptions of the canvas
    over the same prefix, in one encoder pass.

    With shifted rows the canvas begins with the prompt's last token and row i speaks of token
    i + 1, as the causal head does.
    """

    corruption: Corruption
    convention: RowConvention
    canvases_per_prompt: int
    head: HeadLoss = head_loss

    def __call__(
        self,
        model: DiffusionGemma,
        batch: JointBatch,
        generator: Generator,
        self_conditioned: bool,
        level: float | None = None,
    ) -> JointLosses:
        """`level` fixes the noise level of every canvas, for measuring; then only what is
        replaced counts."""
        ids = batch.ids
        prompt = ids.shape[1] - batch.pinned.shape[1]
        prefix = prompt - self.convention.overlap
        positions = torch.arange(ids.shape[1], device=ids.device)[None]
        hidden, keys_values = model.encode(ids[:, :-1], positions[:, :-1])
        causal = self.head(model, hidden, ids[:, 1:], batch.weights)

        target = self._each(ids[:, prompt:])
        corrupted = self._corrupt(model, hidden[:, prompt - 1 :], target, generator, level)
        replaced = corrupted.replaced & ~self._each(batch.pinned)
        canvas = torch.cat(
            (self._each(ids[:, prefix:prompt]), torch.where(replaced, corrupted.ids, target)), 1
        )[:, : target.shape[1]]
        prefixes = [
            ((self._each(key[:, :, :prefix]), self._each(value[:, :, :prefix])),)
            for key, value in keys_values
        ]
        rows = positions[:, prefix : prefix + canvas.shape[1]]
        signal = None
        if self_conditioned:
            # with gradients on, although none are used: the graphs of the other pass serve as they
            # are, and compiling takes longer than they do
            expected = model.decode(canvas, rows, prefixes).detach()
            with torch.no_grad():
                signal = model.logits(expected) / SIGNAL_TEMPERATURE
        denoised = model.decode(canvas, rows, prefixes, signal)
        clean = CLEAN_WEIGHT if level is None else 0.0
        weights = torch.where(replaced, 1.0, clean) * self._each(batch.canvas_weights)
        return JointLosses(causal, self.head(model, denoised, target, weights))

    def _each(self, rows: Tensor) -> Tensor:
        """[rows, ...] -> [rows * canvases_per_prompt, ...]"""
        return rows.repeat_interleave(self.canvases_per_prompt, 0)

    @torch.no_grad()
    def _corrupt(
        self,
        model: DiffusionGemma,
        hidden: Tensor,
        target: Tensor,
        generator: Generator,
        level: float | None,
    ) -> Corrupted:
        if level is not None:
            return self.corruption.at_level(target, level, generator)
        probabilities = model.logits(hidden).softmax(-1).flatten(0, 1)
        guess = probabilities.multinomial(self.canvases_per_prompt, replacement=True)
        guess = guess.view(*hidden.shape[:2], -1).permute(0, 2, 1).flatten(0, 1)
        return self.corruption(target, guess, generator)
