"""Holes in blocks, by random networks in the form of Stable-DiffCoder and SDAR, and by one that
says what a test wants. What holds of every answer is in tests/engine/infill/test_infiller.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from fillwright.engine.diffusion.kept import Guess
from fillwright.engine.infill.masked.in_blocks import BlockWriting
from fillwright.engine.infill.masked.infiller import MaskedInfiller
from fillwright.engine.infill.masked.seams import MaskSeams
from fillwright.engine.infill.prefix_caches import PrefixCaches
from fillwright.engine.model.block_transformer import BlockTransformer
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest, Snippet

Run = Callable[..., tuple[list[Draft], Infill]]
TEXT = "def area(width, height):\n    \nprint(1)\n"
AT = (Hole(29, 29),)


def writing_of(engine: MaskedInfiller) -> BlockWriting:
    assert isinstance(engine.writing, BlockWriting)
    return engine.writing


@dataclass
class Scripted:
    """Sure to write `fill` after the first `prompt` tokens, then an end, and surest at the front.
    `seen` are the tokens before each block, and the block's."""

    end: int
    fill: Sequence[int]
    block: int = 4
    prompt: int = 0
    seen: list[tuple[list[int], list[int]]] = field(default_factory=list)

    def ids(self, tokens: Sequence[int]) -> Tensor:
        return torch.tensor(tokens, dtype=torch.int64)

    def empty_cache(self) -> Cache:
        return Cache(self.ids([]))

    def enqueue(self, cache: Cache, ids: Tensor) -> None:
        cache.ids = torch.cat((cache.ids, ids))

    def block_logits(self, cache: Cache, ids: Tensor, rows: Tensor) -> Tensor:
        self.seen.append((cache.ids.tolist(), ids.tolist()))
        if len(self.seen) == 1:
            self.prompt = cache.length + int(rows[0])
        logits = torch.zeros(len(rows), 405)
        for n, place in enumerate((rows + cache.length - self.prompt).tolist()):
            logits[n, self.fill[place] if place < len(self.fill) else self.end] = 30 - 0.01 * place
        return logits


Make = Callable[[str], tuple[MaskedInfiller, Scripted]]


@pytest.fixture
def scripted(stable_diffcoder: MaskedInfiller) -> Make:
    def make(fill: str) -> tuple[MaskedInfiller, Scripted]:
        writing = writing_of(stable_diffcoder)
        model = Scripted(2, stable_diffcoder.tokenizer.encode(fill))
        caches = PrefixCaches(model, [model.empty_cache()])
        scripted = replace(writing, model=model, caches=caches)  # type: ignore[arg-type]
        return replace(stable_diffcoder, writing=scripted), model

    return make


def test_the_prompt_has_the_suffix_first_and_the_hole_goes_on_in_its_last_block(
    scripted: Make, run: Run
) -> None:
    engine, model = scripted("    return width * height")
    drafts, fill = run(engine, InfillRequest(TEXT, AT, "python", shape="block"))
    assert fill.texts == ("return width * height",)
    assert (fill.finish, fill.decode, fill.length) == ("settled", "denoise", "end-mark")
    special, encode = engine.tokenizer.special, engine.tokenizer.encode
    prompt = [
        special("<[fim-suffix]>"),
        *encode("\nprint(1)\n"),
        special("<[fim-prefix]>"),
        *encode("def area(width, height):\n"),
        special("<[fim-middle]>"),
    ]
    before, block = model.seen[0]
    head = len(prompt) % 4
    assert before == prompt[: len(prompt) - head]
    assert block == [*prompt[len(prompt) - head :], *[5] * (4 - head)]
    assert fill.prompt_tokens == len(prompt)
    tokens = len(encode("    return width * height"))
    # rows after the end are not waited for
    assert fill.steps == len(drafts) == tokens + 1
    assert drafts[-1].texts == fill.texts
    assert drafts[-1].steps_left == 0
    assert drafts[-1].settled == (((0, len(fill.texts[0])),),)


def test_what_cannot_stay_is_not_written(scripted: Make, run: Run) -> None:
    """A model that never ends: a line ends with its block, and a body where it is left."""
    more = "x = 1\ny = 2\n" * 9
    engine, _ = scripted(" 7\n" + more)
    request = InfillRequest("x = \ny = 2\n", (Hole(4, 4),), "python", shape="line")
    _, fill = run(engine, request)
    assert (fill.texts, fill.finish) == (("7",), "settled")
    assert fill.steps <= 2 * 4
    engine, _ = scripted("    return 1\n\n" + more)
    _, fill = run(engine, InfillRequest(TEXT, AT, "python", shape="block"))
    assert fill.texts == ("return 1",)
    assert fill.steps <= 4 * 4


def test_a_fill_as_long_as_its_budget_has_not_ended(scripted: Make, run: Run) -> None:
    engine, _ = scripted("    return width * height + width * height")
    request = InfillRequest(TEXT, AT, "python", budget=Budget(tokens=6))
    _, fill = run(engine, request)
    assert (fill.finish, fill.tokens <= 6) == ("budget", True)


@pytest.fixture
def exact(stable_diffcoder: MaskedInfiller, stable_diffcoder_folder: Path) -> MaskedInfiller:
    """In float32 on every machine, so that two ways to compute the same agree to the last token."""
    model = BlockTransformer(Transformer.from_checkpoint(stable_diffcoder_folder, "llama"), 4)
    caches = PrefixCaches(model, [model.empty_cache() for _ in range(2)])
    writing = replace(writing_of(stable_diffcoder), model=model, caches=caches)
    return replace(stable_diffcoder, writing=writing)


