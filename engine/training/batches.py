"""Samples -> tensors of fixed shape, for the causal phase and for the joint phase.

Knows token ids and shapes; knows no network.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from fillwright.engine.training.samples import HoleSampler, Sample

MIDDLE_WEIGHT = 2.0
PLAIN_SHARE = 0.2
MAX_MIDDLE = 128


class CausalBatch(NamedTuple):
    """Rows of samples one after another. ids int64 [rows, length + 1]; weights float
    [rows, length], of predicting ids[:, 1:]."""

    ids: Tensor
    weights: Tensor


class JointBatch(NamedTuple):
    """Prompts and the canvases behind them. ids int64 [rows, prompt_length + canvas]; weights
    float [rows, prompt_length + canvas - 1], of predicting ids[:, 1:] causally; canvas_weights
    float [rows, canvas]: all end marks behind the first together count as one token."""

    ids: Tensor
    prompt_length: int
    weights: Tensor
    canvas_weights: Tensor


def causal_batches(
    sampler: HoleSampler, rows: int, length: int, end_mark: int
) -> Iterator[CausalBatch]:
    """Endless causal rows. A row ends wherever it ends: an end mark at a fixed place would teach
    its place instead of its meaning."""
    samples = sampler.samples(MAX_MIDDLE)
    while True:
        packed = [_causal_row(sampler, samples, length + 1, end_mark) for _ in range(rows)]
        ids = torch.tensor([row for row, _ in packed])
        weights = torch.tensor([weight[1:] for _, weight in packed])
        yield CausalBatch(ids, weights)


def _causal_row(
    sampler: HoleSampler, samples: Iterator[Sample], length: int, end_mark: int
) -> tuple[list[int], list[float]]:
    ids: list[int] = []
    weights: list[float] = []
    while len(ids) < length:
        if sampler.random.random() < PLAIN_SHARE:
            text = sampler.plain(sampler.random.randint(200, 1500))
            plain = [*sampler.tokenizer.encode(text), end_mark]
            ids += plain
            weights += [1.0] * (len(plain) - 1) + [0.0]
            continue
        sample = next(samples)
        ids += [*sample.prompt, *sample.middle, end_mark]
        weights += [1.0] * len(sample.prompt) + [MIDDLE_WEIGHT] * (len(sample.middle) + 1)
    return ids[:length], weights[:length]


def joint_batches(
    sampler: HoleSampler, rows: int, prompt_length: int, canvas: int, end_mark: int
) -> Iterator[JointBatch]:
    """Endless joint rows. A prompt shorter than its place has other text before it, as in the
    causal phase, so that no row needs a mask."""
    samples = sampler.samples(MAX_MIDDLE)
    while True:
        packed = [
            _joint_row(sampler, samples, prompt_length, canvas, end_mark) for _ in range(rows)
        ]
        ids, weights, canvas_weights = (
            torch.tensor(column) for column in zip(*packed, strict=True)
        )
        yield JointBatch(ids, prompt_length, weights, canvas_weights)


def _joint_row(
    sampler: HoleSampler, samples: Iterator[Sample], prompt_length: int, canvas: int, end_mark: int
) -> tuple[list[int], list[float], list[float]]:
    """A long middle is cut into canvases as decoding does, and one of them is drawn; what stands
    before it counts as prompt."""
    while True:
        sample = next(samples)
        block = sampler.random.randrange(0, len(sample.middle) + 1, canvas - 1)
        ids = [*sample.prompt, *sample.middle[:block]]
        if len(ids) <= prompt_length:
            break
    while len(ids) < prompt_length:
        ids = [*sampler.tokenizer.encode(sampler.plain(1000)), end_mark, *ids]
    middle = sample.middle[block : block + canvas]
    ends = canvas - len(middle)
    ids = [*ids[-prompt_length:], *middle, *[end_mark] * ends]
    known = [1.0] * len(middle)
    after_first = max(0, ends - 1)
    first = [1.0] * min(1, ends)
    shared = [1.0 / max(1, after_first)] * after_first
    weights = [1.0] * (prompt_length - 1) + [
        MIDDLE_WEIGHT * weight for weight in [*known, *first, *[0.0] * after_first]
    ]
    return ids, weights, [*known, *first, *shared]
