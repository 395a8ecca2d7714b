"""A causal draft: the encoder is a causal LM with the same head, so it can write the holes left to
right, reading the known text between them as it goes.

Knows ids and the model; knows nothing of text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from fillwright.engine.model import DiffusionGemma, PrefixCache


@dataclass(frozen=True, slots=True)
class DraftedHoles:
    """Token ids per hole without end marks, each token's probability, and whether every hole's end
    mark came. Holes not reached yet are empty."""

    holes: tuple[tuple[int, ...], ...]
    confidences: tuple[tuple[float, ...], ...]
    ended: bool


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
) -> Iterator[DraftedHoles]:
    """Write the holes token by token; yields after each token, and once more at the end.

    `cache` holds what precedes `unread`, at least one id, which is read first; the cache grows
    and is the caller's to cut back. `budgets` are tokens per hole, `between` the known ids
    between two holes. Temperature 0 takes the likeliest token. The caller stops by not asking on.
    """
    holes: list[list[int]] = [[] for _ in budgets]
    confidences: list[list[float]] = [[] for _ in budgets]
    pending, ended = list(unread), True
    for index, budget in enumerate(budgets):
        while True:
            if len(holes[index]) == budget:
                ended = False
                break
            logits = model.logits(model.extend(cache, _ids(pending, model))[-1])
            token, probability = _choose(logits, temperature, generator)
            if token in end_marks:
                pending = []
                break
            pending = [token]
            holes[index].append(token)
            confidences[index].append(probability)
            yield _drafted(holes, confidences, False)
        pending += between[index] if index < len(between) else []
    yield _drafted(holes, confidences, ended)


@torch.inference_mode()
def likeliest(
    model: DiffusionGemma, cache: PrefixCache, unread: Sequence[int], allowed: Tensor
) -> int:
    """The likeliest next token among `allowed`, bool [vocab]; reads `unread` into the cache."""
    logits = model.logits(model.extend(cache, _ids(unread, model))[-1])
    return int(logits.masked_fill(~allowed.to(logits.device), -torch.inf).argmax())


def _ids(ids: Sequence[int], model: DiffusionGemma) -> Tensor:
    return torch.tensor(list(ids), dtype=torch.int64, device=model.device)


def _choose(logits: Tensor, temperature: float, generator: Generator) -> tuple[int, float]:
    probabilities = logits.softmax(-1)
    if temperature == 0:
        token = int(probabilities.argmax())
    else:
        tempered = (logits / temperature).softmax(-1)
        token = int(tempered.multinomial(1, generator=generator))
    return token, float(probabilities[token])


def _drafted(holes: list[list[int]], confidences: list[list[float]], ended: bool) -> DraftedHoles:
    return DraftedHoles(tuple(map(tuple, holes)), tuple(map(tuple, confidences)), ended)
