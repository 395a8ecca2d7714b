"""Several causal drafts of one hole side by side: one of the most likely tokens, the others drawn
at higher temperatures. Long fills that go wrong seldom come right again. Of a few the caller can
take one that does not (Chen et al. 2021, "Evaluating Large Language Models Trained on Code",
section 3.3).

Knows ids and the model; of text only what the constraints of a hole ask for.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from fillwright.engine.infill.drafting.beam_search import bind
from fillwright.engine.infill.drafting.greedy import choose
from fillwright.engine.infill.hypotheses import Hypothesis, Sample
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model
from fillwright.kernels.arrays import RandomNumbers, log_softmax, logsumexp, namespace


class Watch(Protocol):
    """Looks at the ids of drafts while they are written."""

    def has_left(self, ids: tuple[int, ...]) -> bool:
        """Whether a draft goes on after the end of its hole: it has ended."""

    def is_stuck(self, ids: tuple[int, ...]) -> bool:
        """Whether a draft repeats itself: it need not go on."""


def sampled(
    model: Model,
    cache: Cache,
    unread: int,
    hole: Constraints,
    temperatures: Sequence[float],
    generator: RandomNumbers,
    watch: Watch,
) -> Iterator[tuple[Sample, ...]]:
    """Yields the drafts after each pass, one per temperature and in that order; 0 takes the most
    likely token. Stops when every draft has ended, has used the budget of tokens or is stuck.

    `cache` holds what precedes `unread` and is not changed.
    """
    branches = model.branch(cache)
    logits = branches.read([unread])
    logits = namespace(logits).concat([logits] * len(temperatures))
    branches.keep([0] * len(temperatures))
    marks = list(hole.end_marks)
    samples, going = [Sample(Hypothesis())] * len(temperatures), list(range(len(temperatures)))
    while going:
        bound = bind(logits, [samples[index].draft for index in going], hole)
        now = logsumexp(log_softmax(logits)[:, marks]).tolist()
        for at_lead, row, end, index in zip(bound, logits, now, going, strict=True):
            draft = samples[index].draft
            if not at_lead and (unwanted := hole.unwanted(draft.ids)):
                row[list(unwanted)] = -math.inf
            token, probability = choose(row, temperatures[index], generator)
            if token in hole.end_marks and not at_lead:
                samples[index] = replace(samples[index], draft=draft.end(math.log(probability)))
            else:
                draft = draft.then(token, math.log(probability))
                draft = draft.end(0.0) if watch.has_left(draft.ids) else draft
                ends = (*samples[index].ends, -math.inf if at_lead else end)
                samples[index] = Sample(draft, ends)
        yield tuple(samples)
        kept = [
            place
            for place, draft in enumerate(samples[index].draft for index in going)
            if not draft.ended and len(draft.ids) < hole.budget and not watch.is_stuck(draft.ids)
        ]
        going = [going[place] for place in kept]
        if going:
            branches.keep(kept)
            logits = branches.read([samples[index].draft.ids[-1] for index in going])
