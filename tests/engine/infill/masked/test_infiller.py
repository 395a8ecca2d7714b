"""An engine around a network that says what a test wants; what holds of every answer of a real one
is in tests/engine/infill/test_infiller.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Tensor

from fillwright.engine.description import ModelDescription
from fillwright.engine.diffusion.kept import MaskDenoiser
from fillwright.engine.errors import BadRequest
from fillwright.engine.infill.masked.around import AroundWriting
from fillwright.engine.infill.masked.infiller import MaskedInfiller
from fillwright.engine.infill.masked.layout import Layout, Marks
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest

Run = Callable[..., tuple[list[Draft], Infill]]


@dataclass
class Scripted:
    """Sure to write `fill` into the only hole, then to delete what is left; it deletes all of a
    hole of less than `least` rows. Surest at the front. `canvases` are what it saw."""

    mask: int
    delete: int
    fill: Sequence[int]
    least: int = 0
    canvases: list[list[int]] = field(default_factory=list)
    _start: int = 0
    _begun: bool = False

    def row_logits(self, ids: Tensor, rows: Tensor) -> Tensor:
        seen = ids.tolist()
        self.canvases.append(seen)
        if len(self.canvases) == 1 or len(seen) > len(self.canvases[-2]):
            self._start = seen.index(self.mask)
        fill = self.fill if seen.count(self.mask) >= self.least or self._begun else []
        self._begun = bool(fill)
        logits = torch.zeros(len(rows), 405)
        for n, place in enumerate((rows + 1 - self._start).tolist()):
            token = fill[place] if place < len(fill) else self.delete
            logits[n, token] = 30.0 - 0.01 * place
        return logits


Make = Callable[..., tuple[MaskedInfiller, Scripted]]


def marks_of(engine: MaskedInfiller) -> Marks:
    assert isinstance(engine.writing, AroundWriting)
    return engine.writing.layout.marks


def writing_with(
    engine: MaskedInfiller, model: MaskDenoiser, told: ModelDescription, marks: Marks
) -> MaskedInfiller:
    writing = AroundWriting(lambda: model, Layout(engine.tokenizer, told, marks), "cpu")
    return replace(engine, writing=writing, description=told)


@pytest.fixture
def scripted(dream_on: MaskedInfiller) -> Make:
    def make(fill: str, least: int = 0) -> tuple[MaskedInfiller, Scripted]:
        marks, encode = marks_of(dream_on), dream_on.tokenizer.encode
        assert marks.edits.delete is not None
        model = Scripted(marks.mask, marks.edits.delete, encode(fill), least)
        told = replace(dream_on.description, temperature=0.0)
        return writing_with(dream_on, model, told, marks), model

    return make


def test_a_whole_line_is_written_and_its_line_end_left_out(scripted: Make, run: Run) -> None:
    engine, model = scripted("    return width * height\n")
    text = "def area(width, height):\n    \nprint(1)\n"
    drafts, fill = run(engine, InfillRequest(text, (Hole(29, 29),), "python", shape="line"))
    assert fill.texts == ("return width * height",)
    assert (fill.finish, fill.decode, fill.length) == ("settled", "denoise", "expand")
    assert drafts[-1].texts == fill.texts
    assert drafts[-1].settled == (((0, len(fill.texts[0])),),)
    assert drafts[-1].steps_left == 0
    assert drafts[-1].denoised
    assert min(fill.confidences[0]) > 0.99
    tokens = engine.tokenizer.encode("    return width * height\n")
    assert fill.steps == len(tokens) + 1
    [first, *_] = model.canvases
    marks = marks_of(engine)
    begin, end = engine.tokenizer.special("<|beginoftext|>"), marks.edits.delete
    before, after = engine.tokenizer.encode(text[:25]), engine.tokenizer.encode("print(1)\n")
    assert first == [begin, *before, *[marks.mask] * 16, *after, end]
    assert fill.prompt_tokens == len(first) - 16


def test_where_all_of_a_block_is_deleted_a_longer_hole_is_tried(scripted: Make, run: Run) -> None:
    engine, model = scripted("    return 1\n", least=30)
    request = InfillRequest("def f():\n    \n", (Hole(13, 13),), "python", shape="block")
    _, fill = run(engine, request)
    assert fill.texts == ("return 1",)
    assert [canvas.count(marks_of(engine).mask) for canvas in model.canvases[:2]] == [24, 48]
    engine, model = scripted("    return 1\n", least=30)
    _, fill = run(engine, replace(request, shape="line"))
    assert (fill.texts, fill.certainty) == (("",), None)
    assert len(model.canvases) == 1


def test_a_fill_is_as_sure_as_its_tokens_and_less_where_it_does_not_parse(
    scripted: Make, run: Run
) -> None:
    request = InfillRequest("x = \ny = 2\n", (Hole(4, 4),), "python", shape="line")
    right = run(scripted(" 1\n")[0], request)[1].certainty
    wrong = run(scripted(" ((\n")[0], request)[1].certainty
    assert right is not None
    assert wrong is not None
    assert right.whole > 0.9
    assert wrong.whole == pytest.approx(0.3, abs=0.01)
    assert [end for end, _ in right.beginnings] == [1]


def test_a_budget_of_steps_is_kept_and_fills_all(dream_on: MaskedInfiller, run: Run) -> None:
    budget = Budget(tokens=20, steps=3)
    request = InfillRequest("x = \n", (Hole(4, 4),), "python", shape="line", budget=budget)
    drafts, fill = run(dream_on, request)
    assert len(drafts) == fill.steps <= 3
    assert fill.finish == "settled"


def test_a_cancel_keeps_what_was_drafted(dream_on: MaskedInfiller, run: Run) -> None:
    asked = iter([False, False, True, True, True])
    request = InfillRequest("x = \n", (Hole(4, 4),), "python", shape="block")
    drafts, fill = run(dream_on, request, lambda: next(asked))
    assert fill.finish == "cancelled"
    assert len(drafts) == fill.steps == 2
    assert fill.texts == drafts[-1].texts


def test_before_the_first_pass_a_cancel_leaves_nothing(dream_on: MaskedInfiller, run: Run) -> None:
    request = InfillRequest("x = \n", (Hole(4, 4),), "python")
    drafts, fill = run(dream_on, request, lambda: True)
    assert (drafts, fill.texts, fill.finish, fill.steps) == ([], ("",), "cancelled", 0)


def test_no_special_token_is_ever_written(dream_on: MaskedInfiller, run: Run) -> None:
    spelt: set[str] = set()
    special = dream_on.tokenizer.special_names
    for seed in range(6):
        request = InfillRequest("def f(x):\n    \n", (Hole(14, 14),), "python", seed=seed)
        drafts, fill = run(dream_on, request)
        spelt |= {text for draft in drafts for text in draft.texts} | set(fill.texts)
    assert not any(name in text for name in special for text in spelt)
    assert any(spelt)


def test_holes_too_far_apart_are_refused_in_a_sentence(dream_on: MaskedInfiller, run: Run) -> None:
    text = "a = \n" + "x = width * height\n" * 60 + "b = \n"
    request = InfillRequest(text, (Hole(4, 4), Hole(len(text) - 1, len(text) - 1)), "python")
    with pytest.raises(BadRequest, match="fill them one at a time"):
        run(dream_on, request)


def test_a_long_file_is_cut_to_what_the_model_sees(scripted: Make, run: Run, code: str) -> None:
    engine, model = scripted("return 1\n")
    text = code * 30
    middle = len(code) * 15
    run(engine, InfillRequest(text, (Hole(middle, middle),), "python", shape="line"))
    assert 120 < len(model.canvases[0]) <= engine.description.context


def test_it_has_no_memory_and_no_languages_of_its_own(dream_on: MaskedInfiller) -> None:
    assert not dream_on.remembered.is_used
    assert dream_on.languages is None
    assert dream_on.context_tokens == 176


def test_a_fixed_hole_ends_at_its_end_mark(scripted: Make, run: Run) -> None:
    """A model that cannot expand has no more rows than its budget and the end mark."""
    engine, model = scripted(" 12\n")
    fixed = replace(engine.description, length="end mark", expand=None, holes="any")
    marks = replace(marks_of(engine), edits=replace(marks_of(engine).edits, expand=None))
    engine = writing_with(engine, model, fixed, marks)
    request = InfillRequest("x = \n", (Hole(4, 4),), "python", budget=Budget(tokens=9))
    _, fill = run(engine, request)
    assert model.canvases[0].count(marks.mask) == 10
    assert fill.texts == ("12\n",)
    assert (fill.finish, fill.length) == ("settled", "end-mark")


def test_the_tokenizer_tells_how_it_cuts(
    dream_on: MaskedInfiller, tokenizer: CodeTokenizer
) -> None:
    assert not dream_on.tokenizer.joins_indentation
    assert tokenizer.joins_indentation
