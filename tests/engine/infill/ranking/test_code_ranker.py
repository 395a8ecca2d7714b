import math
from collections.abc import Sequence

import pytest
import torch

from fillwright.engine.infill.hypotheses import Beams, Hypothesis, Sample
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.prefix_caches import PrefixCaches, growing_caches
from fillwright.engine.infill.prompts.small import plain_prefix
from fillwright.engine.infill.ranking.code_ranker import (
    MAX_NATS_BELOW,
    NATS_AHEAD,
    OWN_LIKELIHOOD_WEIGHT,
    CodeRanker,
)
from fillwright.engine.infill.ranking.rescoring import log_likelihoods
from fillwright.engine.infill.text.seams import Seams
from fillwright.engine.request import Hole, InfillRequest, Shape

BEFORE = "def total(numbers):\n    result = 0\n    for number in"
AFTER = ":\n        result += number\n    return result\n"
COPY = "for number in numbers:\n    pass\n"
KEPT = BEFORE.removesuffix(" in")
FITTING = (" in numbers", " in range(result)", " in result", " in total")


def ranker(
    infiller: Infiller, after: str = AFTER, before: str = BEFORE, shape: Shape = "line"
) -> CodeRanker:
    at = len(before)
    request = InfillRequest(before + after, (Hole(at, at),), "python", shape=shape)
    seams = Seams.of(request, infiller.tokenizer.starts_a_token, ends_in_words=True)
    caches = PrefixCaches(infiller.model, growing_caches(infiller.model))
    return CodeRanker(infiller.model, infiller.tokenizer, caches, request, seams, "")


def ends(infiller: Infiller, texts: Sequence[str], nats: Sequence[float]) -> Beams:
    """Hypotheses that have ended, of these texts and log probabilities."""
    ended = [
        Hypothesis(tuple(infiller.tokenizer.encode(text)), (log,), ended=True)
        for text, log in zip(texts, nats, strict=True)
    ]
    return Beams((), tuple(ended), 1)


def read_alone(infiller: Infiller, known: Sequence[int], said: Sequence[int]) -> float:
    cache = infiller.model.prefill(torch.tensor(list(known)))
    first = infiller.model.causal_logits(
        infiller.model.prefill(torch.tensor(list(known[:-1]))), torch.tensor(list(known[-1:]))
    )
    following = infiller.model.causal_logits(cache, torch.tensor(list(said)))
    logs = torch.cat((first, following[:-1])).log_softmax(-1)
    return float(logs[range(len(said)), list(said)].sum())


def test_texts_side_by_side_are_as_likely_as_each_alone(tiny: Infiller) -> None:
    prefix = plain_prefix(tiny.tokenizer, BEFORE * 4)
    known = [tiny.tokenizer.encode(text) for text in FITTING]
    said = [tiny.tokenizer.encode(text) for text in (AFTER, "", AFTER[:9], AFTER * 2)]
    cache = tiny.model.prefill(torch.tensor(prefix))
    found = log_likelihoods(tiny.model, cache, known, said)
    assert cache.ids.tolist() == prefix
    for likelihood, before, after in zip(found, known, said, strict=True):
        alone = read_alone(tiny, [*prefix, *before], after) if after else 0.0
        assert len(likelihood) == len(after)
        assert float(likelihood.sum()) == pytest.approx(alone, abs=1e-3)


def test_of_equals_the_best_is_the_one_with_which_the_file_reads_best(tiny: Infiller) -> None:
    prefix = plain_prefix(tiny.tokenizer, KEPT)
    head = tiny.tokenizer.encode(AFTER)[:24]
    fitting = [tuple(tiny.tokenizer.encode(text)) for text in FITTING]
    scores = [
        OWN_LIKELIHOOD_WEIGHT * read_alone(tiny, prefix, ids)
        + read_alone(tiny, [*prefix, *ids], head)
        for ids in fitting
    ]
    assert ranker(tiny).rescore(fitting) == pytest.approx(scores, abs=1e-3)
    chosen = ranker(tiny).best(ends(tiny, FITTING, [-5.0] * len(FITTING))).draft
    assert chosen.ids == fitting[scores.index(max(scores))]
    assert len(set(scores)) == len(scores)


def test_an_end_that_is_far_less_likely_is_not_compared(tiny: Infiller) -> None:
    close = ranker(tiny).best(ends(tiny, FITTING, [-5.0] * len(FITTING))).draft
    others = [text for text in FITTING if tuple(tiny.tokenizer.encode(text)) != close.ids]
    best = tiny.tokenizer.decode(close.ids)
    nats = [-5.0, -5.0 - MAX_NATS_BELOW["line"] - 0.1]
    assert ranker(tiny).best(ends(tiny, [others[0], best], nats)).draft.ids != close.ids


def test_what_does_not_parse_is_worse_however_likely(tiny: Infiller) -> None:
    chosen = ranker(tiny).best(ends(tiny, [" in ((", " in numbers"], [-0.1, -9.0])).draft
    assert tiny.tokenizer.decode(chosen.ids) == " in numbers"


def test_a_name_that_nothing_binds_counts_against_an_end(tiny: Infiller) -> None:
    known, strange = " in numbers", " in digits"
    for nats, expected in ((-2.5, known), (-5.5, strange)):
        chosen = ranker(tiny, after="").best(ends(tiny, [strange, known], [-1.0, nats])).draft
        assert tiny.tokenizer.decode(chosen.ids) == expected


def test_a_copy_of_a_line_near_counts_against_an_end(tiny: Infiller) -> None:
    for nats, expected in ((-2.5, " in result"), (-4.5, " in numbers")):
        chosen = ranker(tiny, AFTER + COPY).best(ends(tiny, FITTING[::2], [-1.0, nats])).draft
        assert tiny.tokenizer.decode(chosen.ids) == expected


