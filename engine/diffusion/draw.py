"""Ways to draw a token per row from the tempered distribution. Knows nothing of canvases."""

from collections.abc import Callable

from fillwright.kernels.arrays import Array, RandomNumbers, random_shares
from fillwright.kernels.categorical import categorical
from fillwright.kernels.token_statistics import TokenStatistics

Draw = Callable[[TokenStatistics, RandomNumbers], Array]


def inverse_transform(statistics: TokenStatistics, generator: RandomNumbers) -> Array:
    """A random token int64 [batch, canvas]; one random number per row."""
    probabilities = statistics.probabilities
    return categorical(probabilities, random_shares(probabilities.shape[:-1], generator))


def exponential_race(statistics: TokenStatistics, generator: RandomNumbers) -> Array:
    """A random token int64 [batch, canvas] with the random numbers that transformers would use; of
    tensors only.

    One per vocabulary entry, so an order of magnitude slower on a CPU.
    """
    probabilities = statistics.probabilities
    rows = probabilities.flatten(0, -2)
    return rows.multinomial(1, generator=generator).view(probabilities.shape[:-1])


def most_likely(statistics: TokenStatistics, generator: RandomNumbers) -> Array:
    """The most likely token int64 [batch, canvas]; draws no random numbers."""
    del generator
    return statistics.token
