"""Samples -> tensors of fixed shape, for the causal phase and for the joint phase.

Knows token ids and shapes; knows no network.
"""

from collections.abc import Iterator
from typing import NamedTuple, Self

import torch
from torch import Tensor

from fillwright.engine.training.canvases import TrainingCanvas, lay_out
from fillwright.engine.training.recipes import CausalRows, JointRows
from fillwright.engine.training.samples import HoleSampler, Piece, Sample

MIDDLE_WEIGHT = 2.0
"""Of a middle's tokens beside the prompt's: the middle is what is asked for. Set by hand."""
SEVERAL_SHARE = 0.15
"""Of the canvases that have two or three holes; set by hand."""
MAX_MIDDLE = 128


class CausalBatch(NamedTuple):
    """Rows of samples one after another. ids int64 [rows, length + 1]; weights float
    [rows, length], of predicting ids[:, 1:]."""

    ids: Tensor
    weights: Tensor

    def to(self, device: str) -> Self:
        return type(self)(*(tensor.to(device, non_blocking=True) for tensor in self))


class JointBatch(NamedTuple):
    """Prompts and the canvases after them. ids int64 [rows, prompt + canvas]; weights float
    [rows, prompt + canvas - 1], of predicting ids[:, 1:] causally; pinned bool and
    canvas_weights float [rows, canvas], as in `TrainingCanvas`."""

    ids: Tensor
    weights: Tensor
    pinned: Tensor
    canvas_weights: Tensor

    def to(self, device: str) -> Self:
        return type(self)(*(tensor.to(device, non_blocking=True) for tensor in self))


def causal_batches(
    sampler: HoleSampler, recipe: CausalRows, end_mark: int, long: HoleSampler | None = None
) -> Iterator[CausalBatch]:
    """Endless causal rows, the long ones from `long`, if any. A row ends wherever it ends: an end
    mark at a fixed place would teach its place instead of its meaning."""
    usual = sampler, sampler.samples(MAX_MIDDLE), recipe.rows, recipe.length + 1
    shapes, shares = [usual], [1 - recipe.long_share]
    if long is not None:
        rows, length = max(1, recipe.rows // 2), 2 * recipe.length + 1
        shapes.append((long, long.samples(MAX_MIDDLE), rows, length))
        shares.append(recipe.long_share)
    while True:
        [shape] = [usual] if long is None else long.random.choices(shapes, shares)
        drawn_by, samples, rows, length = shape
        packed = [_causal_row(drawn_by, samples, length, end_mark) for _ in range(rows)]
        ids = torch.tensor([row for row, _ in packed])
        weights = torch.tensor([weight[1:] for _, weight in packed])
        yield CausalBatch(ids, weights)


def _causal_row(
    sampler: HoleSampler, samples: Iterator[Sample], length: int, end_mark: int
) -> tuple[list[int], list[float]]:
    ids: list[int] = []
    weights: list[float] = []
    while len(ids) < length:
        if sampler.random.random() < sampler.shares.plain:
            text = sampler.plain(sampler.random.randint(200, 1500))
            plain = [*sampler.tokenizer.encode(text), end_mark]
            ids += plain
            weights += [1.0] * (len(plain) - 1) + [0.0]
            continue
        sample = next(samples)
        ids += [*sample.prompt, *sample.middle, end_mark]
        weights += [1.0] * len(sample.prompt) + [MIDDLE_WEIGHT] * (len(sample.middle) + 1)
    return ids[:length], weights[:length]


def joint_batches(sampler: HoleSampler, recipe: JointRows) -> Iterator[JointBatch]:
    """Endless joint rows, all of a batch with one length of canvas. A prompt shorter than its
    place has other text before it, as in the causal phase, so that no row needs a mask."""
    samples = sampler.samples(MAX_MIDDLE, SEVERAL_SHARE)
    lengths, shares = list(recipe.canvases), list(recipe.canvases.values())
    while True:
        canvas = sampler.random.choices(lengths, shares)[0]
        prompt_length = recipe.length - canvas
        rows = [_joint_row(sampler, samples, prompt_length, canvas) for _ in range(recipe.rows)]
        yield JointBatch(
            torch.tensor([[*prompt, *row.ids] for prompt, row in rows]),
            torch.tensor([_causal_weights(prompt_length, row) for _, row in rows]),
            torch.tensor([row.pinned for _, row in rows]),
            torch.tensor([row.weights for _, row in rows]),
        )


def _joint_row(
    sampler: HoleSampler, samples: Iterator[Sample], prompt_length: int, canvas: int
) -> tuple[list[int], TrainingCanvas]:
    """A long middle is cut into canvases as decoding does, and one of them is drawn; what stands
    before it counts as prompt."""
    while True:
        sample = next(samples)
        first, *others = sample.pieces
        block = 0 if others else sampler.random.randrange(0, len(first.middle) + 1, canvas - 1)
        prompt = [*sample.prompt, *first.middle[:block]]
        pieces = (Piece(first.middle[block:], first.after), *others)
        row = lay_out(pieces, canvas, sampler.end_marks, sampler.random)
        if row is not None and len(prompt) <= prompt_length:
            break
    while len(prompt) < prompt_length:
        plain = sampler.tokenizer.encode(sampler.plain(1000))
        prompt = [*plain, sampler.end_marks[-1], *prompt]
    return prompt[-prompt_length:], row


def _causal_weights(prompt_length: int, canvas: TrainingCanvas) -> list[float]:
    rest = len(canvas.ids) - canvas.led
    return [1.0] * (prompt_length - 1) + [MIDDLE_WEIGHT] * canvas.led + [0.0] * rest
