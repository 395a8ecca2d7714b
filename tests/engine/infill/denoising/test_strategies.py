"""Ways of finding a hole's length, with a model that knows the right one and with random ones."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import pytest
import torch
import torch.nn.functional as F

from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.infill import infiller as fill_module
from fillwright.engine.infill.denoising.lengths import SEARCHED, LengthBias
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.request import Budget, Decode, Draft, Hole, Infill, InfillRequest, Length

Run = Callable[..., tuple[list[Draft], Infill]]
PINNED = ["search", "contract"]
DENOISED = ["denoise", "draft+denoise"]
BOTH_ROWS = list(RowConvention)
# no whole line: what repeats it is not cut off the text
AFTER = " if title else None\n"
DOCUMENT = "x =" + AFTER
BODY = "\n    for book in self.books:\n        return width * height"
LONG = "".join(BODY.replace("book", name) for name in ("book", "page", "line", "word"))
TEXTS = [" self", " self.books", " list(self.books)", BODY]


def request(
    document: str = DOCUMENT, at: int = DOCUMENT.index(AFTER), **more: object
) -> InfillRequest:
    return InfillRequest(document, (Hole(at, at),), "python", **{"shape": "block"} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", BOTH_ROWS)
@pytest.mark.parametrize("decode", DENOISED)
@pytest.mark.parametrize("length", PINNED)
@pytest.mark.parametrize("text", TEXTS)
def test_the_right_length_is_found(
    scripted: Callable, run: Run, text: str, length: Length, decode: Decode, rows: RowConvention
) -> None:
    """Nothing but the text after says where the hole ends: the draft runs on into it."""
    infiller, model = scripted(text, decode, canvas_length=64, after=AFTER, rows=rows)
    drafts, fill = run(infiller, request(length=length, budget=Budget(tokens=40)))
    assert fill.texts == (text,)
    assert (fill.length, fill.decode, fill.finish) == (length, decode, "settled")
    assert fill.tokens == len(model.fill)
    assert fill.confidences[0] == pytest.approx([1.0] * len(model.fill), abs=1e-5)
    assert drafts[-1].texts == fill.texts
    steps = [draft.step for draft in drafts]
    assert steps == sorted(set(steps))
    assert fill.steps == steps[-1]


@pytest.mark.parametrize("length", get_args(Length))
def test_end_marks_end_a_hole_whatever_is_pinned_behind(
    scripted: Callable, run: Run, length: Length
) -> None:
    for decode in DENOISED:
        infiller, _ = scripted(BODY, decode, canvas_length=64)
        _, fill = run(infiller, request(length=length, budget=Budget(tokens=40)))
        assert (fill.texts, fill.finish) == ((BODY,), "settled")
        assert fill.length == ("end-mark" if length == "auto" else length)


@pytest.mark.parametrize("length", PINNED)
def test_auto_is_what_the_checkpoint_says(scripted: Callable, run: Run, length: Length) -> None:
    infiller, _ = scripted(BODY, "denoise", canvas_length=64, after=AFTER)
    infiller = replace(infiller, default_length=length)
    assert run(infiller, request())[1].length == length
    assert run(infiller, request(length="end-mark"))[1].length == "end-mark"


@pytest.mark.parametrize("length", PINNED)
def test_a_causal_draft_goes_by_the_end_mark(scripted: Callable, run: Run, length: Length) -> None:
    infiller, model = scripted(BODY, "draft")
    _, fill = run(infiller, request(length=length))
    assert (fill.texts, fill.length, model.denoised) == ((BODY,), "end-mark", [])


def test_a_search_denoises_many_lengths_then_few(scripted: Callable, run: Run) -> None:
    infiller, model = scripted(BODY, "denoise", canvas_length=64, after=AFTER)
    _, fill = run(infiller, request(length="search", budget=Budget(tokens=40)))
    assert model.batches == sorted(model.batches, reverse=True)
    assert model.batches[0] > 8
    assert model.batches[-1] == 3
    assert fill.steps == len(model.batches)
    assert len({len(canvas) for canvas in model.denoised}) == 1


def test_a_search_chooses_the_length_that_fits_the_text_behind(
    scripted: Callable, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a model that is sure of what it writes in every hole, the right one or none."""
    infiller, model = scripted(" self.books", "denoise", canvas_length=64, after="(" * 64)
    suffix = model.tokenizer.encode(AFTER)
    right = len(model.fill)
    assert right in SEARCHED
    says_regardless = model.denoise_logits

    def says(canvas: torch.Tensor, *rest: object) -> torch.Tensor:
        logits = says_regardless(canvas, *rest)
        for index, ids in enumerate(canvas.tolist()):
            if ids[1 + right :][: len(suffix)] == suffix:
                after = F.one_hot(canvas[index, 1 + right :], logits.shape[-1])
                logits[index, right:-1] = 30.0 * after
        return logits

    monkeypatch.setattr(model, "denoise_logits", says)
    _, fill = run(infiller, request(length="search", budget=Budget(tokens=40)))
    assert (fill.texts, fill.length) == ((" self.books",), "search")


def test_a_contraction_cuts_its_canvas(scripted: Callable, run: Run) -> None:
    infiller, model = scripted(TEXTS[0], "denoise", canvas_length=128, after=AFTER)
    _, fill = run(infiller, request(length="contract", budget=Budget(tokens=64, steps=5)))
    lengths = [len(canvas) for canvas in model.denoised]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[1] < lengths[0]
    assert fill.steps == len(lengths) <= 5


