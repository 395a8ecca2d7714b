"""Several causal drafts of one hole side by side: beam search.

Keeps the likeliest beginnings of the hole, a token longer each pass, until enough of them have
ended. The caller chooses among the ends, by what the model cannot know (whether they parse).
Knows ids and the model; knows nothing of text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fillwright.engine.model import DiffusionGemma, PrefixCache


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A beginning of the hole, or with an end mark all of it: token ids and log probabilities, that
    of any end mark among the latter only."""

    ids: tuple[int, ...] = ()
    log_probabilities: tuple[float, ...] = ()
    ended: bool = False

    @property
    def log_probability(self) -> float:
        return sum(self.log_probabilities)

    def then(self, token: int, log_probability: float) -> "Hypothesis":
        return Hypothesis((*self.ids, token), (*self.log_probabilities, log_probability))

    def end(self, log_probability: float) -> "Hypothesis":
        return Hypothesis(self.ids, (*self.log_probabilities, log_probability), ended=True)


@dataclass(frozen=True, slots=True)
class Beams:
    """After `passes` model passes: those that go on and those that have ended, each the likeliest
    first; never both empty."""

    live: tuple[Hypothesis, ...]
    ended: tuple[Hypothesis, ...]
    passes: int

    @property
    def best(self) -> Hypothesis:
        return max((*self.live[:1], *self.ended[:1]), key=lambda beam: beam.log_probability)


@torch.inference_mode()
def search(
    model: DiffusionGemma,
    cache: PrefixCache,
    unread: int,
    budget: int,
    firsts: Sequence[int],
    end_marks: Sequence[int],
    width: int,
    kept: int,
) -> Iterator[Beams]:
    """Yields after each pass, with the `width` likeliest that go on and the `kept` likeliest ends.
    Ends when so many are there and none that goes on is as likely as the last of them, or when
    the budget of tokens is used up.

    `cache` holds what precedes `unread` and is not changed. `firsts` are the tokens that the hole
    may begin with; none: any but an end mark, for an empty fill is no fill.
    """
    branches = model.branch(cache)
    logits = branches.read([unread])
    allowed = torch.full_like(logits, -torch.inf) if firsts else torch.zeros_like(logits)
    allowed[:, list(firsts or end_marks)] = 0.0 if firsts else -torch.inf
    scores = (logits + allowed).log_softmax(-1)
    live, ended = [Hypothesis()], list[Hypothesis]()
    for passes in range(1, budget + 2):
        # what the hole must begin with ends nothing, though it be a line end in a line's hole
        ends = () if firsts and passes == 1 else tuple(end_marks)
        parents, grown, ended = _grow(live, ended, scores, ends, width, kept)
        # behind the budget a hypothesis may end, and not go on
        live = grown if passes <= budget else live
        yield Beams(tuple(live), tuple(ended), passes)
        settled = len(ended) == kept and ended[-1].log_probability >= live[0].log_probability
        if settled or passes > budget:
            return
        branches.keep(parents)
        scores = branches.read([beam.ids[-1] for beam in live]).log_softmax(-1)


def _grow(
    live: Sequence[Hypothesis],
    ended: Sequence[Hypothesis],
    scores: Tensor,
    end_marks: tuple[int, ...],
    width: int,
    kept: int,
) -> tuple[list[int], list[Hypothesis], list[Hypothesis]]:
    """The `width` likeliest continuations that go on, with their parents' places in `live`, and
    the `kept` likeliest that have ended, by whichever end mark. scores [live, vocab]: log
    probabilities."""
    marks = torch.tensor(end_marks, dtype=torch.int64, device=scores.device)
    values, tokens = scores.index_fill(1, marks, -torch.inf).topk(width)
    grown = [
        (parent, beam.then(token, value))
        for parent, beam in enumerate(live)
        for value, token in zip(values[parent].tolist(), tokens[parent].tolist(), strict=True)
    ]
    grown.sort(key=lambda pair: -pair[1].log_probability)
    over = list(ended)
    if end_marks:
        ends = scores[:, marks].logsumexp(-1).tolist()
        over += [beam.end(end) for beam, end in zip(live, ends, strict=True)]
    over = [beam for beam in over if beam.log_probability > -torch.inf]
    over.sort(key=lambda beam: -beam.log_probability)
    return [parent for parent, _ in grown[:width]], [beam for _, beam in grown[:width]], over[:kept]
