from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import torch

from fillwright.engine.training.batches import causal_batches, joint_batches
from fillwright.engine.training.pages import Page, line_around
from fillwright.engine.training.recipes import CausalRows, HoleShares, JointRows
from fillwright.engine.training.samples import HoleSampler


def parts(tokenizer: Any, prompt: list[int]) -> tuple[str, str]:
    """Prefix and suffix as the prompt shows them."""
    cut = prompt.index(tokenizer.special("<prefix>"))
    return tokenizer.decode(prompt[cut + 1 : -1]), tokenizer.decode(prompt[2:cut])


def flat(text: str) -> str:
    """Without margins, for a function may have been moved to the left."""
    return "\n".join(line.strip() for line in text.split("\n")).strip()


def test_prompt_and_middle_are_the_document_around_the_hole(made: Any) -> None:
    corpus = made.train
    documents = [flat(corpus.document(i)) for i in range(len(corpus))]
    sampler = HoleSampler(corpus, made.tokenizer, seed=0)
    for sample in islice(sampler.samples(128), 300):
        prefix, suffix = parts(made.tokenizer, sample.prompt)
        whole = prefix + made.tokenizer.decode(sample.middle) + suffix
        assert any(flat(whole) in document for document in documents)
        assert len(sample.middle) <= 128
        assert made.tokenizer.special("<eos>") not in sample.middle


def test_holes_are_of_many_kinds(made: Any) -> None:
    sampler = HoleSampler(made.train, made.tokenizer, seed=0)
    texts = [made.tokenizer.decode(s.middle) for s in islice(sampler.samples(128), 300)]
    lines = Counter(min(3, text.strip("\n").count("\n")) for text in texts)
    assert all(lines[count] >= 8 for count in (0, 1, 2, 3))
    assert 1 <= sum(not text for text in texts) <= 60


def test_the_recipe_says_which_holes_there_are(made: Any) -> None:
    only = HoleShares(kinds={"line": 1.0}, function=0.0, plain=0.0)
    sampler = HoleSampler(made.train, made.tokenizer, seed=0, shares=only)
    texts = [made.tokenizer.decode(s.middle) for s in islice(sampler.samples(128), 200)]
    assert not any("\n" in text.strip() for text in texts)
    several = islice(HoleSampler(made.train, made.tokenizer, seed=0).samples(128), 200)
    assert any("\n" in made.tokenizer.decode(sample.middle).strip() for sample in several)
    mark = made.tokenizer.special("<eos>")
    rows = CausalRows(rows=4, length=200, batches_per_step=1)
    prompts = [made.tokenizer.special(name) for name in ("<middle>", "<suffix>")]
    for plain, there in ((0.0, True), (1.0, False)):
        shares = replace(only, plain=plain)
        sampler = HoleSampler(made.train, made.tokenizer, seed=0, shares=shares)
        ids = next(causal_batches(sampler, rows, mark)).ids
        assert bool(torch.isin(ids, torch.tensor(prompts)).any()) is there


