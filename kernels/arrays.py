"""Arrays that are numpy's or torch's. The loop and the drafts are written once for both: with
functions that both libraries name alike (`namespace`), and with these few, which they do not.

torch is imported only where the caller has a tensor or a generator of its.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# no type covers both kinds
Array = Any
RandomNumbers = Any
"""numpy's or torch's generator."""
BLOCK = 128
"""Numbers of a row that are looked at together."""


def namespace(array: Array) -> Any:
    """The library that the array is of."""
    if isinstance(array, np.ndarray):
        return np
    import torch

    return torch


def along(array: Array, places: Array, axis: int = -1) -> Array:
    """At each place of the other dimensions, the entries that `places` name in this one."""
    if isinstance(array, np.ndarray):
        return np.take_along_axis(array, places, axis)
    return array.take_along_dim(places, axis)


def nonzero(array: Array) -> tuple[Array, ...]:
    """Where an array is not zero: the indices in each dimension, in order."""
    return array.nonzero() if isinstance(array, np.ndarray) else array.nonzero(as_tuple=True)


def softmax(scores: Array) -> Array:
    """Over the last dimension, in the scores' type."""
    if not isinstance(scores, np.ndarray):
        return scores.softmax(-1)
    return softmax_from_zero(scores - scores.max(-1, keepdims=True))


def softmax_from_zero(scores: Array) -> Array:
    """The same of scores whose largest in each row is 0."""
    if not isinstance(scores, np.ndarray):
        return scores.softmax(-1)
    powers = np.exp(scores)
    powers /= powers.sum(-1, keepdims=True)
    return powers


def log_softmax(scores: Array) -> Array:
    """Over the last dimension, in the scores' type."""
    if not isinstance(scores, np.ndarray):
        return scores.log_softmax(-1)
    below = scores - scores.max(-1, keepdims=True)
    below -= np.log(np.exp(below).sum(-1, keepdims=True))
    return below


def logsumexp(scores: Array) -> Array:
    """Over the last dimension; -inf where there is nothing else."""
    if not isinstance(scores, np.ndarray):
        return scores.logsumexp(-1)
    most = scores.max(-1, keepdims=True)
    most[np.isneginf(most)] = 0
    with np.errstate(divide="ignore"):
        return (np.log(np.exp(scores - most).sum(-1, keepdims=True)) + most)[..., 0]


def largest(scores: Array, count: int) -> tuple[Array, Array]:
    """The `count` largest of the last dimension and their places, the largest first."""
    if not isinstance(scores, np.ndarray):
        values, places = scores.topk(count)
        return values, places
    places = _places_of_largest(scores, count)
    values = np.take_along_axis(scores, places, axis=-1)
    order = np.argsort(-values, axis=-1, stable=True)
    return np.take_along_axis(values, order, axis=-1), np.take_along_axis(places, order, axis=-1)


def _places_of_largest(scores: NDArray[Any], count: int) -> NDArray[np.int64]:
    """In no order. numpy is slow to partition a vocabulary and fast to find maxima: first the
    `count` blocks with the largest of these, then the places there."""
    width = math.gcd(scores.shape[-1], BLOCK)
    blocks = scores.reshape(*scores.shape[:-1], -1, width)
    if blocks.shape[-2] <= 2 * count:
        return np.argpartition(scores, -count, axis=-1)[..., -count:]
    best = np.argpartition(blocks.max(-1), -count, axis=-1)[..., -count:, None]
    near = np.take_along_axis(blocks, best, axis=-2).reshape(*scores.shape[:-1], -1)
    found = np.argpartition(near, -count, axis=-1)[..., -count:]
    block = np.take_along_axis(best[..., 0], found // width, axis=-1)
    places: NDArray[np.int64] = block * width + found % width
    return places


def drawn(probabilities: Array, generator: RandomNumbers) -> int:
    """A random place of probabilities [places]."""
    if not isinstance(probabilities, np.ndarray):
        return int(probabilities.multinomial(1, generator=generator))
    ends = probabilities.cumsum(dtype=np.float64)
    return int(np.searchsorted(ends, generator.random() * ends[-1], side="right"))


def random_integers(below: int, shape: Sequence[int], generator: RandomNumbers) -> Array:
    """int64 of `shape` from 0 on, each as likely, on the generator's device."""
    if isinstance(generator, np.random.Generator):
        return generator.integers(below, size=tuple(shape))
    import torch

    return torch.randint(below, tuple(shape), generator=generator, device=generator.device)


def random_shares(shape: Sequence[int], generator: RandomNumbers) -> Array:
    """float32 of `shape` in [0, 1), on the generator's device."""
    if isinstance(generator, np.random.Generator):
        return generator.random(tuple(shape), dtype=np.float32)
    import torch

    return torch.rand(tuple(shape), generator=generator, device=generator.device)


def placed(array: Array, generator: RandomNumbers) -> Array:
    """As an array of the generator's kind, on its device."""
    if isinstance(generator, np.random.Generator):
        return on_host(array)
    import torch

    return torch.as_tensor(array, device=generator.device)


def on_host(array: Array) -> NDArray[Any]:
    """As numpy's; a tensor on the CPU is not copied."""
    if isinstance(array, np.ndarray):
        return array
    host: NDArray[Any] = array.cpu().numpy()
    return host
