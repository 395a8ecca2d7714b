"""The best of several causal drafts of one hole, as the judge finds: by beams, where the hole is
short, or of a few that are sampled, where it is a block, whose likeliest end is a short one.

Each is a generator of `Written` states over one prepared `Task`: first what is likeliest so far,
last what is chosen. Knows ids and the model; knows nothing of text.
"""

from collections.abc import Iterator

from fillwright.engine.infill.beams import search
from fillwright.engine.infill.judge import Judge
from fillwright.engine.infill.sampled import sampled
from fillwright.engine.infill.written import Task, Written
from fillwright.engine.model import DiffusionGemma

BEAMS = 8
ENDS = 24
TEMPERATURES = (0.0, 0.3, 0.5, 0.7)


def best_of_beams(model: DiffusionGemma, task: Task, judge: Judge) -> Iterator[Written]:
    """Goes on until an end that parses is likelier than whatever might still come."""
    task.cache.truncate(task.prompt_cached)
    beams = None
    states = search(
        model,
        task.cache,
        task.prompt[-1],
        task.budgets[0],
        task.edges,
        task.end_marks,
        BEAMS,
        ENDS,
    )
    while not task.cancelled() and (state := next(states, None)) is not None:
        beams = state
        yield Written.from_hypothesis(beams.best, beams.passes)
        if judge.is_decided(beams):
            break
    if beams is not None:
        yield Written.from_hypothesis(judge.best(beams, task.cancelled()), beams.passes)


def best_of_samples(model: DiffusionGemma, task: Task, judge: Judge) -> Iterator[Written]:
    """Goes on until the draft of the likeliest tokens has ended well, or all of them have."""
    task.cache.truncate(task.prompt_cached)
    samples, passes = None, 0
    states = sampled(
        model,
        task.cache,
        task.prompt[-1],
        task.budgets[0],
        task.edges,
        task.avoided[0],
        task.margins,
        task.end_marks,
        TEMPERATURES,
        task.generator,
        judge.has_left,
        judge.is_stuck,
    )
    while not task.cancelled() and (state := next(states, None)) is not None:
        if samples is not None:
            yield Written.from_hypothesis(samples[0].draft, passes)
        samples, passes = state, passes + 1
        if judge.is_clean(samples[0].draft):
            yield Written.from_hypothesis(samples[0].draft, passes)
            return
    if samples is not None:
        yield Written.from_hypothesis(judge.cleanest(samples, task.cancelled()), passes)
