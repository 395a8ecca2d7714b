import re
from collections import Counter
from dataclasses import replace
from itertools import islice, pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from fillwright.engine.sources.corpus import Corpus
from fillwright.engine.sources.packages import SourceFile
from fillwright.engine.training.batches import causal_batches, joint_batches
from fillwright.engine.training.gather import _spans
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


def test_no_hole_cuts_a_word(made: Any) -> None:
    shares = HoleShares(kinds={"characters": 0.7, "line end": 0.3})
    sampler = HoleSampler(made.train, made.tokenizer, seed=0, shares=shares)
    for sample in islice(sampler.samples(128), 300):
        prefix, suffix = parts(made.tokenizer, sample.prompt)
        middle = made.tokenizer.decode(sample.middle)
        for before, after in ((prefix, middle), (middle, suffix)):
            assert not re.search(r"\w\Z", before) or not re.match(r"\w", after)


def test_holes_are_of_many_kinds(made: Any) -> None:
    sampler = HoleSampler(made.train, made.tokenizer, seed=0)
    texts = [made.tokenizer.decode(s.middle) for s in islice(sampler.samples(128), 500)]
    lines = Counter(min(3, text.strip("\n").count("\n")) for text in texts)
    assert all(lines[count] >= 8 for count in (0, 1, 2, 3))
    assert 1 <= sum(not text for text in texts) <= 100


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


def numbered(pages: int) -> Corpus:
    """Pages of which every line tells the page."""
    texts = ["".join(f"page{page} = line{n}\n" for n in range(8)) for page in range(pages)]
    return Corpus.of(texts, [[]] * pages, ["python"] * pages)


def test_holes_of_one_page_are_not_drawn_together(made: Any) -> None:
    """Packed in one row, each would read the middle of the next."""
    sampler = HoleSampler(numbered(400), made.tokenizer, seed=0)
    prompts = [made.tokenizer.decode(s.prompt) for s in islice(sampler.samples(128), 1000)]
    pages = [set(re.findall(r"page\d+", prompt)) for prompt in prompts]
    together = sum(bool(one & other) for one, other in pairwise(pages))
    assert together < 30


def test_after_a_finished_line_nothing_is_missing(made: Any) -> None:
    shares = HoleShares(kinds={"finished": 1.0}, function=0.0)
    sampler = HoleSampler(made.train, made.tokenizer, seed=0, shares=shares)
    finished = 0
    for sample in islice(sampler.samples(128), 200):
        prefix, suffix = parts(made.tokenizer, sample.prompt)
        if not sample.middle and suffix.startswith("\n"):
            assert not re.search(r"[\w\s]\Z", prefix)
            finished += 1
    assert finished > 150


def test_the_bodies_below_a_body_may_be_stubs(made: Any) -> None:
    shares = HoleShares(kinds={"body": 1.0}, function=0.0, stubs=1.0)
    sampler = HoleSampler(made.train, made.tokenizer, seed=0, shares=shares)
    stubbed = 0
    for sample in islice(sampler.samples(128), 200):
        _, suffix = parts(made.tokenizer, sample.prompt)
        stub = re.findall(
            r"def [^\n]*:\n +(?:\.\.\.|pass|raise NotImplementedError|# TODO)\n", suffix
        )
        stubbed += bool(stub)
    assert stubbed > 15


def test_a_stub_stands_where_the_body_stood_and_a_docstring_stays() -> None:
    text = (
        'def one():\n    return 1\n\n\ndef two():\n    """Two."""\n    x = 1\n    return x\n\n\n'
        "def three(): return 3\n"
    )
    spans = np.array(list(_spans(SourceFile("p", "p.py", text))), np.int32).reshape(-1, 3)
    page = Page(text, spans, "python")
    end = text.index("return 1") + len("return 1")
    assert page.is_body(text.index("\n    return 1"), end)
    stub = page.stubbed(end, Random(0)).text
    assert re.fullmatch(
        re.escape(text[: text.index("    x = 1")])
        + r"    (\.\.\.|pass|raise NotImplementedError|# TODO)"
        + re.escape("\n\n\ndef three(): return 3\n"),
        stub,
    )


def test_long_rows_have_their_share_and_longer_prompts(made: Any) -> None:
    mark, tokenizer = made.tokenizer.special("<eos>"), made.tokenizer
    rows = CausalRows(rows=4, length=300, batches_per_step=1, long_share=0.5)
    short = HoleSampler(made.train, tokenizer, seed=0)
    long = HoleSampler(made.train, tokenizer, 1, (512,), (192,))
    shapes = Counter(b.ids.shape for b in islice(causal_batches(short, rows, mark, long), 40))
    assert shapes.keys() == {(4, 301), (2, 601)}
    assert min(shapes.values()) > 8
    assert any(len(sample.prompt) > 600 for sample in islice(long.samples(128), 50))


def test_functions_that_stand_alone_have_their_share(made: Any) -> None:
    texts, languages = ["file = 1\n" * 9, "alone = 1\n" * 9], ["python", "python"]
    corpus = Corpus.of(texts, [[], []], languages, standalone=[False, True])
    for share in (0.0, 0.7):
        shares = HoleShares(standalone=share)
        sampler = HoleSampler(corpus, made.tokenizer, seed=0, shares=shares)
        drawn = [sampler.plain(100).startswith("alone") for _ in range(500)]
        assert sum(drawn) / 500 == pytest.approx(share / (share + (1 - share) * 0.6), abs=0.06)


@pytest.mark.parametrize(
    ("text", "begins", "is_prose"),
    [
        ("x = 1  # why\n", "# why", True),
        ("# why\nx = 1\n", "x = 1", False),
        ("from a import b\n", "import b", True),
        ('def f():\n    """Say.\n\n    More.\n    """\n    f()\n', "\n    More.", True),
        ('def f():\n    """Say."""\n    f()\n', "\n    f()", False),
    ],
)
def test_prose_is_known_by_where_a_hole_begins(text: str, begins: str, is_prose: bool) -> None:
    spans = np.array(list(_spans(SourceFile("p", "p.py", text))), np.int32).reshape(-1, 3)
    page = Page(text, spans, "python")
    start = text.index(begins)
    assert page.is_prose(start, start + len(begins)) == is_prose


def test_prose_is_drawn_as_often_as_the_recipe_says(made: Any) -> None:
    text = "# one\n# two\n# three\n"
    corpus = Corpus.of([text], [[]], ["python"])
    lines = {"line": 1.0}
    shares = HoleShares(kinds=lines, prose=1.0)
    sample = next(HoleSampler(corpus, made.tokenizer, 0, shares=shares).samples(128))
    assert "#" in made.tokenizer.decode(sample.middle)
    nothing = HoleShares(kinds=lines, prose=0.0)
    sampler = HoleSampler(corpus, made.tokenizer, 0, shares=nothing)
    # but empty holes, which begin anywhere
    assert all(sampler._is_dull(Page(text, np.empty((0, 3)), "python"), (0, 5)) for _ in range(99))


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
    batch = next(joint_batches(sampler, JointRows(60, 136, {16: 1.0}, 1, 1)))
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
    batches = joint_batches(sampler, JointRows(2, 152, shares, 1, 1))
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
