"""A causal draft: the encoder is a causal LM with the same head, so it can write the holes left to
right. It reads the known text between them as it goes.

Knows ids and the model; knows nothing of text.
"""

import math
from collections.abc import Callable, Iterator, Sequence

from fillwright.engine.infill.hypotheses import DraftedHoles
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.interface import Model
from fillwright.kernels.arrays import Array, RandomNumbers, drawn, namespace, softmax

LIKELIEST = 64
"""How many tokens are tried where not every one fits; set by hand."""


def draft_holes(
    model: Model,
    cache: Cache,
    unread: Sequence[int],
    holes: Sequence[Constraints],
    between: Sequence[Sequence[int]],
    temperature: float,
    generator: RandomNumbers,
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
                logits = model.logits(model.extend(cache, model.ids(pending))[-1])
                passes += 1
            allowed, unwanted = hole.following(ids), hole.unwanted(ids)
            offered = logits
            if allowed:
                offered = only(logits, allowed)
            elif not ids and adjacent:
                offered = without(logits, hole.end_marks)
            if unwanted:
                offered = without(offered, unwanted)
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


def next_token(
    model: Model,
    cache: Cache,
    unread: Sequence[int],
    allowed: Sequence[int],
    fits: Callable[[int], bool] = lambda token: True,
) -> int | None:
    """The most likely next token among `allowed` that `fits`, None where none of the LIKELIEST
    does; reads `unread` into the cache."""
    logits = model.logits(model.extend(cache, model.ids(unread))[-1])[list(allowed)].tolist()
    order = sorted(range(len(allowed)), key=logits.__getitem__, reverse=True)
    return next((allowed[at] for at in order[:LIKELIEST] if fits(allowed[at])), None)


def only(scores: Array, tokens: Sequence[int]) -> Array:
    """The scores [..., vocab] of some tokens; of all others, -inf."""
    kept = namespace(scores).full_like(scores, -math.inf)
    kept[..., list(tokens)] = scores[..., list(tokens)]
    return kept


def without(scores: Array, tokens: Sequence[int]) -> Array:
    """The scores [vocab] but for some tokens, which get -inf."""
    left = namespace(scores).asarray(scores, copy=True)
    left[list(tokens)] = -math.inf
    return left


def choose(logits: Array, temperature: float, generator: RandomNumbers) -> tuple[int, float]:
    """A token and its untempered probability; logits [vocab]. Temperature 0 takes the most
    likely."""
    probabilities = softmax(logits)
    if temperature == 0:
        token = int(probabilities.argmax())
    else:
        token = drawn(softmax(logits / temperature), generator)
    return token, float(probabilities[token])
