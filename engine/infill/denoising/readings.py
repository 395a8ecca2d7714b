"""How likely each token of a standing text is, and which other one would be likeliest in its place:
by the causal head, or by the denoiser, to which the token is noise and all others are known.

Knows ids and the model; knows nothing of text.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from fillwright.engine.infill.denoising.renoise import EVERY
from fillwright.engine.infill.state import Task, open_canvas
from fillwright.engine.model.interface import Model
from fillwright.kernels.arrays import Array, along, log_softmax, namespace

DRAWS = 2
"""How often the noise is drawn where likelihoods are read off canvases; the mean counts. Set by
hand."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Of one id of a text: how likely it is, `own`, and the likeliest `other` one, both in nats."""

    own: float
    other: int
    likelier: float


Read = Callable[[Model, Task, Sequence[int], Collection[int]], list[Reading]]


def read_causally(
    model: Model, task: Task, ids: Sequence[int], barred: Collection[int]
) -> list[Reading]:
    """What the causal head expects at each place of the hole's `ids`: given those before, and what
    the prompt shows of the text after. Another id is none of the `barred` ones. One pass."""
    task.cache.truncate(task.prompt_cached)
    row = [*task.prompt[-1:], *ids]
    hidden = model.continued(task.cache, model.ids([row]))
    return _readings(model, log_softmax(model.logits(hidden[0, :-1])), ids, barred)


def read_by_denoising(
    model: Model, task: Task, ids: Sequence[int], barred: Collection[int]
) -> list[Reading]:
    """What the denoiser expects at each place, given all others but every EVERYth, which are noise
    with it. DRAWS passes over EVERY canvases each."""
    hidden = [range(of, len(ids), EVERY) for of in range(min(EVERY, len(ids)))]
    logs = sum(renoised_places(model, task, ids, hidden) for _ in range(DRAWS)) / DRAWS
    xp, places = namespace(logs), np.arange(len(ids))
    at = xp.asarray(places, device=logs.device)
    return _readings(model, logs[at % len(hidden), at], ids, barred)


def renoise_each(
    model: Model, task: Task, ids: Sequence[int], places: Sequence[int], barred: Collection[int]
) -> list[Reading]:
    """What the denoiser expects at each of some places, each alone being noise. One pass over a
    canvas for each."""
    logs = renoised_places(model, task, ids, [(place,) for place in places])
    own = namespace(logs).stack([logs[row, place] for row, place in enumerate(places)])
    return _readings(model, own, [ids[place] for place in places], barred)


def renoised_places(
    model: Model, task: Task, ids: Sequence[int], hidden: Sequence[Collection[int]]
) -> Array:
    """One canvas for each of `hidden`, where these places of the hole are noise and all else is
    known: log p of every token at every place, float32 [canvases, ids, vocab]. One pass."""
    known, settings = open_canvas(model, task), task.plan.settings
    row = [*known, *ids, *task.plan.end_marks[:1]]
    tokens = model.ids([row] * len(hidden))
    is_noise = np.zeros((len(hidden), len(row)), dtype=np.bool)
    for canvas, places in enumerate(hidden):
        is_noise[canvas, [len(known) + place for place in places]] = True
    noise = settings.noise.draw(tokens.shape, task.generator)
    xp = namespace(tokens)
    canvases = xp.where(xp.asarray(is_noise, device=tokens.device), noise, tokens)
    logits = settings.rows.by_token(model.denoise_logits(canvases, task.cache))
    return log_softmax(logits[:, len(known) : len(known) + len(ids)])


def _readings(
    model: Model, logs: Array, ids: Sequence[int], barred: Collection[int]
) -> list[Reading]:
    """By logs [ids, vocab]."""
    xp, wanted = namespace(logs), model.ids(ids)[:, None]
    excluded = np.zeros(logs.shape, dtype=np.bool)
    excluded[:, list(barred)] = True
    excluded[np.arange(len(ids)), list(ids)] = True
    others = xp.where(xp.asarray(excluded, device=logs.device), -np.inf, logs)
    best = others.argmax(-1)
    found = along(logs, wanted)[:, 0], best, along(others, best[:, None])[:, 0]
    return [
        Reading(float(own), int(other), float(likelier))
        for own, other, likelier in zip(*found, strict=True)
    ]
