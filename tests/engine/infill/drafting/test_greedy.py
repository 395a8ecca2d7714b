from collections.abc import Sequence
from itertools import islice

import pytest
import torch
from torch import Generator

from fillwright.engine.infill.drafting.greedy import draft_holes, next_token
from fillwright.engine.infill.hypotheses import DraftedHoles
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.infill.tokens.healing import Edges
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

PROMPT = [40, 41, 42, 43, 44]


def drafts(
    model: DiffusionGemma,
    budgets: Sequence[int],
    between: Sequence[Sequence[int]] = (),
    temperature: float = 0.0,
    seed: int = 0,
    **same: object,
) -> list[DraftedHoles]:
    """Of holes with these budgets and the same other constraints."""
    holes = [Constraints(budget, **same) for budget in budgets]  # type: ignore[arg-type]
    return drafts_of(model, holes, between, temperature, seed)


def drafts_of(
    model: DiffusionGemma,
    holes: Sequence[Constraints],
    between: Sequence[Sequence[int]] = (),
    temperature: float = 0.0,
    seed: int = 0,
) -> list[DraftedHoles]:
    cache = model.prefill(torch.tensor(PROMPT[:-1]))
    generator = Generator().manual_seed(seed)
    return list(draft_holes(model, cache, PROMPT[-1:], holes, between, temperature, generator))


def most_likely(model: DiffusionGemma, ids: Sequence[int]) -> tuple[int, float]:
    """The most likely next token and its probability, everything read again."""
    logits = model.causal_logits(
        model.prefill(torch.tensor([], dtype=torch.int64)), torch.tensor(ids)
    )
    probabilities = logits[-1].softmax(-1)
    return int(probabilities.argmax()), float(probabilities.max())


def test_a_greedy_draft_takes_the_most_likely_token_at_every_step(tiny: Infiller) -> None:
    last = drafts(tiny.model, [12])[-1]
    ids = list(PROMPT)
    for token, confidence in zip(last.holes[0], last.confidences[0], strict=True):
        expected, probability = most_likely(tiny.model, ids)
        assert token == expected
        assert confidence == pytest.approx(probability, abs=1e-5)
        ids.append(token)
    assert len(set(last.holes[0])) > 3
    assert (last.ended, last.passes) == (False, 12)


def test_later_holes_read_the_text_between(tiny: Infiller) -> None:
    between = [[50, 51, 52], [60]]
    last = drafts(tiny.model, [3, 4, 2], between)[-1]
    ids = list(PROMPT)
    for hole, following in zip(last.holes, [*between, []], strict=True):
        for token in hole:
            assert token == most_likely(tiny.model, ids)[0]
            ids.append(token)
        ids += following
    assert [len(hole) for hole in last.holes] == [3, 4, 2]


def test_an_end_mark_ends_its_hole_and_is_not_written(tiny: Infiller) -> None:
    free = drafts(tiny.model, [20], temperature=1.0)[-1].holes[0]
    mark = next(token for i, token in enumerate(free) if i > 2 and token not in free[:i])
    before = free[: free.index(mark)]
    last = drafts(tiny.model, [20], end_marks=(mark,), temperature=1.0)[-1]
    assert (last.holes, last.ended, last.passes) == ((before,), True, len(before) + 1)


def test_an_ended_hole_is_followed_by_the_text_between(tiny: Infiller) -> None:
    mark = most_likely(tiny.model, PROMPT)[0]
    last = drafts(tiny.model, [5, 1], [[50, 51]], end_marks=(mark,))[-1]
    assert last.holes == ((), (most_likely(tiny.model, [*PROMPT, 50, 51])[0],))


def test_a_hole_right_behind_another_begins_with_something(tiny: Infiller) -> None:
    """The end mark before it was that of the hole before."""
    mark = most_likely(tiny.model, PROMPT)[0]
    last = drafts(tiny.model, [5, 5], [[]], end_marks=(mark,))[-1]
    logits = tiny.model.causal_logits(
        tiny.model.prefill(torch.tensor(PROMPT[:-1])), torch.tensor(PROMPT[-1:])
    )
    first, second = logits[-1].argsort(descending=True)[:2].tolist()
    assert first == mark
    assert last.holes[0] == ()
    assert last.holes[1][0] == second
    assert mark not in last.holes[1]