def test_after_a_keystroke_only_what_changed_is_read(
    exact: MaskedInfiller, run: Run, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    network = writing_of(exact).model.network.model
    plain = network.forward

    def counted(ids: Tensor, *rest: object) -> object:
        passes.append(ids.numel())
        return plain(ids, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(network, "forward", counted)

    def request(typed: str) -> InfillRequest:
        text = code + typed + "\n\n\nprint(1)\n"
        at = len(code) + len(typed)
        budget = Budget(tokens=12)
        return InfillRequest(text, (Hole(at, at),), "python", budget=budget, document_key="k.py")

    _, fill = run(exact, request("x"))
    assert (max(passes) > 80, fill.cached_tokens) == (True, 0)
    passes.clear()
    typed = request("xyz = find(")
    _, fill = run(exact, typed)
    # what was typed, its blocks, and the one at work
    assert max(passes) <= 24
    assert fill.cached_tokens > 80
    _, fresh = run(exact, replace(typed, document_key="another.py"))
    assert fresh.cached_tokens == 0
    assert (fresh.texts, fresh.steps, fresh.finish) == (fill.texts, fill.steps, fill.finish)
    assert fresh.confidences[0] == pytest.approx(fill.confidences[0], abs=1e-4)


@pytest.mark.parametrize("family", ["stable_diffcoder", "sdar"])
def test_no_special_token_is_ever_written(
    family: str, request: pytest.FixtureRequest, run: Run
) -> None:
    engine: MaskedInfiller = request.getfixturevalue(family)
    spelt: set[str] = set()
    for seed in range(6):
        asked = InfillRequest(TEXT, AT, "python", seed=seed, candidates=2)
        drafts, fill = run(engine, asked)
        spelt |= {text for draft in drafts for text in draft.texts} | set(fill.texts)
    assert not any(name in text for name in engine.tokenizer.special_names for text in spelt)
    assert any(spelt)


def test_what_an_attempt_writes_is_none_of_the_special_tokens(sdar: MaskedInfiller) -> None:
    """Their names are nothing where ids are spelt, so the ids are looked at."""
    found: list[Guess] = []
    for seed in range(4):
        request = InfillRequest(TEXT, AT, "python", seed=seed)
        seams = MaskSeams.around(request, False, "any")
        [attempt] = sdar.writing.attempts(request, seams, 1, lambda: False)
        found += [guess for step in attempt.steps for guess in step.guesses]
    assert not sdar.tokenizer.special_ids & {token for each in found for token in each.tokens}
    vocabulary = len(sdar.tokenizer.texts)
    assert max(token for each in found for token in each.tokens) < vocabulary


def test_sdar_answers_a_turn_that_has_the_instruction_and_the_context(
    sdar: MaskedInfiller, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts: list[list[int]] = []
    holding = PrefixCaches.holding

    def seen(caches: PrefixCaches, key: str, ids: list[int]) -> tuple[Cache, int]:
        prompts.append(ids)
        return holding(caches, key, ids)

    monkeypatch.setattr(PrefixCaches, "holding", seen)
    snippets = (Snippet("shelf.py", "class Shelf: ..."),)
    asked = InfillRequest(TEXT, AT, "python", instruction="use width", context=snippets)
    run(sdar, asked)
    special, spelt = sdar.tokenizer.special, sdar.tokenizer.decode(prompts[0])
    assert prompts[0][0] == special("<|im_start|>")
    assert prompts[0].count(special("<|im_end|>")) == 1
    assert "use width" in spelt
    assert "class Shelf" in spelt
    assert spelt.rpartition("assistant\n```python\n")[2] in "def area(width, height):\n"


def test_holes_of_a_request_are_written_one_after_another(sdar: MaskedInfiller, run: Run) -> None:
    text = "a = \n" + "x = width * height\n" * 60 + "b = \n"
    holes = (Hole(4, 4), Hole(len(text) - 1, len(text) - 1))
    request = InfillRequest(text, holes, "python", shape="line", budget=Budget(tokens=6))
    _, both = run(sdar, request)
    _, one = run(sdar, replace(request, holes=holes[:1]))
    assert both.texts[0] == one.texts[0]
    assert len(both.texts) == 2
    assert both.steps > one.steps


def test_a_step_budget_is_of_each_block(stable_diffcoder: MaskedInfiller, run: Run) -> None:
    writing = writing_of(stable_diffcoder)
    request = InfillRequest(TEXT, AT, "python", budget=Budget(tokens=8, steps=2))
    assert writing.settings(request, 0).steps == 2
    assert writing.settings(replace(request, budget=Budget()), 0).steps == 4
    assert run(stable_diffcoder, request)[1].steps <= 2 * 3


def test_a_cancel_keeps_what_was_drafted(stable_diffcoder: MaskedInfiller, run: Run) -> None:
    asked = iter([False] * 2 + [True] * 9)
    request = InfillRequest(TEXT, AT, "python")
    drafts, fill = run(stable_diffcoder, request, lambda: next(asked))
    assert fill.finish == "cancelled"
    assert len(drafts) == fill.steps == 2
    assert fill.texts == drafts[-1].texts


def test_a_family_is_read_from_the_folder(
    stable_diffcoder: MaskedInfiller, sdar: MaskedInfiller
) -> None:
    for engine, skeleton in ((stable_diffcoder, "llama"), (sdar, "qwen3")):
        model = writing_of(engine).model
        assert isinstance(model, BlockTransformer)
        assert (model.block, model.network.config.skeleton) == (4, skeleton)
        assert engine.context_tokens == 400 - 64
    assert writing_of(sdar).marks.edits.ends == tuple(
        map(sdar.tokenizer.special, ("<|im_end|>", "<|endoftext|>"))
    )
