import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest
import torch
from torch import Generator

from fillwright.engine.infill.drafting.greedy import draft_holes
from fillwright.engine.infill.drafting.sampling import sampled
from fillwright.engine.infill.hypotheses import Hypothesis, Sample
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.infill.tokens.healing import Edges

PREFIX, SUFFIX = "def total(numbers):\n    result = 0", "\n    return result\n"
Ids = tuple[int, ...]


def drafts(
    infiller: Infiller,
    temperatures: Sequence[float] = (0.0, 1.0, 1.0),
    budget: int = 8,
    lead: str = "",
    avoided: Sequence[int] = (),
    has_left: Callable[[Ids], bool] = lambda _: False,
    is_stuck: Callable[[Ids], bool] = lambda _: False,
    seed: int = 0,
) -> list[tuple[Hypothesis, ...]]:
    states = samples(infiller, temperatures, budget, lead, avoided, has_left, is_stuck, seed)
    return [tuple(sample.draft for sample in state) for state in states]


def samples(
    infiller: Infiller,
    temperatures: Sequence[float],
    budget: int,
    lead: str,
    avoided: Sequence[int],
    has_left: Callable[[Ids], bool],
    is_stuck: Callable[[Ids], bool],
    seed: int,
) -> list[tuple[Sample, ...]]:
    prompt = infiller.prompt.ids(PREFIX, SUFFIX, "python")
    cache = infiller.model.prefill(torch.tensor(prompt[:-1]))
    tokenizer = infiller.tokenizer
    found = sampled(
        infiller.model,
        cache,
        prompt[-1],
        Constraints(
            budget,
            infiller.prompt.end_marks,
            Edges(tokenizer, lead, ""),
            tuple(avoided),
            tokenizer.white_space,
        ),
        temperatures,
        Generator().manual_seed(seed),
        SimpleNamespace(has_left=has_left, is_stuck=is_stuck),
    )
    states = list(found)
    assert cache.length == len(prompt) - 1
    return states


def test_temperature_0_writes_what_a_lone_draft_does(tiny: Infiller) -> None:
    prompt = tiny.prompt.ids(PREFIX, SUFFIX, "python")
    cache = tiny.model.prefill(torch.tensor(prompt[:-1]))
    hole = Constraints(8, tiny.prompt.end_marks)
    alone = draft_holes(tiny.model, cache, prompt[-1:], [hole], [], 0.0, Generator())
    *_, last = alone
    first, *others = drafts(tiny)[-1]
    assert first.ids == last.holes[0]
    assert any(other.ids != first.ids for other in others)


def test_each_pass_adds_a_token_to_each_draft(tiny: Infiller) -> None:
    for passes, state in enumerate(drafts(tiny), 1):
        assert all(draft.ended or len(draft.ids) == passes for draft in state)
        assert all(len(d.log_probabilities) == len(d.ids) + d.ended for d in state)


def test_drafts_depend_on_their_seed_alone(tiny: Infiller) -> None:
    same, again, other = (drafts(tiny, seed=seed)[-1] for seed in (1, 1, 2))
    assert same == again != other


def test_a_draft_begins_with_its_lead(tiny: Infiller) -> None:
    for draft in drafts(tiny, temperatures=(0.0, 3.0, 3.0), lead="\n    re")[-1]:
        assert tiny.tokenizer.decode(draft.ids).startswith("\n    re")


def test_no_draft_begins_with_what_it_should_avoid(tiny: Infiller) -> None:
    first = drafts(tiny, temperatures=(0.0,))[-1][0].ids[0]
    marks = tiny.prompt.end_marks
    for state in drafts(tiny, temperatures=(0.0, 2.0, 2.0), avoided=[first], budget=1):
        assert all(draft.ids[0] not in (first, *marks) for draft in state)


def test_a_draft_that_is_stuck_goes_no_further(tiny: Infiller) -> None:
    first = drafts(tiny)[-1][0].ids
    states = drafts(tiny, is_stuck=lambda ids: ids == first[:3])
    assert states[-1][0].ids == first[:3]
    assert not states[-1][0].ended
    assert len(states) == 8, "the others went on"


def test_a_draft_that_has_left_the_hole_has_ended(tiny: Infiller) -> None:
    first = drafts(tiny)[-1][0].ids
    last = drafts(tiny, has_left=lambda ids: ids == first[:3])[-1][0]
    assert (last.ids, last.ended) == (first[:3], True)


def test_an_end_has_been_looked_at_before_each_token(tiny: Infiller) -> None:
    sample = samples(tiny, (3.0,), 12, "\n    ", (), lambda _: False, lambda _: False, 0)[-1][0]
    prompt = tiny.prompt.ids(PREFIX, SUFFIX, "python")
    (mark,) = tiny.prompt.end_marks
    cache = tiny.model.prefill(torch.tensor(prompt[:-1]))
    ids = [prompt[-1], *sample.draft.ids[:-1]]
    logs = tiny.model.causal_logits(cache, torch.tensor(ids)).log_softmax(-1)[:, mark]
    assert sample.ends[0] == -math.inf, "the lead is still to come"
    assert sample.ends[1:] == pytest.approx(logs[1:].tolist(), abs=1e-3)


@pytest.mark.parametrize("ended", [False, True])
def test_a_draft_can_be_cut_before_each_further_line(ended: bool) -> None:
    line_end = 7
    draft = Hypothesis((line_end, 1, line_end, 2), (-0.1, -0.2, -0.3, -0.4), ended)
    (cut,) = Sample(draft, (-math.inf, -5.0, -5.5, -5.0)).cuts({line_end})
    assert cut == Hypothesis((line_end, 1), (-0.1, -0.2, -5.5), ended)
    assert not Sample(draft, (-math.inf, -5.0, -6.5, -5.0)).cuts({line_end})


def test_it_is_over_when_all_drafts_have_ended(scripted: Callable) -> None:
    infiller, model = scripted("\n    for book in self.books:")
    states = drafts(infiller, temperatures=(0.0, 0.0), budget=50)
    assert all(draft.ended for draft in states[-1])
    assert len(states) == len(model.fill) + 1
    assert states[-1][0].log_probability == pytest.approx(0.0, abs=1e-3)
