"""The loop that keeps its commits, against DreamOn's steps, written here from their description."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fillwright.engine.diffusion.accept import Measure, Quota, Surest, Threshold
from fillwright.engine.diffusion.kept import KeptSettings, KeptStep, denoise_kept, distribution
from fillwright.engine.diffusion.passage import Edits, OpenHole, Passage
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.model.transformer_config import TransformerConfig

VOCABULARY, MASK, EXPAND, DELETE = 11, 8, 9, 10
Model = Callable[..., Transformer]


@pytest.fixture(scope="session")
def random_model() -> Model:
    """A random two-layer network; `wish` is added to the logits of the two edits."""

    def make(seed: int, wish: float = 0.0) -> Transformer:
        torch.manual_seed(seed)
        model = Transformer(
            TransformerConfig("qwen2", VOCABULARY, 16, 24, 2, 2, 1, 8, 1e4, 1e-6, tied=False)
        )
        for tensor in model.parameters():
            if tensor.ndim > 1:
                tensor.data.normal_(std=1.5 * tensor.shape[-1] ** -0.5)
        plain = model.row_logits

        def row_logits(ids: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
            logits = plain(ids, rows).clone()
            logits[:, [EXPAND, DELETE]] += wish
            return logits

        model.row_logits = row_logits  # type: ignore[method-assign]
        return model.eval()

    return make


def dream_on(
    model: Transformer, before: list[int], hole: list[int], after: list[int], limit: int, alg: str
) -> Iterator[list[int]]:
    """The hole after every step: one commit, then expansions, then deletions."""
    budget = limit
    for _ in range(256):
        open_rows = [i for i, token in enumerate(hole) if token == MASK]
        if not open_rows:
            return
        x = torch.tensor(before + hole + after)
        every = model.row_logits(x, torch.arange(len(x))).double()
        shifted = torch.cat([every[:1], every[:-1]])
        surest, best, choice = -math.inf, -1, -1
        for i in open_rows:
            z = shifted[len(before) + i].clone()
            z[MASK] = -math.inf  # the one thing that is ours: no step is made for nothing
            if len(hole) == limit or budget == 0:
                z[EXPAND] -= 1e9
            p = torch.softmax(z, -1)
            if alg == "entropy":
                confidence = float((p * torch.log(p + 1e-10)).sum())
            elif alg == "probability":
                confidence = float(p.max())
            else:
                ordered = sorted(p.tolist())
                confidence = ordered[-1] - ordered[-2]
            if confidence > surest:
                surest, best, choice = confidence, i, int(p.argmax())
        hole = list(hole)
        hole[best] = choice
        if DELETE in hole:
            first = hole.index(DELETE)
            for i in open_rows:
                if i >= first:
                    hole[i] = DELETE
        for i in reversed(range(len(hole))):
            if hole[i] == EXPAND:
                hole[i : i + 1] = [MASK, MASK]
                budget -= 1
        hole = [token for token in hole if token != DELETE]
        yield hole


@pytest.mark.parametrize("case", range(200))
def test_each_step_is_dream_ons(random_model: Model, case: int) -> None:
    random = torch.Generator().manual_seed(case)
    draw = lambda low, high: int(torch.randint(low, high, (1,), generator=random))  # noqa: E731
    before = torch.randint(MASK, (draw(1, 9),), generator=random).tolist()
    after = torch.randint(MASK, (draw(0, 9),), generator=random).tolist()
    rows = draw(1, 13)
    limit = draw(rows, 17)
    measure: Measure = ("entropy", "probability", "margin")[case % 3]
    model = random_model(case, wish=draw(0, 3))
    wanted = list(dream_on(model, before, [MASK] * rows, after, limit, measure))
    settings = KeptSettings(MASK, Surest(), measure, Edits(DELETE, EXPAND), steps=256)
    steps = list(run(model, before, [OpenHole.of_masks(rows, MASK, limit)], [after], settings))
    assert [list(step.passage.holes[0].tokens) for step in steps] == wanted
    assert steps[-1].done == (MASK not in wanted[-1])


def test_those_cases_grow_and_shrink(random_model: Model) -> None:
    """Else they would prove little."""
    lengths = []
    for case in range(30):
        model = random_model(case, wish=1.5)
        *_, last = dream_on(model, [1, 2], [MASK] * 4, [3], 12, "entropy")
        lengths.append(len(last))
    assert min(lengths) < 4 < max(lengths)


def run(
    model: Transformer,
    before: list[int],
    holes: list[OpenHole],
    texts: list[list[int]],
    settings: KeptSettings,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[KeptStep]:
    passage = Passage(tuple(map(tuple, [before, *texts])), tuple(holes))
    generator = torch.Generator().manual_seed(0)
    return denoise_kept(model, passage, settings, generator, cancelled)


@given(
    seed=st.integers(0, 30),
    rows=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 6)), min_size=1, max_size=3),
    steps=st.integers(1, 60),
    temperature=st.sampled_from([0.0, 0.7]),
    top_p=st.sampled_from([0.6, 1.0]),
    wish=st.sampled_from([0.0, 3.0]),
)
@settings(max_examples=40, deadline=None)
def test_what_holds_of_every_fill(
    random_model: Model,
    seed: int,
    rows: list[tuple[int, int]],
    steps: int,
    temperature: float,
    top_p: float,
    wish: float,
) -> None:
    model = random_model(seed, wish)
    holes = [OpenHole.of_masks(count, MASK, count + more) for count, more in rows]
    texts = [[i % MASK, 3] for i in range(len(holes))]
    kept = KeptSettings(
        MASK,
        Surest(),
        "entropy",
        Edits(DELETE, EXPAND),
        steps,
        temperature,
        top_p,
    )
    states = list(run(model, [1, 2], holes, texts, kept))
    assert 0 < len(states) <= steps
    for state in states:
        assert state.passage.texts == ((1, 2), *map(tuple, texts))
        for hole, start in zip(state.passage.holes, holes, strict=True):
            assert len(hole.tokens) <= start.limit
        for guess in state.guesses:
            assert not {MASK, EXPAND, DELETE} & set(guess.tokens)
            assert all(0 < p <= 1 for p in guess.probabilities)
    last = states[-1]
    assert last.done
    assert last.steps_left == 0
    for hole, guess in zip(last.passage.holes, last.guesses, strict=True):
        assert hole.tokens == guess.tokens
        assert all(guess.committed)
        assert not {MASK, EXPAND, DELETE} & set(hole.tokens)


def test_what_is_committed_stays(random_model: Model) -> None:
    settings = KeptSettings(MASK, Surest(), "entropy", Edits(DELETE), 40, banned=(EXPAND, DELETE))
    states = list(run(random_model(1), [1], [OpenHole.of_masks(9, MASK)], [[2]], settings))
    assert len(states) == 9
    for earlier, later in pairwise(states):
        before, after = earlier.passage.holes[0].tokens, later.passage.holes[0].tokens
        assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
        assert all(b in (MASK, a) for a, b in zip(after, before, strict=True))


def test_probabilities_are_those_of_the_step_that_chose(random_model: Model) -> None:
    model = random_model(2)
    settings = KeptSettings(MASK, Surest(), "probability", Edits(DELETE), 9, banned=(EXPAND,))
    [first, *_] = run(model, [1], [OpenHole.of_masks(3, MASK)], [[2]], settings)
    logits = model.row_logits(torch.tensor([1, MASK, MASK, MASK, 2]), torch.arange(3))
    logits[:, [MASK, EXPAND]] = -torch.inf
    wanted = logits.softmax(-1).max()
    assert max(first.passage.holes[0].probabilities) == pytest.approx(float(wanted), abs=1e-5)


def test_a_model_of_its_own_rows_reads_those(random_model: Model) -> None:
    """Shifted, the token before the hole's first says what that is."""
    asked: list[list[int]] = []
    model = random_model(3)
    plain = model.row_logits

    def seen(ids: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        asked.append(rows.tolist())
        return plain(ids, rows)

    model.row_logits = seen  # type: ignore[method-assign]
    for rows in RowConvention:
        settings = KeptSettings(MASK, Surest(), "entropy", Edits(DELETE), 4, rows=rows)
        next(run(model, [1, 2], [OpenHole.of_masks(2, MASK)], [[4]], settings))
    assert asked == [[2, 3], [1, 2]]
    nothing_before = run(model, [], [OpenHole.of_masks(2, MASK)], [[4]], settings)
    with pytest.raises(ValueError, match="before the first hole"):
        next(nothing_before)


def test_a_cancel_ends_before_the_next_pass(random_model: Model) -> None:
    settings = KeptSettings(MASK, Surest(), "entropy", Edits(DELETE), 9, banned=(EXPAND, DELETE))
    answers = iter([False, False, True])
    states = list(
        run(
            random_model(1),
            [1],
            [OpenHole.of_masks(5, MASK)],
            [[2]],
            settings,
            lambda: next(answers),
        )
    )
    assert [state.done for state in states] == [False, False]
    assert len(states[-1].guesses[0].tokens) == 5
    assert sum(states[-1].guesses[0].committed) == 2


@pytest.mark.parametrize(
    ("accept", "measure"), [(Threshold(0.5), "probability"), (Quota(4), "entropy")]
)
def test_other_rules_end_too(random_model: Model, accept: Quota, measure: Measure) -> None:
    settings = KeptSettings(MASK, accept, measure, Edits(DELETE), 4, banned=(EXPAND, DELETE))
    states = list(run(random_model(4), [1], [OpenHole.of_masks(8, MASK)], [[2]], settings))
    assert states[-1].done
    assert len(states[-1].passage.holes[0].tokens) == 8


def test_the_nucleus_is_that_of_sorted_probabilities() -> None:
    logits = 3 * torch.randn(40, 57, generator=torch.Generator().manual_seed(2))
    for top_p in (0.3, 0.9, 0.999):
        for row, got in zip(logits / 0.7, distribution(logits, 0.7, top_p), strict=True):
            p = row.softmax(-1)
            order = sorted(range(57), key=lambda i, p=p: -float(p[i]))  # type: ignore[misc]
            total, kept = 0.0, []
            for i in order:
                if total > top_p:
                    break
                kept.append(i)
                total += float(p[i])
            wanted = torch.zeros(57)
            wanted[kept] = p[kept] / total
            assert torch.allclose(got, wanted, atol=1e-5)


def test_rows_are_deleted_after_all_that_say_a_token_and_the_first_of_them_at_once() -> None:
    class Sure:
        """Says 4, 5 and then deletes, the surer the farther back."""

        def row_logits(self, ids: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
            logits = torch.zeros(len(rows), VOCABULARY)
            for n, row in enumerate(rows.tolist()):
                place = row - 1
                logits[n, (4, 5)[place] if place < 2 else DELETE] = 10.0 + place
            return logits

    passage = Passage(((1, 2), (3,)), (OpenHole.of_masks(6, MASK),))
    as_sure = KeptSettings(MASK, Surest(1), "entropy", Edits(DELETE), steps=20)
    sure_first = list(denoise_kept(Sure(), passage, as_sure, torch.Generator()))
    assert [len(step.passage.holes[0].tokens) for step in sure_first] == [5, 4, 3, 2, 2, 2]
    last = replace(as_sure, deletes_last=True)
    steps = list(denoise_kept(Sure(), passage, last, torch.Generator()))
    assert [step.passage.holes[0].tokens.count(MASK) for step in steps] == [5, 4, 0]
    assert steps[-1].passage.holes[0].tokens == (4, 5)
