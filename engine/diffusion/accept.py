"""Which open rows of a canvas are committed at a step, by how sure the model is of them.

Knows numbers only. `confidence` is float [open rows], larger where the model is surer; every rule
commits at least one row.
"""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

Measure = Literal["entropy", "probability", "margin"]


class Accept(Protocol):
    def __call__(self, confidence: Tensor, steps_left: int) -> Tensor:
        """The places of the committed rows among the open ones, int64, the surest first;
        `steps_left` counts this step."""


@dataclass(frozen=True, slots=True)
class Surest:
    """So many at every step; of equals the first (Dream, DreamOn)."""

    rows: int = 1

    def __call__(self, confidence: Tensor, steps_left: int) -> Tensor:
        return by_sureness(confidence)[: self.rows]


@dataclass(frozen=True, slots=True)
class Threshold:
    """All whose probability is at least `least`, but no fewer `rows` than that: one in Fast-dLLM
    (arXiv 2505.22618), a quota in SDAR's low_confidence_dynamic (arXiv 2510.06303)."""

    least: float
    rows: int = 1

    def __call__(self, confidence: Tensor, steps_left: int) -> Tensor:
        enough = int((confidence >= self.least).sum())
        return by_sureness(confidence)[: max(self.rows, enough)]


@dataclass(frozen=True, slots=True)
class Quota:
    """So many that the open rows last for all steps, as Dream's sampler spreads them: at time t of
    1..eps, the next time being s, a share 1 - s / t of them, all at the last step
    (arXiv 2508.15487)."""

    steps: int
    eps: float = 1e-3

    def __call__(self, confidence: Tensor, steps_left: int) -> Tensor:
        order = by_sureness(confidence)
        if steps_left <= 1:
            return order
        now = 1 - (self.steps - steps_left) / self.steps * (1 - self.eps)
        later = now - (1 - self.eps) / self.steps
        return order[: max(1, math.floor(len(order) * (1 - later / now) + 1e-9))]


def by_sureness(confidence: Tensor) -> Tensor:
    """The places of the rows, the surest first; of equals the first."""
    return confidence.argsort(descending=True, stable=True)


def confidence_in(probabilities: Tensor, tokens: Tensor, measure: Measure) -> Tensor:
    """How sure the model is of `tokens` int64 [rows], drawn from probabilities [rows, vocab].

    `entropy` is the negative entropy in nats, `probability` the token's own, `margin` how far the
    likeliest token is ahead of the next.
    """
    if measure == "entropy":
        return (probabilities * torch.log(probabilities + 1e-10)).sum(-1)
    if measure == "probability":
        return probabilities.gather(-1, tokens[:, None])[:, 0]
    first, second = probabilities.topk(2, dim=-1).values.unbind(-1)
    return first - second
