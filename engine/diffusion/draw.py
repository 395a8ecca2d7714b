"""Ways to draw a token per row from the tempered distribution. Knows nothing of canvases."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from fillwright.kernels.categorical import categorical
from fillwright.kernels.token_statistics import TokenStatistics

Draw = Callable[[TokenStatistics, Generator], Tensor]


def inverse_transform(statistics: TokenStatistics, generator: Generator) -> Tensor:
    """A random token int64 [batch, canvas]; one random number per row."""
    probabilities = statistics.probabilities
    uniform = torch.rand(probabilities.shape[:-1], generator=generator, device=generator.device)
    return categorical(probabilities, uniform)


def exponential_race(statistics: TokenStatistics, generator: Generator) -> Tensor:
    """A random token int64 [batch, canvas] with the random numbers that transformers would use.

    One per vocabulary entry, so an order of magnitude slower on a CPU.
    """
    probabilities = statistics.probabilities
    rows = probabilities.flatten(0, -2)
    return torch.multinomial(rows, 1, generator=generator).view(probabilities.shape[:-1])


def most_likely(statistics: TokenStatistics, generator: Generator) -> Tensor:
    """The most likely token int64 [batch, canvas]; draws no random numbers."""
    del generator
    return statistics.token
