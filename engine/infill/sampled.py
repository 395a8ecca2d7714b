"""Several causal drafts of one hole side by side: one of the likeliest tokens, the others drawn at
higher temperatures. Long fills that go wrong seldom come right again, and of a few the caller can
take one that does not (Chen et al. 2021, "Evaluating Large Language Models Trained on Code",
section 3.3).

Knows ids and the model; of text only what the edges of a hole ask for.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Generator

from fillwright.engine.infill.beams import Hypothesis, bind
from fillwright.engine.infill.causal_draft import choose
from fillwright.engine.infill.edges import Edges
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
    is_stuck: Callable[[tuple[int, ...]], bool],
) -> Iterator[tuple[Hypothesis, ...]]:
    """Yields the drafts after each pass, one per temperature and in that order; 0 takes the
    likeliest token. Ends when every draft has ended, has used the budget of tokens or `is_stuck`.

    `cache` holds what precedes `unread` and is not changed. The hole has the `edges`; its text does
    not begin with `avoided`, behind any `margins`.
    """
    branches = model.branch(cache)
    logits = branches.read([unread]).repeat(len(temperatures), 1)
    branches.keep([0] * len(temperatures))
    marks = torch.tensor(list(end_marks), dtype=torch.int64, device=logits.device)
    shunned = torch.tensor([*avoided, *end_marks], dtype=torch.int64, device=logits.device)
    drafts, going = [Hypothesis()] * len(temperatures), list(range(len(temperatures)))
    while going:
        bound = bind(logits, [drafts[index] for index in going], edges, marks)
        for at_lead, row, index in zip(bound, logits, going, strict=True):
            draft = drafts[index]
            if avoided and not at_lead and margins.issuperset(draft.ids):
                row[shunned] = -torch.inf
            token, probability = choose(row, temperatures[index], generator)
            log_probability = math.log(probability)
            if token in end_marks and not at_lead:
                drafts[index] = draft.end(log_probability)
            else:
                drafts[index] = draft.then(token, log_probability)
        yield tuple(drafts)
        kept = [
            place
            for place, index in enumerate(going)
            if not drafts[index].ended
            and len(drafts[index].ids) < budget
            and not is_stuck(drafts[index].ids)
        ]
        going = [going[place] for place in kept]
        if going:
            branches.keep(kept)
            logits = branches.read([drafts[index].ids[-1] for index in going])
