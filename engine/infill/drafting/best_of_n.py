"""The three ways to draft: the best of several by beams, the best of a few samples, and one alone.

Beams are for short holes. A block is sampled, for its most likely end is a short one.

Each is a generator of `Written` states over one prepared `Task`: first what is most likely so far,
last what is chosen. Knows ids and the model; knows nothing of text.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from fillwright.engine.infill.drafting.beam_search import search
from fillwright.engine.infill.drafting.greedy import draft_holes
from fillwright.engine.infill.drafting.sampling import sampled
from fillwright.engine.infill.hypotheses import Evidence, Hypothesis
from fillwright.engine.infill.plan import Drafting
from fillwright.engine.infill.ranking.certainty import (
    FINISHED,
    nothing_missing,
    probability_of_text,
    standing,
)
from fillwright.engine.infill.ranking.ranker import Ranker
from fillwright.engine.infill.state import Task, Written
from fillwright.engine.model.interface import Model

BEAMS = 8
ENDS = 24
"""Tuned on the development split: docs/measurements-log.md, "The second checkpoint". Four beams
cost right fills: "A cheaper search"."""
TEMPERATURES = (0.0, 0.3, 0.5, 0.7)
"""Of the drafts of a block: docs/measurements.md, "Half words"."""


class Drafter(Protocol):
    """Writes a causal draft of a task's holes; the `ranker` chooses where there are several."""

    def __call__(self, model: Model, task: Task, ranker: Ranker) -> Iterator[Written]: ...


def best_of_beams(model: Model, task: Task, ranker: Ranker) -> Iterator[Written]:
    """Goes on until an end that parses is likelier than whatever might still come, or, where nobody
    asked for the fill, until nothing seems to be missing."""
    task.cache.truncate(task.prompt_cached)
    (hole,) = task.holes
    beams, nothing = None, 0.0
    states = search(model, task.cache, task.prompt[-1], hole, BEAMS, ENDS, task.memory)
    while not task.cancelled() and (state := next(states, None)) is not None:
        beams = state
        nothing = nothing_missing(beams, ranker.adds_nothing if hole.has_edges else None)
        if task.plan.unasked and nothing >= FINISHED:
            yield Written.empty(Evidence(0.0, nothing), beams.passes)
            return
        yield Written.from_hypothesis(beams.best, beams.passes)
        if ranker.is_decided(beams):
            break
    if beams is not None:
        choice = ranker.best(beams, task.cancelled())
        same_text = partial(ranker.have_same_text, choice.draft)
        something = 1.0 if hole.has_edges else 1 - nothing
        drafted = probability_of_text(choice.draft, beams, same_text) * something
        memory = task.memory
        knows = memory is not None and memory.knows_project
        precedents = standing(
            memory.precedents.between if memory else (),
            lambda one: ranker.have_same_text(choice.draft, Hypothesis(one.tokens)),
        )
        evidence = Evidence(
            drafted, nothing, choice.margin, choice.near, something, knows, *precedents
        )
        written = Written.from_hypothesis(choice.draft, beams.passes, evidence)
        share = memory.remembered(choice.draft.ids) if memory else 0.0
        yield replace(written, remembered=share)


def best_of_samples(model: Model, task: Task, ranker: Ranker) -> Iterator[Written]:
    """Goes on until the draft of the most likely tokens has ended well, or all of them have. What
    stood where such a block is to come is taken at once where it has no defects, and in the end
    where it has no more than the drafts."""
    task.cache.truncate(task.prompt_cached)
    (hole,) = task.holes
    samples, passes = None, 0
    stood = ranker.likeliest(task.stood, task) if task.stood and not task.cancelled() else None
    if stood is not None and ranker.is_clean(stood):
        yield replace(_sampled(stood, 1), remembered=1.0)
        return
    states = sampled(model, task.cache, task.prompt[-1], hole, TEMPERATURES, task.generator, ranker)
    while not task.cancelled() and (state := next(states, None)) is not None:
        if samples is not None:
            yield Written.from_hypothesis(samples[0].draft, passes)
        samples, passes = state, passes + 1
        if ranker.is_clean(samples[0].draft):
            yield _sampled(samples[0].draft, passes)
            return
    if samples is not None:
        cleanest = ranker.cleanest(samples, task.cancelled())
        if stood is not None and ranker.has_no_more_defects(stood, cleanest):
            yield replace(_sampled(stood, passes), remembered=1.0)
        else:
            yield _sampled(cleanest, passes)


def one_draft(model: Model, task: Task, ranker: Ranker) -> Iterator[Written]:
    """Every hole left to right by the causal head; there is nothing to choose."""
    del ranker
    task.cache.truncate(task.prompt_cached)
    drafts = draft_holes(
        model,
        task.cache,
        [task.prompt[-1], *task.opening],
        task.holes,
        task.between,
        task.plan.temperature,
        task.generator,
    )
    while not task.cancelled() and (drafted := next(drafts, None)) is not None:
        yield Written.from_draft(drafted, task)


DRAFTERS: Mapping[Drafting, Drafter] = {
    "beams": best_of_beams,
    "samples": best_of_samples,
    "alone": one_draft,
}


def _sampled(draft: Hypothesis, passes: int) -> Written:
    """A chosen sample is as sure as its own tokens are: nothing else was compared with it."""
    return Written.from_hypothesis(draft, passes, Evidence(math.exp(draft.log_probability)))
