"""Several causal drafts of one hole side by side: one of the likeliest tokens, the others drawn at
higher temperatures. Long fills that go wrong seldom come right again, and of a few the caller can
take one that does not (Chen et al. 2021, "Evaluating Large Language Models Trained on Code",
section 3.3).

Knows ids and the model; of text only what the edges of a hole ask for.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import Generator

from fillwright.engine.infill.drafting.beam_search import bind
from fillwright.engine.infill.drafting.greedy import choose
from fillwright.engine.infill.hypotheses import Hypothesis, Sample
from fillwright.engine.infill.tokens.healing import Edges
from fillwright.engine.model import DiffusionGemma, PrefixCache


@torch.inference_mode()
def sampled(
    model: DiffusionGemma,
    cache: PrefixCache,
    unread: int,
    budget: int,
    edges: Edges,
    avoided: Sequence[int],
    margins: frozenset[int],
    end_marks: Sequence[int],
    temperatures: Sequence[float],
    generator: Generator,
    has_left: Callable[[tuple[int, ...]], bool],
    is_stuck: Callable[[tuple[int, ...]], bool],
) -> Iterator[tuple[Sample, ...]]:
    """Yields the drafts after each pass, one per temperature and in that order; 0 takes the
    likeliest token. Ends when every draft has ended, has used the budget of tokens or `is_stuck`;
    one that `has_left` the hole has ended too.

    `cache` holds what precedes `unread` and is not changed. The hole has the `edges`; its text does
    not begin with `avoided`, behind any `margins`.
    """
    branches = model.branch(cache)
    logits = branches.read([unread]).repeat(len(temperatures), 1)
    branches.keep([0] * len(temperatures))
    marks = torch.tensor(list(end_marks), dtype=torch.int64, device=logits.device)
    shunned = torch.tensor([*avoided, *end_marks], dtype=torch.int64, device=logits.device)
    samples, going = [Sample(Hypothesis())] * len(temperatures), list(range(len(temperatures)))
    while going:
        bound = bind(logits, [samples[index].draft for index in going], edges, marks)
        now = logits.log_softmax(-1)[:, marks].logsumexp(-1).tolist()
        for at_lead, row, end, index in zip(bound, logits, now, going, strict=True):
            draft = samples[index].draft
            if avoided and not at_lead and margins.issuperset(draft.ids):
                row[shunned] = -torch.inf
            token, probability = choose(row, temperatures[index], generator)
            if token in end_marks and not at_lead:
                samples[index] = replace(samples[index], draft=draft.end(math.log(probability)))
            else:
                draft = draft.then(token, math.log(probability))
                draft = draft.end(0.0) if has_left(draft.ids) else draft
                ends = (*samples[index].ends, -math.inf if at_lead else end)
                samples[index] = Sample(draft, ends)
        yield tuple(samples)
        kept = [
            place
            for place, draft in enumerate(samples[index].draft for index in going)
            if not draft.ended and len(draft.ids) < budget and not is_stuck(draft.ids)
        ]
        going = [going[place] for place in kept]
        if going:
            branches.keep(kept)
            logits = branches.read([samples[index].draft.ids[-1] for index in going])
