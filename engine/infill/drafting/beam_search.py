"""Several causal drafts of one hole side by side: beam search.

Keeps the most likely beginnings of the hole, a token longer each pass, until enough of them have
ended. The caller chooses among the ends, by what the model cannot know (whether they parse).
Knows ids and the model; of text only what the constraints of a hole ask for.
"""

import math
from collections.abc import Iterator, Sequence

from fillwright.engine.infill.drafting.greedy import only
from fillwright.engine.infill.hypotheses import Beams, Hypothesis
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.memory.gate import Mixture
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model
from fillwright.kernels.arrays import Array, largest, log_softmax, logsumexp, softmax


def search(
    model: Model,
    cache: Cache,
    unread: int,
    hole: Constraints,
    width: int,
    kept: int,
    memory: Mixture | None = None,
) -> Iterator[Beams]:
    """Yields after each pass, with the `width` most likely that go on and the `kept` most likely
    ends. Stops when so many ends are there and none that goes on is as likely as the last of them,
    or when the budget of tokens is used up.

    `cache` holds what precedes `unread` and is not changed. Where the hole's edges leave its first
    token open, that is any but an end mark: an empty fill is never useful. Where the hole must end
    with a word, half as many more go on that do. Else few would ever come to it (Hokamp and Liu
    2017, "Lexically Constrained Decoding for Sequence Generation Using Grid Beam Search"). The
    model's distribution is mixed with the `memory`'s; `end_first` is the model's alone.
    """
    branches = model.branch(cache)
    logits = branches.read([unread])
    marks = list(hole.end_marks)
    live, ended, past_lead = [Hypothesis()], list[Hypothesis](), False
    end_first = float(softmax(logits[0])[marks].sum())
    for passes in range(1, hole.budget + 2):
        if memory:
            logits = memory.mixed(logits, [beam.ids for beam in live])
        bound = [False] * len(live) if past_lead else bind(logits, live, hole)
        past_lead = not any(bound)
        scores = log_softmax(logits)
        # forced first tokens never end the hole, even where one is a newline and the hole a line
        open_ = [row for row, at_lead in enumerate(bound) if not at_lead]
        ending = [row for row in open_ if hole.may_end(live[row].ids)]
        ended = [*ended, *_ends([live[row] for row in ending], scores[ending][:, marks])]
        ended = sorted(ended, key=lambda beam: -beam.log_probability)[:kept]
        for row in open_:
            scores[row, marks] = -math.inf
        grown = _extended(live, scores, width)
        if len(hole.last_tokens):
            grown |= _extended(live, only(scores, hole.last_tokens), width // 2)
        # after the budget a hypothesis may end, and not go on
        if passes <= hole.budget:
            live = sorted(grown, key=lambda beam: -beam.log_probability)
        yield Beams(tuple(live), tuple(ended), passes, end_first)
        settled = len(ended) == kept and ended[-1].log_probability >= live[0].log_probability
        if settled or passes > hole.budget:
            return
        branches.keep([grown[beam] for beam in live])
        logits = branches.read([beam.ids[-1] for beam in live])


def bind(logits: Array, live: Sequence[Hypothesis], hole: Constraints) -> list[bool]:
    """Leave of the logits [live, vocab], in place, only what the hole may begin with, which is no
    end mark. Says which of `live` are still at its lead, where no token ends anything."""
    bound = []
    for row, beam in enumerate(live):
        allowed = hole.following(beam.ids)
        bound.append(len(allowed) > 0)
        if allowed:
            logits[row] = only(logits[row], allowed)
        elif not beam.ids:
            logits[row, list(hole.end_marks)] = -math.inf
    return bound


def _ends(beams: Sequence[Hypothesis], marks: Array) -> list[Hypothesis]:
    """Each of the beams ended by whichever mark; marks [beams, end marks]: log probabilities."""
    ends = logsumexp(marks).tolist()
    return [beam.end(end) for beam, end in zip(beams, ends, strict=True) if end > -math.inf]


def _extended(live: Sequence[Hypothesis], scores: Array, width: int) -> dict[Hypothesis, int]:
    """The `width` most likely that go on, with their parents' places in `live`. scores
    [live, vocab]: log probabilities."""
    values, tokens = largest(scores, width)
    said = [beam.log_probability for beam in live]
    found = [
        (said[parent] + value, parent, value, token)
        for parent, row in enumerate(zip(values.tolist(), tokens.tolist(), strict=True))
        for value, token in zip(*row, strict=True)
        if value > -math.inf
    ]
    best = sorted(found, key=lambda each: -each[0])[:width]
    return {live[parent].then(token, value): parent for _, parent, value, token in best}
