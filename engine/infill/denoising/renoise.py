"""Rewriting what stands in a hole by renoising a part of it: its least likely tokens become free
rows of a canvas, all others are pinned, and the canvas is denoised (SDEdit, arXiv 2108.01073, with
the noise where the text is doubtful).

Knows ids and the model; knows nothing of text.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.denoise import DenoiseStep, denoise
from fillwright.engine.infill.ranking.rescoring import log_likelihoods
from fillwright.engine.infill.state import Task, open_canvas
from fillwright.engine.model.interface import Model
from fillwright.kernels.arrays import along, log_softmax, namespace

EVERY = 8
"""Of so many tokens one is renoised at a time when likelihoods are read off canvases: all others
are seen. Set by hand."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A hole's ids after its text was renoised, and how much likelier they are, nats."""

    ids: tuple[int, ...]
    gain: float


Likelihoods = Callable[[Model, Task, Sequence[int]], list[float]]


def read_likelihoods(model: Model, task: Task, ids: Sequence[int]) -> list[float]:
    """How likely the causal head finds each id of the hole, nats: given those before it, and the
    text after the hole as far as the prompt shows it. One pass."""
    task.cache.truncate(task.prompt_cached)
    ended = [*ids, *task.plan.end_marks[:1]]
    (found,) = log_likelihoods(model, task.cache, [task.prompt[-1:]], [ended])
    return [float(each) for each in found[: len(ids)]]


def denoised_likelihoods(model: Model, task: Task, ids: Sequence[int]) -> list[float]:
    """How likely the denoiser finds each id of the hole, nats, given all others but every EVERYth:
    those are noise, and each is read where it is. One pass over EVERY canvases."""
    known, settings = open_canvas(model, task), task.plan.settings
    row = [*known, *ids, *task.plan.end_marks[:1]]
    tokens = model.ids([row] * EVERY)
    own = range(len(known), len(known) + len(ids))
    hidden = [
        [at in own and (at - own.start) % EVERY == of for at in range(len(row))]
        for of in range(EVERY)
    ]
    noise = settings.noise.draw(tokens.shape, task.generator)
    xp = namespace(tokens)
    canvas = xp.where(xp.asarray(hidden, device=tokens.device), noise, tokens)
    logs = log_softmax(model.denoise_logits(canvas, task.cache))
    logs = settings.rows.by_token(along(logs, settings.rows.by_row(tokens)[..., None])[..., 0])
    return [float(logs[at % EVERY, at + len(known)]) for at in range(len(ids))]


def least_likely(likelihoods: Sequence[float], strength: float, tokens: int) -> list[int]:
    """The places of a share of the `tokens`, `strength` in [0, 1], the least likely ones, in order;
    of any share but 0 at least one."""
    count = math.ceil(strength * tokens)
    return sorted(sorted(range(len(likelihoods)), key=lambda at: likelihoods[at])[:count])


def renoised(
    model: Model,
    task: Task,
    ids: Sequence[int],
    free: Sequence[int],
    count: int,
) -> Iterator[tuple[DenoiseStep, list[list[int]]]]:
    """Denoise `count` canvases side by side in which only the `free` places of the hole's `ids` are
    not pinned; yields each step and the hole's ids on each canvas after it.

    Free places stay as many, for a place is a row. Raises ValueError when the canvas is longer than
    the model's.
    """
    known = open_canvas(model, task)
    row = [*known, *ids, *task.plan.end_marks[:1]]
    if len(row) > model.config.canvas_length:
        raise ValueError(
            f"{len(row)} tokens do not fit on a canvas of {model.config.canvas_length}"
        )
    places = [at + len(known) for at in free]
    pinned = np.ones(len(row), dtype=np.bool)
    pinned[places] = False
    canvas = Canvas(np.array(row, dtype=np.int64), pinned, tuple(_runs(places)))
    start, end = len(known), len(known) + len(ids)
    # an end mark among the free rows would be one more token
    settings = replace(task.plan.settings, end_marks=())
    for step in denoise(
        model, task.cache, [canvas] * count, settings, task.generator, None, task.cancelled
    ):
        yield step, step.argmax_canvas[:, start:end].tolist()


def changed_runs(before: Sequence[int], after: Sequence[int]) -> list[range]:
    """The runs of places in which two texts of as many ids differ."""
    return _runs([at for at in range(len(before)) if before[at] != after[at]])


def improvements(
    model: Model, task: Task, ids: Sequence[int], proposals: Sequence[Sequence[int]]
) -> list[Rewritten]:
    """Each proposal without the changes that the causal head finds no better than what stood there:
    every run of changed ids is tried alone, and stays where all of the hole's ids are then likelier
    together. One pass."""
    runs = [changed_runs(ids, each) for each in proposals]
    tried = [tuple(ids)]
    for each, own in zip(proposals, runs, strict=True):
        tried += [_with(ids, each, [run]) for run in own]
    every = list(dict.fromkeys(tried))
    task.cache.truncate(task.prompt_cached)
    ended = [[*each, *task.plan.end_marks[:1]] for each in every]
    logs = log_likelihoods(model, task.cache, [task.prompt[-1:]] * len(every), ended)
    likelihood = {text: float(log.sum()) for text, log in zip(every, logs, strict=True)}
    improved = []
    for each, own in zip(proposals, runs, strict=True):
        gains = {run: likelihood[_with(ids, each, [run])] - likelihood[tuple(ids)] for run in own}
        better = [run for run in own if gains[run] > 0]
        improved.append(Rewritten(_with(ids, each, better), sum(gains[run] for run in better)))
    return improved


def _with(ids: Sequence[int], other: Sequence[int], runs: Sequence[range]) -> tuple[int, ...]:
    """`ids` with those of `other` in some runs."""
    mixed = list(ids)
    for run in runs:
        mixed[run.start : run.stop] = other[run.start : run.stop]
    return tuple(mixed)


def _runs(places: Sequence[int]) -> list[range]:
    """Ascending places as runs."""
    grouped = groupby(enumerate(places), key=lambda pair: pair[1] - pair[0])
    return [range((own := [at for _, at in group])[0], own[-1] + 1) for _, group in grouped]