def test_the_same_seed_draws_the_same_samples(made: Any) -> None:
    one, same, other = (
        list(islice(HoleSampler(made.train, made.tokenizer, seed).samples(64), 20))
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_a_line_is_found_from_any_of_its_characters() -> None:
    text = "ab\ncd\n"
    assert [line_around(text, at) for at in range(6)] == [(0, 2)] * 3 + [(3, 5)] * 3
    assert line_around("ab", 1) == (0, 2)


def test_causal_rows_have_their_end_marks_anywhere(made: Any) -> None:
    mark = made.tokenizer.special("<eos>")
    sampler = HoleSampler(made.train, made.tokenizer, seed=0)
    batch = next(causal_batches(sampler, CausalRows(60, 512, 1), mark))
    assert batch.ids.shape == (60, 513)
    assert batch.weights.shape == (60, 512)
    rows, places = (batch.ids == mark).nonzero(as_tuple=True)
    assert len(set(places.tolist())) > 60
    assert Counter(places.tolist()).most_common(1)[0][1] < 20
    assert len(set(rows.tolist())) > 40


def test_causal_weights_stress_middles_with_their_end_mark(made: Any) -> None:
    tokenizer = made.tokenizer
    middle, mark = tokenizer.special("<middle>"), tokenizer.special("<eos>")
    sampler = HoleSampler(made.train, tokenizer, seed=0)
    batch = next(causal_batches(sampler, CausalRows(20, 256, 1), mark))
    for ids, weights in zip(batch.ids.tolist(), batch.weights.tolist(), strict=True):
        inside = None
        for token, weight in zip(ids[1:], weights, strict=True):
            if inside:
                assert weight == 2.0
            elif inside is False and token != mark:
                assert weight == 1.0
            if token == middle:
                inside = True
            elif token == mark:
                inside = False
    assert (batch.weights == 0).any()  # a plain stretch ends where it was cut


def test_joint_rows_are_prompt_and_canvas(made: Any) -> None:
    tokenizer = made.tokenizer
    mark = tokenizer.special("<eos>")
    sampler = HoleSampler(made.train, tokenizer, 0, (60, 40), (30, 20))
    batch = next(joint_batches(sampler, JointRows(60, 136, {16: 1.0}, 1, 1), mark))
    assert batch.ids.shape == (60, 136)
    assert batch.weights.shape == (60, 135)
    assert batch.pinned.shape == batch.canvas_weights.shape == (60, 16)
    assert (batch.weights[:, :119] == 1.0).all()
    assert ((batch.canvas_weights == 0) == batch.pinned).all()
    plain = ~batch.pinned.any(1)
    assert 25 <= int(plain.sum()) <= 55
    first_ends = Counter()
    for ids, weights in zip(
        batch.ids[plain, 120:].tolist(), batch.canvas_weights[plain].tolist(), strict=True
    ):
        first = ids.index(mark) if mark in ids else 16
        first_ends[first] += 1
        assert set(ids[first:]) <= {mark}
        assert weights[:first] == [1.0] * first
        assert sum(weights[first:]) <= 2.0 + 1e-6
    assert len(first_ends) > 6


def test_canvases_have_several_lengths(made: Any) -> None:
    sampler = HoleSampler(made.train, made.tokenizer, 0, (60,), (30,))
    shares = {16: 0.5, 32: 0.5}
    batches = joint_batches(sampler, JointRows(2, 152, shares, 1, 1), 1)
    assert {batch.pinned.shape[1] for batch in islice(batches, 12)} == {16, 32}


def test_further_holes_are_lines_below_with_the_text_between(made: Any) -> None:
    documents = [flat(made.train.document(i)) for i in range(len(made.train))]
    sampler = HoleSampler(made.train, made.tokenizer, seed=0)
    several = [s for s in islice(sampler.samples(128, 1.0), 200) if len(s.pieces) > 1]
    assert len(several) > 80
    for sample in several:
        prefix, suffix = parts(made.tokenizer, sample.prompt)
        *firsts, last = sample.pieces
        ids = [token for piece in firsts for token in (*piece.middle, *piece.after)]
        whole = prefix + made.tokenizer.decode([*ids, *last.middle]) + suffix
        assert any(flat(whole) in document for document in documents)
        assert made.tokenizer.decode(last.middle).startswith("\n")


def test_a_function_stands_alone_at_the_margin() -> None:
    text = (
        "import a\n\n\nclass B:\n    def c(\n        self\n    ):\n        return a\n\n    d = 1\n"
    )
    start = text.index("return")
    page = Page(text, np.array([[0, start, start + 8]], np.int32), "python")
    assert page.function(page.bodies[0]).text == "def c(\n    self\n):\n    return a\n"


def test_a_function_at_the_margin_keeps_its_spans() -> None:
    text = "x = 1\ndef c():\n    return a\n"
    start = text.index("return")
    spans = np.array([[0, start, start + 8], [2, 0, 5], [2, start, start + 8]], np.int32)
    function = Page(text, spans, "python").function(spans[0])
    assert [function.text[s:e] for _, s, e in function.spans] == ["return a", "return a"]
