"""What an Infiller makes of a model whose words are known."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import get_args

import pytest
import torch

from fillwright.engine.infill import infiller as infiller_module
from fillwright.engine.request import Budget, Decode, Draft, Hole, Infill, InfillRequest, Shape

DECODES = [decode for decode in get_args(Decode) if decode != "auto"]
Run = Callable[..., tuple[list[Draft], Infill]]
DOCUMENT = "def f(x):\n    \n\nprint(f(1))\n"
HOLE = Hole(14, 14)
BODY = "\n    for book in self.books:\n        return width * height"
LONG = "".join(BODY.replace("book", name) for name in ("book", "page", "line", "word"))


def request(document: str = DOCUMENT, hole: Hole = HOLE, **more: object) -> InfillRequest:
    return InfillRequest(document, (hole,), "python", **{"shape": "block"} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize("decode", DECODES)
def test_a_fill_is_what_the_model_wrote_behind_the_white_space(
    scripted: Callable, run: Run, decode: Decode
) -> None:
    infiller, model = scripted(BODY, decode)
    drafts, fill = run(infiller, request())
    assert fill.texts == (BODY.removeprefix("\n    "),)
    own = len(model.fill) - 1  # the margin stands there already
    assert (fill.finish, fill.decode, fill.tokens) == ("settled", decode, own)
    assert fill.confidences[0] == pytest.approx([1.0] * own, abs=1e-5)
    assert drafts[-1].texts == fill.texts
    assert drafts[-1].settled == (((0, len(fill.texts[0])),),)
    assert fill.timings_ms["total"] >= sum(fill.timings_ms.values()) / 2


@pytest.mark.parametrize("decode", DECODES)
def test_a_line_ends_where_the_model_ends_it(scripted: Callable, run: Run, decode: Decode) -> None:
    infiller, model = scripted(" width * height" + BODY, decode)
    drafts, fill = run(infiller, request("x = \ny = 2\n", Hole(4, 4), shape="line"))
    assert (fill.texts, fill.finish) == (("width * height",), "settled")
    assert all("\n" not in draft.texts[0] for draft in drafts)
    if decode == "draft":
        words = len(model.tokenizer.encode(" width * height"))
        assert model.passes == 1 + 1 + words  # prefill, first token, the others and the line end


@pytest.mark.parametrize("decode", DECODES)
def test_a_line_on_a_line_of_its_own_begins_with_the_line_end_before_it(
    scripted: Callable, run: Run, decode: Decode
) -> None:
    """Which is what ends such a hole anywhere else."""
    infiller, _ = scripted("\n    return width" + BODY, decode)
    _, fill = run(infiller, request(shape="line"))
    assert (fill.texts, fill.finish) == (("return width",), "settled")


@pytest.mark.parametrize("decode", DECODES)
@pytest.mark.parametrize("shape", ["line", "block"])
def test_a_word_before_the_cursor_is_gone_on_with(
    scripted: Callable, run: Run, decode: Decode, shape: Shape
) -> None:
    """Though its tokens are not those of the whole word."""
    infiller, model = scripted(" width * height", decode)
    *_, last = model.tokenizer.encode("x = wid")
    assert last != model.tokenizer.encode("x = width")[-1]
    drafts, fill = run(infiller, request("x = wid\ny = 2\n", Hole(7, 7), shape=shape))
    assert fill.texts == ("th * height",)
    assert drafts[-1].texts == fill.texts
    assert fill.tokens == len(fill.confidences[0]) == len(model.tokenizer.encode(" width * height"))


@pytest.mark.parametrize("decode", ["draft", "draft+denoise"])
def test_a_word_after_the_hole_is_written_again_and_left_out(
    scripted: Callable, run: Run, decode: Decode
) -> None:
    infiller, _ = scripted(" width * height_of", decode)
    document = "x = wid_of(y)\n"
    drafts, fill = run(infiller, request(document, Hole(7, 7), shape="free"))
    assert fill.texts == ("th * height",)
    assert drafts[-1].texts == fill.texts
    assert fill.finish == "settled"


def test_a_drafted_line_is_not_empty(
    scripted: Callable, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the model is surest of a line end right after the one that it must begin with."""
    infiller, model = scripted("\n    ", "draft")
    (word,) = model.tokenizer.encode("width")
    logits = model.logits

    def doubtful(hidden: torch.Tensor) -> torch.Tensor:
        scores = logits(hidden).clone()
        scores[..., word] += 20.0
        return scores

    monkeypatch.setattr(model, "logits", doubtful)
    _, fill = run(infiller, request(shape="line"))
    assert fill.texts == ("width",)