def test_where_all_ends_have_strange_names_it_is_decided_as_if_none_were(tiny: Infiller) -> None:
    live = (Hypothesis((5,), (-1.1 - NATS_AHEAD["line"],)),)
    strange = ends(tiny, [" in digits"], [-1.0])
    assert ranker(tiny).is_decided(Beams(live, strange.ended, 2))
    # an end without its strange name scores higher, and not enough to be sure
    both = ends(tiny, [" in digits", " in numbers"], [-1.0, -3.0])
    assert not ranker(tiny).is_decided(Beams(live, both.ended, 2))


@pytest.mark.parametrize("before", [KEPT + " ", ""])
def test_with_nothing_after_the_candidate_is_rescored_alone(tiny: Infiller, before: str) -> None:
    ids = tiny.tokenizer.encode(" numbers = digits")
    alone = read_alone(tiny, plain_prefix(tiny.tokenizer, before.rstrip()), ids)
    found = ranker(tiny, after="\n", before=before).rescore([tuple(ids)])
    assert found == pytest.approx([OWN_LIKELIHOOD_WEIGHT * alone], abs=1e-3)


def test_it_is_decided_when_nothing_that_goes_on_comes_near(tiny: Infiller) -> None:
    ended = ends(tiny, [" in numbers"], [-1.0]).ended
    ahead = NATS_AHEAD["line"]
    for best, decided in ((-1.0 - ahead, True), (-1.0 - ahead + 0.1, False)):
        live = (Hypothesis((5,), (best,)),)
        assert ranker(tiny).is_decided(Beams(live, ended, 2)) is decided
    assert not ranker(tiny).is_decided(Beams((Hypothesis((5,), (-math.inf,)),), (), 2))


def test_ends_that_cannot_decide_are_not_parsed(tiny: Infiller) -> None:
    live = (Hypothesis((5,), (-2.0,)),)
    both = ends(tiny, [" in ((", " in numbers"], [-1.0, -3.0])
    judge = ranker(tiny)
    assert not judge.is_decided(Beams(live, both.ended, 2))
    assert set(judge._inspected) == {both.ended[0].ids}
    assert judge.best(Beams(live, both.ended, 2)).draft == both.ended[1]
    assert set(judge._inspected) == {end.ids for end in both.ended}


def test_the_cleanest_draft_has_the_fewest_defects_then_no_strange_names_then_sure_tokens(
    tiny: Infiller,
) -> None:
    def draft(text: str, nats: float, ended: bool = True) -> Hypothesis:
        ids = tuple(tiny.tokenizer.encode(text))
        return Hypothesis(ids, (nats,) * (len(ids) + ended), ended)

    known = ranker(tiny)
    worst_first = [
        draft(" in ((", -0.1),
        draft(" in numbers", -0.1, ended=False),
        draft(" in digits", -0.1),
        draft(" in numbers", -1.2),
        draft(" in range(result)", -1.0),
    ]
    for count in range(1, len(worst_first) + 1):
        samples = [Sample(each, (0.0,) * len(each.ids)) for each in worst_first[:count]]
        assert known.cleanest(samples) is worst_first[count - 1]
    assert [known.is_clean(each) for each in worst_first] == [False] * 3 + [True] * 2


@pytest.mark.parametrize(("shape", "is_clean"), [("block", False), ("line", True)])
def test_a_block_that_is_a_stub_is_no_more_than_an_empty_one(
    tiny: Infiller, shape: Shape, is_clean: bool
) -> None:
    known = ranker(tiny, "\n\n\nx = 1\n", "def f():\n    ", shape)
    stub, code = (tuple(tiny.tokenizer.encode(text)) for text in ("pass", "return 1"))
    assert known.defects(stub, True).is_nothing is not is_clean
    assert not known.defects(code, True).is_nothing


def test_of_drafts_that_are_cut_short_whole_lines_are_left(tiny: Infiller) -> None:
    def draft(text: str, ended: bool = False) -> Hypothesis:
        ids = tuple(tiny.tokenizer.encode(text))
        return Hypothesis(ids, (-0.1,) * (len(ids) + ended), ended)

    begun, longer = draft(" in"), draft(" in numbers:\n        total += 1\n        ret")
    for drafts in ([begun, longer], [longer, begun]):
        samples = [Sample(each, (-9.0,) * len(each.ids)) for each in drafts]
        for left in (
            ranker(tiny).best(Beams(tuple(drafts), (), 3), cut_short=True).draft,
            ranker(tiny).cleanest(samples, cut_short=True),
        ):
            text = tiny.tokenizer.decode(left.ids)
            assert text.rstrip() == " in numbers:\n        total += 1"
            assert "\n" in text[len(text.rstrip()) :]
            assert not left.ended
    # with no line at all there is nothing better
    assert ranker(tiny).best(Beams((begun,), (), 3), cut_short=True).draft == begun
    ended = draft(" in numbers", ended=True)
    assert ranker(tiny).best(Beams((begun,), (ended,), 3), cut_short=True).draft == ended


def test_a_draft_that_repeats_itself_is_stuck(tiny: Infiller) -> None:
    for text, stuck in (("\n    x = 1" * 4, True), ("\n    x = 1\n    y = 2", False)):
        assert ranker(tiny).is_stuck(tuple(tiny.tokenizer.encode(text))) is stuck


def test_what_ends_as_it_must_is_not_cut(tiny: Infiller) -> None:
    cut = ranker(tiny, before="x = wid", after="_of(y)\n")
    empty_faults_cut_open = cut.defects(tuple(tiny.tokenizer.encode(" width_of")), True)
    assert empty_faults_cut_open == (False, 0, False, False)
