import math

import pytest
import torch

from fillwright.engine.infill.drafting.beam_search import search
from fillwright.engine.infill.hypotheses import Beams, Hypothesis
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.tokens.constraints import Constraints
from fillwright.engine.infill.tokens.healing import Edges

PROMPT = "def total(numbers):\n    result = 0\n    for number in"


def beams(
    infiller: Infiller, width: int, budget: int = 6, lead: str = "", ending: str = ""
) -> list[Beams]:
    prompt = infiller.prompt.ids(PROMPT, "\n    return result\n", "python")
    cache = infiller.model.prefill(torch.tensor(prompt[:-1]))
    marks = infiller.prompt.end_marks
    hole = Constraints(budget, marks, Edges(infiller.tokenizer, lead, ending))
    found = list(search(infiller.model, cache, prompt[-1], hole, width, width))
    assert cache.length == len(prompt) - 1
    return found


def log_probability(infiller: Infiller, beam: Hypothesis) -> float:
    """Read the hypothesis as any text."""
    prompt = infiller.prompt.ids(PROMPT, "\n    return result\n", "python")
    ids = [*beam.ids, *(infiller.prompt.end_marks if beam.ended else ())]
    cache = infiller.model.prefill(torch.tensor(prompt[:-1]))
    logits = infiller.model.causal_logits(cache, torch.tensor([prompt[-1], *ids]))[:-1].clone()
    logits[0, list(infiller.prompt.end_marks)] = -torch.inf
    return float(logits.log_softmax(-1)[range(len(ids)), ids].sum())


def test_hypotheses_are_as_likely_as_the_model_finds_them(tiny: Infiller) -> None:
    last = beams(tiny, width=4)[-1]
    assert len(last.live) == 4
    for beam in (*last.live, *last.ended):
        assert beam.log_probability == pytest.approx(log_probability(tiny, beam), abs=1e-3)


def test_one_beam_takes_the_most_likely_token_each_time(tiny: Infiller) -> None:
    last = beams(tiny, width=1)[-1]
    prompt = tiny.prompt.ids(PROMPT, "\n    return result\n", "python")
    cache = tiny.model.prefill(torch.tensor(prompt[:-1]))
    greedy: list[int] = []
    unread = prompt[-1]
    while len(greedy) < 6:
        logits = tiny.model.causal_logits(cache, torch.tensor([unread]))[-1].clone()
        logits[list(tiny.prompt.end_marks)] = -torch.inf
        unread = int(logits.argmax())
        greedy.append(unread)
    assert last.live[0].ids[:6] == tuple(greedy)


def test_more_beams_find_likelier_texts(tiny: Infiller) -> None:
    narrow, wide = (beams(tiny, width)[-1].live[0].log_probability for width in (1, 8))
    assert wide >= narrow


def test_the_most_likely_stand_first_and_no_two_are_equal(tiny: Infiller) -> None:
    for state in beams(tiny, width=5):
        for group in (state.live, state.ended):
            likely = [beam.log_probability for beam in group]
            assert likely == sorted(likely, reverse=True)
            assert len({beam.ids for beam in group}) == len(group)
        assert len(state.live) <= 5 >= len(state.ended)


def test_a_hole_begins_with_white_space_in_one_token(tiny: Infiller) -> None:
    last = beams(tiny, width=4, lead="\n")[-1]
    assert {beam.ids[0] for beam in last.live} <= set(tiny.tokenizer.starting_with("\n"))
    assert all(math.isfinite(beam.log_probability) for beam in last.live)


def test_a_hole_begins_with_the_word_it_cuts_however_spelt(tiny: Infiller) -> None:
    states = beams(tiny, width=6, budget=8, lead=" resul")
    texts = [tiny.tokenizer.decode(beam.ids) for beam in states[-1].live]
    assert all(text.startswith(" resul") for text in texts)
    assert len({beam.ids[0] for state in states for beam in state.live}) > 1
    assert not any(beam.ended for state in states[:1] for beam in state.ended)


def test_only_what_ends_as_the_hole_must_is_an_end(tiny: Infiller) -> None:
    last = beams(tiny, width=6, budget=8, ending="t")[-1]
    assert last.ended
    for beam in last.ended:
        assert tiny.tokenizer.decode(beam.ids).endswith("t")
        assert beam.log_probability == pytest.approx(log_probability(tiny, beam), abs=1e-3)


def test_the_ending_is_not_the_lead_once_more(tiny: Infiller) -> None:
    last = beams(tiny, width=6, budget=8, lead="re", ending="re")[-1]
    assert last.ended
    for beam in last.ended:
        text = tiny.tokenizer.decode(beam.ids)
        assert text.startswith("re")
        assert text[2:].endswith("re")


def test_a_fill_is_not_empty(scripted) -> None:  # type: ignore[no-untyped-def]
    infiller, _ = scripted("")
    assert all(beam.ids for state in beams(infiller, 3) for beam in state.ended)


def test_the_search_ends_when_nothing_better_can_come(scripted) -> None:  # type: ignore[no-untyped-def]
    infiller, model = scripted(" numbers:")
    states = beams(infiller, width=2, budget=20)
    assert infiller.tokenizer.decode(states[-1].best.ids) == " numbers:"
    assert states[-1].best.ended
    assert len(model.reads) < 20


def test_the_budget_bounds_the_tokens(tiny: Infiller) -> None:
    states = beams(tiny, width=3, budget=4)
    assert max(len(beam.ids) for beam in (*states[-1].live, *states[-1].ended)) == 4
    assert states[-1].passes == 5