def test_a_hole_begins_with_a_token_it_may_begin_with(tiny: Infiller) -> None:
    allowed = tiny.tokenizer.starting_with(" ")
    holes = [Constraints(3), Constraints(4, edges=Edges(tiny.tokenizer, " ", ""))]
    last = drafts_of(tiny.model, holes, [[50, 51]])[-1]
    ids = [*PROMPT, *last.holes[0], 50, 51]
    logits = tiny.model.causal_logits(
        tiny.model.prefill(torch.tensor(ids[:-1])), torch.tensor(ids[-1:])
    )
    assert last.holes[1][0] == max(allowed, key=lambda token: float(logits[-1][token]))
    assert last.holes[1][0] != int(logits[-1].argmax())
    ids.append(last.holes[1][0])
    assert last.holes[1][1] == most_likely(tiny.model, ids)[0]


def test_a_hole_does_not_begin_with_what_it_should_avoid(tiny: Infiller) -> None:
    written = drafts(tiny.model, [12])[-1].holes[0]
    before = next(i for i, token in enumerate(written) if token != written[0])
    space, text = written[:1], written[before]
    assert drafts(tiny.model, [1], avoided=space)[-1].holes[0] != space
    # what is avoided is the beginning of the text, after its white space and no further
    white_space = frozenset(space)
    other = drafts(tiny.model, [12], avoided=(text,), white_space=white_space)[-1].holes[0]
    assert other[:before] == written[:before]
    assert other[before] != text
    assert drafts(tiny.model, [12], avoided=(text,))[-1].holes[0] == written


def test_a_hole_that_avoids_something_has_a_text(tiny: Infiller) -> None:
    first = drafts(tiny.model, [1])[-1].holes[0][0]
    second = most_likely(tiny.model, [*PROMPT, 99])[0]
    assert drafts(tiny.model, [2], end_marks=(first,))[-1].holes == ((),)
    assert drafts(tiny.model, [2], end_marks=(first,), avoided=(second,))[-1].holes[0]
    holes = [Constraints(1), Constraints(1, avoided=(first,))]
    assert drafts_of(tiny.model, holes, [[50]])[-1].holes[0] == (first,)


def test_an_end_mark_that_must_come_first_ends_nothing(tiny: Infiller) -> None:
    marks = tuple(tiny.tokenizer.starting_with("\n"))
    holes = [Constraints(2), Constraints(3, marks, Edges(tiny.tokenizer, "\n", ""))]
    last = drafts_of(tiny.model, holes, [[50]])[-1]
    assert last.holes[1][0] in marks
    assert len(last.holes[1]) > 1


def test_a_draft_comes_after_every_token(tiny: Infiller) -> None:
    *steps, last = drafts(tiny.model, [4])
    assert [step.holes[0] for step in steps] == [last.holes[0][:n] for n in range(1, 5)]
    assert [step.passes for step in steps] == [1, 2, 3, 4]


def test_a_tempered_draft_depends_on_its_seed_alone(tiny: Infiller) -> None:
    one, same, other = (
        drafts(tiny.model, [12], temperature=1.0, seed=seed)[-1].holes for seed in (1, 1, 2)
    )
    assert one == same != other


def test_who_stops_asking_stops_the_model(tiny: Infiller, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tiny.model.prefill(torch.tensor(PROMPT[:-1]))
    steps = draft_holes(tiny.model, cache, PROMPT[-1:], [Constraints(50)], [], 0.0, Generator())
    list(islice(steps, 3))
    assert cache.length == len(PROMPT) + 2


def test_the_most_likely_token_is_one_of_those_allowed(tiny: Infiller) -> None:
    logits = tiny.model.causal_logits(
        tiny.model.prefill(torch.tensor(PROMPT[:-1])), torch.tensor(PROMPT[-1:])
    )
    ranked = logits[-1].argsort(descending=True).tolist()
    cache = tiny.model.prefill(torch.tensor(PROMPT[:-1]))
    assert (
        next_token(tiny.model, cache, PROMPT[-1:], [ranked[40], ranked[7], ranked[90]]) == ranked[7]
    )
