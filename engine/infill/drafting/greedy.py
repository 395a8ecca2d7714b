"""A causal draft: the encoder is a causal LM with the same head, so it can write the holes left to
right. It reads the known text between them as it goes.

Knows ids and the model; knows nothing of text.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Generator, Tensor

from fillwright.engine.infill.hypotheses import DraftedHoles
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.model import DiffusionGemma, PrefixCache


@torch.inference_mode()
def draft_holes(
    model: DiffusionGemma,
    cache: PrefixCache,
    unread: Sequence[int],
    holes: Sequence[Constraints],
    between: Sequence[Sequence[int]],
    temperature: float,
    generator: Generator,
) -> Iterator[DraftedHoles]:
    """Write the holes token by token; yields after each token, and once more at the end.

    `cache` holds what precedes `unread`, at least one id, which is read first. It grows and is the
    caller's to cut back. `between` are the known ids between two holes. Where there are none and
    anything may come, a hole begins with something: the end mark before it was that of the hole
    before. No `ending` of a hole's edges is looked at. Temperature 0 takes the most likely token.
    The caller stops by not asking on.
    """
    written: list[list[int]] = [[] for _ in holes]
    confidences: list[list[float]] = [[] for _ in holes]
    pending, ended, passes = list(unread), True, 0

    def drafted(ended: bool) -> DraftedHoles:
        return DraftedHoles(
            tuple(map(tuple, written)), tuple(map(tuple, confidences)), ended, passes
        )

    for hole, ids, probabilities, known in zip(
        holes, written, confidences, [*between, ()], strict=True
    ):
        adjacent = not pending
        while len(ids) < hole.budget:
            if pending:
                logits = model.logits(model.extend(cache, _tensor(pending, model))[-1])
                passes += 1
            allowed, unwanted = hole.following(ids), hole.unwanted(ids)
            offered = logits
            if allowed:
                offered = only(logits, _tensor(allowed, model))
            elif not ids and adjacent:
                offered = logits.index_fill(0, _tensor(hole.end_marks, model), -torch.inf)
            if unwanted:
                offered = offered.index_fill(0, _tensor(unwanted, model), -torch.inf)
            token, probability = choose(offered, temperature, generator)
            pending = []
            if token in hole.end_marks and not allowed:
                break
            pending = [token]
            ids.append(token)
            probabilities.append(probability)
            yield drafted(False)
        else:
            ended = False
        pending += known
    yield drafted(ended)


@torch.inference_mode()
def next_token(
    model: DiffusionGemma, cache: PrefixCache, unread: Sequence[int], allowed: Sequence[int]
) -> int:
    """The most likely next token among `allowed`; reads `unread` into the cache."""
    logits = model.logits(model.extend(cache, _tensor(unread, model))[-1])
    return allowed[int(logits[_tensor(allowed, model)].argmax())]


def _tensor(ids: Sequence[int], model: DiffusionGemma) -> Tensor:
    """int64 [ids], on the model's device."""
    return torch.tensor(list(ids), dtype=torch.int64, device=model.device)


def only(scores: Tensor, tokens: Tensor) -> Tensor:
    """The scores [..., vocab] of some tokens, int64 [tokens]; of all others, -inf."""
    kept = torch.full_like(scores, -torch.inf)
    kept[..., tokens] = scores[..., tokens]
    return kept


def choose(logits: Tensor, temperature: float, generator: Generator) -> tuple[int, float]:
    """A token and its untempered probability; logits [vocab]. Temperature 0 takes the most
    likely."""
    probabilities = logits.softmax(-1)
    if temperature == 0:
        token = int(probabilities.argmax())
    else:
        tempered = (logits / temperature).softmax(-1)
        token = int(tempered.multinomial(1, generator=generator))
    return token, float(probabilities[token])