@pytest.mark.parametrize("decode", DECODES)
def test_a_fill_keeps_within_its_budget(scripted: Callable, run: Run, decode: Decode) -> None:
    infiller, model = scripted(BODY * 3, decode)
    _, fill = run(infiller, request(budget=Budget(tokens=10)))
    assert (fill.tokens, fill.finish) == (9, "budget"), "and the margin"
    assert len(fill.confidences[0]) == 9
    assert fill.texts[0] == model.tokenizer.decode(model.fill[:10]).removeprefix("\n    ")


@pytest.mark.parametrize("decode", DECODES)
def test_a_fill_that_was_cut_has_not_settled(scripted: Callable, run: Run, decode: Decode) -> None:
    """On a canvas there are rows to spare, and the end mark may lie after the budget."""
    infiller, model = scripted(BODY, decode)
    for tokens in range(len(model.fill) - 2, len(model.fill) + 1):
        _, fill = run(infiller, request(budget=Budget(tokens=tokens)))
        assert fill.finish == "budget"
        assert fill.tokens <= tokens - 1, "and the margin"
        if decode == "denoise" or tokens == len(model.fill):
            assert fill.tokens == tokens - 1


def test_a_drafted_block_is_cut_at_a_line_rather_than_in_one(
    scripted: Callable, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    infiller, model = scripted("\n    self.books = width\n    return (width", "draft")
    mark, line_ends = infiller.prompt.end_marks[0], torch.tensor(model.tokenizer.line_ends)
    logits = model.logits

    def doubtful(hidden: torch.Tensor) -> torch.Tensor:
        scores = logits(hidden).clone()
        at_line_end = torch.isin(scores.argmax(-1), line_ends)
        scores[..., mark] = torch.where(at_line_end, scores.amax(-1) - 4.0, scores[..., mark])
        return scores

    monkeypatch.setattr(model, "logits", doubtful)
    _, fill = run(infiller, request(budget=Budget(tokens=len(model.fill))))
    assert (fill.texts, fill.finish) == (("self.books = width",), "budget")


def test_a_block_that_would_not_parse_gives_way_to_another(
    scripted: Callable, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The most likely tokens leave a product open; a draft that ends before it is found."""
    infiller, model = scripted("\n    return width *", "draft")
    (star,), mark = model.tokenizer.encode(" *"), infiller.prompt.end_marks[0]
    logits = model.logits

    def doubtful(hidden: torch.Tensor) -> torch.Tensor:
        scores = logits(hidden).clone()
        before_star = scores.argmax(-1) == star
        scores[..., mark] = torch.where(before_star, scores.amax(-1) - 0.1, scores[..., mark])
        return scores

    monkeypatch.setattr(model, "logits", doubtful)
    _, fill = run(infiller, request())
    assert fill.texts == ("return width",)


def test_a_long_fill_goes_on_in_the_next_canvas(scripted: Callable, run: Run) -> None:
    infiller, model = scripted(LONG, "denoise", canvas_length=16)
    drafts, fill = run(infiller, request(budget=Budget(tokens=100)))
    assert len(model.fill) > 2 * 16
    assert fill.texts[0] == LONG.removeprefix("\n    ")
    assert fill.finish == "settled"
    assert model.reads[2:] == [15] * (len(model.fill) // 15)  # a canvas repeats one token
    steps = [draft.step for draft in drafts]
    assert steps == sorted(set(steps))
    assert fill.steps == steps[-1] == len(model.denoised)


def test_denoising_starts_from_the_draft(scripted: Callable, run: Run) -> None:
    infiller, model = scripted(BODY, "draft+denoise")
    drafts, _ = run(infiller, request())
    denoised = [draft.denoised for draft in drafts]
    assert denoised == sorted(denoised)
    assert set(denoised) == {False, True}
    mark = model.tokenizer.special("<eos>")
    first = model.denoised[0]
    assert first[0] == model.tokenizer.special("<middle>")
    assert first[1 : len(model.fill) + 1] == model.fill
    assert set(first[len(model.fill) + 1 :]) == {mark}


@pytest.mark.parametrize("decode", DECODES)
def test_a_cancel_is_seen_within_one_pass(scripted: Callable, run: Run, decode: Decode) -> None:
    infiller, model = scripted(LONG, decode, canvas_length=16)
    run(infiller, request())
    every = model.passes
    assert every > 5
    for stop_after in range(every):
        infiller, model = scripted(LONG, decode, canvas_length=16)
        _, fill = run(infiller, request(), lambda at=stop_after, m=model: m.passes >= at)
        assert fill.finish == "cancelled"
        assert model.passes <= stop_after + 1
        assert LONG.startswith("\n    " + fill.texts[0])


def test_a_fill_cancelled_before_it_began_costs_nothing(scripted: Callable, run: Run) -> None:
    infiller, model = scripted(BODY)
    drafts, fill = run(infiller, request(), lambda: True)
    assert (drafts, fill.texts, fill.finish, model.passes) == ([], ("",), "cancelled", 0)


@pytest.mark.parametrize("decode", DECODES)
def test_the_deadline_leaves_what_was_written_until_then(
    scripted: Callable, run: Run, decode: Decode, monkeypatch: pytest.MonkeyPatch
) -> None:
    infiller, model = scripted(LONG, decode, canvas_length=16)
    clock = SimpleNamespace(perf_counter=lambda: model.passes)
    monkeypatch.setattr(infiller_module, "time", clock)
    _, fill = run(infiller, request(budget=Budget(deadline_ms=5000)))
    assert (fill.finish, model.passes) == ("deadline", 5)
    assert fill.texts[0]
    assert LONG.startswith("\n    " + fill.texts[0])


@pytest.mark.parametrize("decode", DECODES)
def test_no_pass_begins_that_would_end_after_the_deadline(
    scripted: Callable, run: Run, decode: Decode, monkeypatch: pytest.MonkeyPatch
) -> None:
    infiller, model = scripted(LONG, decode, canvas_length=16)
    monkeypatch.setattr(infiller_module, "time", SimpleNamespace(perf_counter=lambda: model.passes))
    _, fill = run(infiller, request(budget=Budget(deadline_ms=5900)))
    assert (fill.finish, model.passes) == ("deadline", 5)
    assert fill.texts[0]


@pytest.mark.parametrize("decode", DECODES)
@pytest.mark.parametrize("shape", ["block", "free"])
@pytest.mark.parametrize("seconds", [1, 3, 8])
def test_a_line_deadline_leaves_whole_lines_and_never_fewer_than_one(
    scripted: Callable,
    run: Run,
    decode: Decode,
    shape: Shape,
    seconds: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    infiller, model = scripted(LONG, decode, canvas_length=16)
    monkeypatch.setattr(infiller_module, "time", SimpleNamespace(perf_counter=lambda: model.passes))
    budget = Budget(128, line_deadline_ms=seconds * 1000)
    _, fill = run(infiller, request(shape=shape, budget=budget))
    assert fill.finish == "deadline"
    assert (LONG + "\n").startswith(f"\n    {fill.texts[0]}\n")
    monkeypatch.undo()
    infiller, model = scripted(LONG, decode, canvas_length=16)
    _, whole = run(infiller, request(shape=shape, budget=Budget(128, line_deadline_ms=1e9)))
    assert whole.finish == "settled"
    assert fill.steps < whole.steps


def test_a_line_deadline_is_each_candidates_own(
    scripted: Callable, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    infiller, model = scripted(LONG, "draft")
    monkeypatch.setattr(infiller_module, "time", SimpleNamespace(perf_counter=lambda: model.passes))
    asked = request(shape="free", candidates=3, budget=Budget(128, line_deadline_ms=1000))
    _, fill = run(infiller, asked)
    texts = [fill.texts, *fill.alternatives]
    assert len(texts) == 3
    assert all((LONG + "\n").startswith(f"\n    {text}\n") for (text,) in texts)
    assert fill.candidate_tokens > fill.tokens


def test_what_the_model_was_shown_is_counted(scripted: Callable, run: Run) -> None:
    infiller, _ = scripted(BODY, "draft")
    _, first = run(infiller, request(document_key="a"))
    _, second = run(infiller, request(document_key="a"))
    assert first.cached_tokens == 0 < first.prompt_tokens
    assert second.prompt_tokens == first.prompt_tokens
    assert second.cached_tokens == first.prompt_tokens - 1


def test_a_draft_is_called_denoised_only_if_it_was(scripted: Callable, run: Run) -> None:
    """Cancelled at every place where the engine asks."""
    seen = set()
    for questions in range(30):
        infiller, model = scripted(BODY, "draft+denoise")
        left = iter(range(questions))
        drafts, fill = run(infiller, request(), lambda left=left: next(left, None) is None)
        if drafts:
            assert fill.decode == ("draft+denoise" if model.denoised else "draft")
            seen.add(fill.decode)
    assert len(seen) == 2


@pytest.mark.parametrize("decode", ["draft", "denoise"])
def test_a_watched_canvas_says_how_sure_the_model_is(
    scripted: Callable, run: Run, decode: Decode
) -> None:
    infiller, model = scripted(BODY, decode)
    drafts, _ = run(infiller, request(watched=True))
    if decode == "draft":
        assert not any(draft.confidences for draft in drafts)
        return
    (tokens,) = drafts[-1].confidences
    assert len(tokens) == len(model.fill) - 1  # the margin stands there already
    assert [each[2] for each in tokens] == pytest.approx([1.0] * len(tokens), abs=1e-3)
    text = drafts[-1].texts[0]
    assert "".join(text[start:end] for start, end, _ in tokens) == text
    assert not any(draft.confidences for draft in run(infiller, request())[0])


def test_what_the_suffix_says_again_is_in_no_draft_and_no_fill(
    scripted: Callable, run: Run
) -> None:
    infiller, model = scripted(" return width\n\nprint(f(1))\nfor", "draft")
    drafts, fill = run(infiller, request("def f():\n\nprint(f(1))\n", Hole(8, 8)))
    assert fill.texts == (" return width",)
    assert max(len(draft.texts[0]) for draft in drafts) < len("\n return width\n\nprint(f(1))")
    assert len(fill.confidences[0]) == fill.tokens < len(model.fill)


def test_a_hole_over_a_line_end_gives_it_back(scripted: Callable, run: Run) -> None:
    infiller, _ = scripted("\n    return x")
    _, fill = run(infiller, request("def f(x):\n    pass\ny = 1\n", Hole(14, 19)))
    assert fill.texts == ("return x\n",)


def test_steps_are_the_requests_where_it_says_so(scripted: Callable, run: Run) -> None:
    infiller, model = scripted(BODY, "denoise")
    _, fill = run(infiller, request(budget=Budget(steps=1)))
    assert (fill.steps, len(model.denoised)) == (1, 1)


def test_a_character_of_several_tokens_shows_when_it_is_whole(scripted: Callable, run: Run) -> None:
    infiller, model = scripted(' "😀e\u0301"', "draft")
    drafts, fill = run(infiller, request("x =\n", Hole(3, 3)))
    assert fill.texts == (' "😀e\u0301"',)
    assert len(model.fill) > len(fill.texts[0])
    seen = [draft.texts[0] for draft in drafts]
    assert all(fill.texts[0].startswith(text) for text in seen)


def test_a_budget_inside_a_character_leaves_no_half_of_it(scripted: Callable, run: Run) -> None:
    infiller, model = scripted("a😀😀")
    for tokens in range(1, len(model.fill) + 1):
        _, fill = run(infiller, request("", Hole(0, 0), budget=Budget(tokens=tokens)))
        assert fill.texts[0] in ("a", "a😀", "a😀😀")
        assert fill.tokens <= tokens


def test_a_draft_that_runs_in_circles_is_ended_and_said_once(scripted: Callable, run: Run) -> None:
    infiller, model = scripted("\n    area = width" * 12, "draft")
    drafts, fill = run(infiller, request("", Hole(0, 0)))
    assert fill.texts == ("\n    area = width",)
    assert len(drafts) < len(model.fill) / 2
