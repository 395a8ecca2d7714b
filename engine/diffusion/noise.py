"""What is in the rows that are not settled: the checkpoint's noise law, or a draft under noise.

Knows nothing of canvases: a law draws tokens of a shape from a generator, on its device.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fillwright.kernels.arrays import (
    Array,
    RandomNumbers,
    namespace,
    placed,
    random_integers,
    random_shares,
)


class Noise(Protocol):
    def draw(self, shape: Sequence[int], generator: RandomNumbers) -> Array:
        """Token ids int64 of `shape` [batch, canvas], independent of one another."""


@dataclass(frozen=True, slots=True)
class UniformNoise:
    """Every token of the vocabulary is equally likely; DiffusionGemma's law."""

    vocabulary: int

    def draw(self, shape: Sequence[int], generator: RandomNumbers) -> Array:
        return random_integers(self.vocabulary, shape, generator)


@dataclass(frozen=True, slots=True)
class HybridNoise:
    """The mask token, but with probability `uniform_share` any token (arXiv 2503.04482, GIDD)."""

    vocabulary: int
    mask_token: int
    uniform_share: float

    def __post_init__(self) -> None:
        if not 0 <= self.mask_token < self.vocabulary:
            raise ValueError(f"mask token {self.mask_token} is not among {self.vocabulary} tokens")
        if not 0 <= self.uniform_share <= 1:
            raise ValueError(f"a uniform share lies in 0..1, not at {self.uniform_share}")

    def draw(self, shape: Sequence[int], generator: RandomNumbers) -> Array:
        tokens = UniformNoise(self.vocabulary).draw(shape, generator)
        uniform = random_shares(shape, generator)
        xp = namespace(tokens)
        return xp.where(uniform >= self.uniform_share, self.mask_token, tokens)


@dataclass(frozen=True, slots=True, eq=False)
class DraftNoise:
    """A draft with a share `level` of its tokens replaced by `noise`.

    What a training canvas at that noise level would be if the draft were the truth. As the
    law of a whole fill it also renoises: a row that is not accepted goes back to the draft.
    `draft` is int64 [canvas] or [batch, canvas], and so is `level` where rows differ in it: a row
    of level 0 is the draft's, one of level 1 pure noise. Pinned rows are not read.
    """

    draft: Array
    level: float | Array
    noise: Noise

    def __post_init__(self) -> None:
        level = np.asarray(self.level)
        if not ((level >= 0) & (level <= 1)).all():
            raise ValueError(f"a noise level lies in 0..1, not at {self.level}")

    def draw(self, shape: Sequence[int], generator: RandomNumbers) -> Array:
        tokens = self.noise.draw(shape, generator)
        replaced = random_shares(shape, generator) < placed(np.asarray(self.level), generator)
        return namespace(tokens).where(replaced, tokens, placed(self.draft, generator))
