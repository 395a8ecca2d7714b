"""The best of several causal drafts of one hole, as the judge finds: by beams, where the hole is
short, or of a few that are sampled, where it is a block, whose likeliest end is a short one.

Each is a generator of `Written` states over one prepared `Task`: first what is likeliest so far,
last what is chosen. Knows ids and the model; knows nothing of text.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from fillwright.engine.infill.drafting.beam_search import search
from fillwright.engine.infill.drafting.greedy import draft_holes
from fillwright.engine.infill.drafting.sampling import sampled
from fillwright.engine.infill.hypotheses import Evidence, Hypothesis
from fillwright.engine.infill.ranking.certainty import FINISHED, nothing_missing, said_by_all
from fillwright.engine.infill.ranking.ranker import Judge
from fillwright.engine.infill.state import Task, Written
from fillwright.engine.model import DiffusionGemma

BEAMS = 8
ENDS = 24
TEMPERATURES = (0.0, 0.3, 0.5, 0.7)


def best_of_beams(model: DiffusionGemma, task: Task, judge: Judge) -> Iterator[Written]:
    """Goes on until an end that parses is likelier than whatever might still come, or, where nobody
    asked for the fill, until nothing seems to be missing."""
    task.cache.truncate(task.prompt_cached)
    beams, nothing = None, 0.0
    must_say = bool(task.edges.lead or task.edges.ending)
    states = search(
        model,
        task.cache,
        task.prompt[-1],
        task.budgets[0],
        task.edges,
        task.end_marks,
        BEAMS,
        ENDS,
        task.memory,
    )
    while not task.cancelled() and (state := next(states, None)) is not None:
        beams = state
        nothing = nothing_missing(beams, judge.adds_nothing if must_say else None)
        if judge.request.unasked and nothing >= FINISHED:
            yield Written.empty(Evidence(0.0, nothing), beams.passes)
            return
        yield Written.from_hypothesis(beams.best, beams.passes)
        if judge.is_decided(beams):
            break
    if beams is not None:
        choice = judge.best(beams, task.cancelled())
        said = said_by_all(choice.draft, beams, partial(judge.says_the_same, choice.draft))
        something = 1.0 if must_say else 1 - nothing
        evidence = Evidence(said * something, nothing, choice.margin, choice.near, something)
        written = Written.from_hypothesis(choice.draft, beams.passes, evidence)
        share = task.memory.remembered(choice.draft.ids) if task.memory else 0.0
        yield replace(written, remembered=share)


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
            yield _sampled(samples[0].draft, passes)
            return
    if samples is not None:
        yield _sampled(judge.cleanest(samples, task.cancelled()), passes)


def _sampled(draft: Hypothesis, passes: int) -> Written:
    """A chosen sample is as sure as its own tokens are: nothing else was compared with it."""
    return Written.from_hypothesis(draft, passes, Evidence(math.exp(draft.log_probability)))


def write_draft(model: DiffusionGemma, task: Task) -> Iterator[Written]:
    """Left to right by the causal head."""
    task.cache.truncate(task.prompt_cached)
    drafts = draft_holes(
        model,
        task.cache,
        [task.prompt[-1], *task.opening],
        task.budgets,
        task.between,
        task.end_marks,
        task.temperature,
        task.generator,
        task.firsts,
        task.avoided,
        task.margins,
    )
    while not task.cancelled() and (drafted := next(drafts, None)) is not None:
        yield Written.from_draft(drafted, task)
