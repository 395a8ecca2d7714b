"""A causal draft: the encoder is a causal LM with the same head, so it can write the holes left to
right, reading the known text between them as it goes.

Knows ids and the model; knows nothing of text.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Generator, Tensor

from fillwright.engine.infill.hypotheses import DraftedHoles
from fillwright.engine.model import DiffusionGemma, PrefixCache


@torch.inference_mode()
def draft_holes(
    model: DiffusionGemma,
    cache: PrefixCache,
    unread: Sequence[int],
    budgets: Sequence[int],
    between: Sequence[Sequence[int]],
    end_marks: Sequence[int],
    temperature: float,
    generator: Generator,
    firsts: Sequence[Sequence[int]] | None = None,
    avoided: Sequence[Sequence[int]] | None = None,
    margins: frozenset[int] = frozenset(),
) -> Iterator[DraftedHoles]:
    """Write the holes token by token; yields after each token, and once more at the end.

    `cache` holds what precedes `unread`, at least one id, which is read first; the cache grows
    and is the caller's to cut back. Per hole, `budgets` are tokens and `firsts` are what it may
    begin with (none: anything); `between` are the known ids between two holes. Where none are and
    anything may come, a hole begins with something, for the end mark before it was that of the hole
    before. `avoided` are what its text does not begin with, behind any `margins`; a hole with such
    has a text. Temperature 0 takes the likeliest token. The caller stops by not asking on.
    """
    holes: list[list[int]] = [[] for _ in budgets]
    confidences: list[list[float]] = [[] for _ in budgets]
    pending, ended, passes = list(unread), True, 0

    def drafted(ended: bool) -> DraftedHoles:
        return DraftedHoles(tuple(map(tuple, holes)), tuple(map(tuple, confidences)), ended, passes)

    none: list[Sequence[int]] = [()] * len(holes)
    for hole, sure, budget, first, avoid, following in zip(
        holes, confidences, budgets, firsts or none, avoided or none, [*between, ()], strict=True
    ):
        adjacent = not pending
        while len(hole) < budget:
            if pending:
                logits = model.logits(model.extend(cache, _ids(pending, model))[-1])
                passes += 1
            offered, bound = logits, not hole and len(first) > 0
            if bound:
                offered = only(logits, _ids(first, model))
            elif not hole and adjacent:
                offered = logits.index_fill(0, _ids(end_marks, model), -torch.inf)
            if avoid and margins.issuperset(hole):
                offered = offered.index_fill(0, _ids([*avoid, *end_marks], model), -torch.inf)
            token, probability = choose(offered, temperature, generator)
            pending = []
            if token in end_marks and not bound:
                break
            pending = [token]
            hole.append(token)
            sure.append(probability)
            yield drafted(False)
        else:
            ended = False
        pending += following
    yield drafted(ended)


@torch.inference_mode()
def likeliest(
    model: DiffusionGemma, cache: PrefixCache, unread: Sequence[int], allowed: Sequence[int]
) -> int:
    """The likeliest next token among `allowed`; reads `unread` into the cache."""
    logits = model.logits(model.extend(cache, _ids(unread, model))[-1])
    return allowed[int(logits[_ids(allowed, model)].argmax())]


def _ids(ids: Sequence[int], model: DiffusionGemma) -> Tensor:
    return torch.tensor(list(ids), dtype=torch.int64, device=model.device)


def only(scores: Tensor, tokens: Tensor) -> Tensor:
    """The scores [..., vocab] of some tokens; of all others, -inf."""
    kept = torch.full_like(scores, -torch.inf)
    kept[..., tokens] = scores[..., tokens]
    return kept


def choose(logits: Tensor, temperature: float, generator: Generator) -> tuple[int, float]:
    """A token and its untempered probability; logits [vocab]. Temperature 0 takes the likeliest."""
    probabilities = logits.softmax(-1)
    if temperature == 0:
        token = int(probabilities.argmax())
    else:
        tempered = (logits / temperature).softmax(-1)
        token = int(tempered.multinomial(1, generator=generator))
    return token, float(probabilities[token])