@pytest.mark.parametrize("decode", DENOISED)
@pytest.mark.parametrize("length", PINNED)
def test_an_empty_hole_stays_empty(
    scripted: Callable, run: Run, length: Length, decode: Decode
) -> None:
    infiller, _ = scripted("", decode, canvas_length=64)
    _, fill = run(infiller, request("x = 1", 5, length=length))
    assert (fill.texts, fill.finish) == (("",), "settled")


@pytest.mark.parametrize("decode", DENOISED)
@pytest.mark.parametrize("length", PINNED)
def test_a_line_ends_where_the_model_ends_it(
    scripted: Callable, run: Run, length: Length, decode: Decode
) -> None:
    infiller, _ = scripted(" width * height" + BODY, decode, canvas_length=64)
    document = "x =\ny = 2\n"
    _, fill = run(infiller, request(document, 3, shape="line", length=length))
    assert (fill.texts, fill.finish, fill.length) == ((" width * height",), "settled", length)


@pytest.mark.parametrize("decode", DENOISED)
@pytest.mark.parametrize("length", PINNED)
def test_a_hole_longer_than_a_canvas_goes_by_its_end_mark(
    scripted: Callable, run: Run, length: Length, decode: Decode
) -> None:
    infiller, model = scripted(LONG, decode, canvas_length=16)
    assert len(model.fill) > 2 * 16
    drafts, fill = run(infiller, request(length=length, budget=Budget(tokens=100)))
    assert (fill.texts, fill.length, fill.finish) == ((LONG,), "end-mark", "settled")
    steps = [draft.step for draft in drafts]
    assert steps == sorted(set(steps))
    assert {len(canvas) for canvas in model.denoised} == {16}


@pytest.mark.parametrize("length", PINNED)
def test_several_holes_go_by_their_end_marks(tiny: Infiller, run: Run, length: Length) -> None:
    document = "def area(width):\n    \n\ndef find(books):\n    \n"
    two = InfillRequest(
        document,
        (Hole(21, 21), Hole(44, 44)),
        "python",
        length=length,
        decode="denoise",
        budget=Budget(tokens=12, steps=3),
    )
    fill = run(tiny, two)[1]
    assert fill.length == "end-mark"
    assert fill == replace(
        run(tiny, replace(two, length="end-mark"))[1], timings_ms=fill.timings_ms
    )


@pytest.mark.parametrize("decode", DENOISED)
@pytest.mark.parametrize("length", PINNED)
def test_a_cancel_is_seen_within_one_pass(
    scripted: Callable, run: Run, length: Length, decode: Decode
) -> None:
    def fresh() -> tuple:
        return scripted(BODY, decode, canvas_length=64, after=AFTER)

    infiller, model = fresh()
    run(infiller, request(length=length))
    every = model.passes
    assert every > 3
    for stop_after in range(every):
        infiller, model = fresh()
        _, fill = run(
            infiller, request(length=length), lambda at=stop_after, m=model: m.passes >= at
        )
        assert fill.finish == "cancelled"
        assert model.passes <= stop_after + 1
        assert (BODY + AFTER).startswith(fill.texts[0])


@pytest.mark.parametrize("length", PINNED)
def test_the_deadline_leaves_the_best_until_then(
    scripted: Callable, run: Run, length: Length, monkeypatch: pytest.MonkeyPatch
) -> None:
    infiller, model = scripted(BODY, "denoise", canvas_length=64, after=AFTER)
    monkeypatch.setattr(fill_module, "time", SimpleNamespace(perf_counter=lambda: model.passes))
    _, fill = run(infiller, request(length=length, budget=Budget(deadline_ms=3000)))
    assert (fill.finish, model.passes, fill.length) == ("deadline", 3, length)
    assert fill.texts[0]


@pytest.mark.parametrize("rows", BOTH_ROWS)
@pytest.mark.parametrize("decode", DENOISED)
@pytest.mark.parametrize("length", PINNED)
def test_the_same_seed_writes_the_same_fill(
    tiny: Infiller, run: Run, length: Length, decode: Decode, rows: RowConvention
) -> None:
    infiller = replace(tiny, settings=replace(tiny.settings, rows=rows))
    asked = request(length=length, decode=decode, seed=3, budget=Budget(tokens=7, steps=4))
    drafts, fill = run(infiller, asked)
    again, same = run(infiller, asked)
    assert (again, same.texts, same.confidences) == (drafts, fill.texts, fill.confidences)
    assert fill.tokens <= 7
    texts = {run(infiller, replace(asked, seed=seed))[1].texts for seed in range(4)}
    assert len(texts) > 1 or decode == "draft+denoise"


@pytest.mark.parametrize("rows", [2, 4])
def test_a_bias_weighs_the_lengths(
    tiny: Infiller, run: Run, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = ((rows - 1, 1e3), (rows, 0.0), (rows + 1, 1e3))
    biased = replace(tiny, length_bias=LengthBias(points))
    asked = request(length="search", decode="denoise", budget=Budget(tokens=6, steps=2))
    suffix = tiny.tokenizer.encode(AFTER)[:3]
    canvases: list[list[int]] = []
    denoise_logits = tiny.model.denoise_logits

    def seen(canvas: torch.Tensor, *rest: object) -> torch.Tensor:
        canvases.append(canvas[0].tolist())
        return denoise_logits(canvas, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(tiny.model, "denoise_logits", seen)
    _, fill = run(biased, asked)
    assert fill.length == "search"
    assert fill.tokens <= rows
    assert canvases[-1][1 + rows : 4 + rows] == suffix
