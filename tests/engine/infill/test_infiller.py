"""An Infiller around real networks: a random tiny one and the embedded one."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
import torch

from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.errors import BadRequest
from fillwright.engine.filling import Engine
from fillwright.engine.infill import candidate as candidate_module
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer, Spelling
from fillwright.engine.model.cache import Cache
from fillwright.engine.request import Budget, Decode, Draft, Hole, Infill, InfillRequest
from fillwright.kernels.arrays import Array

DECODES = [decode for decode in get_args(Decode) if decode != "auto"]
SHORT = Budget(tokens=12, steps=3)
Run = Callable[..., tuple[list[Draft], Infill]]


@pytest.fixture(params=["tiny", "embedded"])
def infiller(request: pytest.FixtureRequest) -> Infiller:
    found: Infiller = request.getfixturevalue(request.param)
    return found


MASKED = ["dream", "dream_on", "kept_around", "open_dcoder", "stable_diffcoder", "sdar"]


@pytest.fixture(params=["tiny", *MASKED])
def engine(request: pytest.FixtureRequest) -> Engine:
    """One of each family of models."""
    found: Engine = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def reads(infiller: Infiller, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens of a prompt each pass reads."""
    counts: list[int] = []
    enqueue = infiller.model.enqueue

    def counted(cache: Cache, ids: Array) -> None:
        counts.append(len(ids))
        enqueue(cache, ids)

    monkeypatch.setattr(infiller.model, "enqueue", counted)
    return counts


def sound(request: InfillRequest, drafts: list[Draft], fill: Infill) -> None:
    """What holds of every answer."""
    assert len(fill.texts) == len(fill.confidences) == len(request.holes)
    assert fill.tokens == sum(map(len, fill.confidences))
    assert fill.tokens <= request.budget.tokens * len(request.holes)
    assert all(0 <= sure <= 1 for hole in fill.confidences for sure in hole)
    assert [draft.step for draft in drafts] == sorted(draft.step for draft in drafts)
    for draft in drafts:
        for text, ranges in zip(draft.texts, draft.settled, strict=True):
            assert "\ufffd" not in text
            edges = [edge for range_ in ranges for edge in range_]
            assert edges == sorted(set(edges))
            assert not edges or 0 <= edges[0] < edges[-1] <= len(text)
    assert drafts[-1].texts == tuple(
        text.removesuffix("\n") if request.document[hole.start : hole.end].endswith("\n") else text
        for text, hole in zip(fill.texts, request.holes, strict=True)
    )


@pytest.mark.parametrize("decode", DECODES)
@pytest.mark.parametrize(
    ("document", "hole"),
    [
        ("", (0, 0)),
        ("x = 1", (0, 0)),
        ("x = 1", (5, 5)),
        ("x = 1", (0, 5)),
        ("\n", (1, 1)),
        ("\t\t\n    ", (7, 7)),
        ("s = '👩\u200d👧 e\u0301'\n", (5, 8)),
        ("def f(:\n  (((\n", (8, 8)),
        ("x" + " " * 100_000 + "y", (100_001, 100_001)),
        ("x = '" + "a" * 100_000 + "'\n", (5, 50_000)),
        ("lone \ud800 surrogate", (4, 4)),
    ],
)
def test_any_place_gets_a_sound_fill(
    engine: Engine, run: Run, decode: Decode, document: str, hole: tuple[int, int]
) -> None:
    request = InfillRequest(document, (Hole(*hole),), "python", budget=SHORT, decode=decode)
    drafts, fill = run(engine, request)
    sound(request, drafts, fill)
    assert fill.decode == (decode if isinstance(engine, Infiller) else "denoise")


@pytest.mark.parametrize("engine", ["tiny", "embedded", *MASKED], indirect=True)
@pytest.mark.parametrize("decode", DECODES)
def test_the_same_seed_writes_the_same_fill(engine: Engine, run: Run, decode: Decode) -> None:
    request = InfillRequest(
        "def area(width, height):\n    \n",
        (Hole(29, 29),),
        "python",
        budget=SHORT,
        decode=decode,
        seed=5,
    )
    drafts, fill = run(engine, request)
    sound(request, drafts, fill)
    again, same = run(engine, request)
    assert (again, same.texts, same.confidences) == (drafts, fill.texts, fill.confidences)


@pytest.mark.parametrize("engine", ["tiny", "dream_on"], indirect=True)
def test_another_seed_writes_another_fill(engine: Engine, run: Run) -> None:
    request = InfillRequest("x = 1\n", (Hole(6, 6),), "python", budget=SHORT, decode="denoise")
    texts = {run(engine, replace(request, seed=seed))[1].texts for seed in range(4)}
    assert len(texts) > 1


@pytest.mark.parametrize("engine", ["stable_diffcoder", "sdar"], indirect=True)
def test_of_a_model_that_draws_nothing_a_seed_changes_the_alternatives(
    engine: Engine, run: Run
) -> None:
    request = InfillRequest("x = 1\n", (Hole(6, 6),), "python", budget=SHORT, candidates=2)
    fills = [run(engine, replace(request, seed=seed))[1] for seed in range(4)]
    assert len({fill.texts for fill in fills}) == 1
    assert len({fill.alternatives for fill in fills}) > 1


def test_auto_is_what_the_checkpoint_says(tiny: Infiller, run: Run) -> None:
    request = InfillRequest("x = 1\n", (Hole(6, 6),), "python", budget=SHORT)
    assert run(tiny, request)[1].decode == "draft+denoise"
    assert run(replace(tiny, default_decode="denoise"), request)[1].decode == "denoise"


@pytest.mark.parametrize("decode", DECODES)
def test_further_candidates_are_alternatives(engine: Engine, run: Run, decode: Decode) -> None:
    request = InfillRequest(
        "x = 1\n", (Hole(6, 6),), "python", budget=SHORT, decode=decode, candidates=3
    )
    _, fill = run(engine, request)
    assert len(fill.alternatives) == 2
    assert len({fill.texts, *fill.alternatives}) > 1
    assert fill.texts == run(engine, replace(request, candidates=1))[1].texts


def test_a_cancel_keeps_the_candidates_that_are_ready(tiny: Infiller, run: Run) -> None:
    request = InfillRequest("x = 1\n", (Hole(6, 6),), "python", budget=SHORT, candidates=5)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 45

    _, fill = run(tiny, request, cancelled)
    assert fill.finish != "cancelled"
    assert 0 < len(fill.alternatives) < 4


TWO_HOLES = "def area(width):\n    \n\ndef find(books):\n    \n"


@pytest.mark.parametrize("decode", DECODES)
def test_holes_are_filled_jointly(
    tiny: Infiller, run: Run, decode: Decode, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvases: list[list[int]] = []
    denoise_logits = tiny.model.denoise_logits

    def seen(canvas: torch.Tensor, *rest: object) -> torch.Tensor:
        canvases.append(canvas[0].tolist())
        return denoise_logits(canvas, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(tiny.model, "denoise_logits", seen)
    request = InfillRequest(
        TWO_HOLES, (Hole(21, 21), Hole(44, 44)), "python", budget=SHORT, decode=decode
    )
    drafts, fill = run(tiny, request)
    sound(request, drafts, fill)
    assert fill.decode == decode
    assert all(fill.texts)
    between = tiny.tokenizer.encode(TWO_HOLES[21:44].rstrip())
    for canvas in canvases:
        joined = ",".join(map(str, canvas))
        assert ",".join(map(str, between)) in joined
    assert bool(canvases) == (decode != "draft")


FAR = "def f():\n    \n" + "x = width * height\n" * 200 + "def g():\n    \n"
FAR_HOLES = (Hole(13, 13), Hole(len(FAR) - 1, len(FAR) - 1))


def test_holes_too_far_apart_cannot_be_denoised(tiny: Infiller, run: Run) -> None:
    request = InfillRequest(FAR, FAR_HOLES, "python", budget=SHORT, decode="denoise")
    with pytest.raises(BadRequest, match="one at a time or use the decode 'draft'"):
        run(tiny, request)


@pytest.mark.parametrize("default", ["denoise", "draft+denoise"])
@pytest.mark.parametrize("decode", ["draft", "draft+denoise", "auto"])
def test_holes_too_far_apart_are_drafted(
    tiny: Infiller, run: Run, decode: Decode, default: Decode
) -> None:
    request = InfillRequest(FAR, FAR_HOLES, "python", budget=SHORT, decode=decode)
    drafts, fill = run(replace(tiny, default_decode=default), request)
    sound(request, drafts, fill)
    assert fill.decode == "draft"
    assert all(fill.texts)


@pytest.mark.parametrize("decode", DECODES)
def test_holes_side_by_side_are_filled(engine: Engine, run: Run, decode: Decode) -> None:
    request = InfillRequest(
        "a = b\n", (Hole(4, 4), Hole(4, 5)), "python", budget=SHORT, decode=decode
    )
    drafts, fill = run(engine, request)
    sound(request, drafts, fill)
    assert all(fill.texts)


def test_a_later_hole_begins_with_the_white_space_before_it(
    tiny: Infiller, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The draft keeps the token whole that a line end and its indentation are."""
    written: list[str] = []
    spell = CodeTokenizer.spell

    def spelt(tokenizer: CodeTokenizer, ids: tuple[int, ...]) -> Spelling:
        spelling = spell(tokenizer, ids)
        written.append(spelling.text)
        return spelling

    monkeypatch.setattr(CodeTokenizer, "spell", spelt)
    monkeypatch.setattr(candidate_module, "write_denoised", lambda *_: None)
    request = InfillRequest(
        TWO_HOLES, (Hole(21, 21), Hole(44, 44)), "python", budget=SHORT, decode="draft+denoise"
    )
    _, fill = run(tiny, request)
    assert written[-2] == "\n    " + fill.texts[0]
    assert written[-1] == "\n    " + fill.texts[1]


@pytest.mark.parametrize("decode", DECODES)
def test_holes_in_turn_are_filled_as_each_would_be_alone(
    tiny: Infiller, run: Run, decode: Decode
) -> None:
    if decode != "draft":
        tiny = replace(tiny, several="one by one")
    holes = (Hole(21, 21), Hole(44, 44))
    every = InfillRequest(TWO_HOLES, holes, "python", budget=SHORT, decode=decode)
    drafts, both = run(tiny, every)
    sound(every, drafts, both)
    _, one = run(tiny, replace(every, holes=holes[:1]))
    filled = TWO_HOLES[:21] + one.texts[0] + TWO_HOLES[21:]
    place = 44 + len(one.texts[0])
    _, two = run(tiny, replace(every, document=filled, holes=(Hole(place, place),)))
    assert both.texts == one.texts + two.texts
    alone = one.confidences + two.confidences
    assert list(map(len, both.confidences)) == list(map(len, alone))
    assert sum(both.confidences, ()) == pytest.approx(sum(alone, ()), abs=1e-4)
    assert (both.tokens, both.steps) == (one.tokens + two.tokens, one.steps + two.steps)


@pytest.mark.parametrize("decode", DECODES)
def test_rows_that_speak_of_themselves_fill_too(tiny: Infiller, run: Run, decode: Decode) -> None:
    """The convention of DiffusionGemma: the whole prompt is in the cache before the canvas."""
    own = replace(tiny, settings=replace(tiny.settings, rows=RowConvention.OWN))
    budget = Budget(tokens=40, steps=2)
    request = InfillRequest(
        "x = \n", (Hole(4, 4),), "python", shape="block", budget=budget, decode=decode
    )
    drafts, fill = run(own, request)
    sound(request, drafts, fill)
    if decode == "denoise":  # a drafted block may be cut at a line
        assert fill.tokens > 16


def test_a_megabyte_is_read_as_fast_as_a_page(
    infiller: Infiller, run: Run, reads: list[int], code: str
) -> None:
    middle = len(code) * 1250
    request = InfillRequest(code * 2800, (Hole(middle, middle),), "python", budget=SHORT)
    assert len(request.document) > 1_000_000
    drafts, fill = run(infiller, request)
    sound(request, drafts, fill)
    assert max(reads) < 500


def test_after_ten_typed_characters_only_the_end_is_read(
    infiller: Infiller, run: Run, reads: list[int], code: str
) -> None:
    def request(typed: str) -> InfillRequest:
        at = len(code * 2) + len(typed)
        text = code * 2 + typed + "\n\n\nprint(1)\n"
        return InfillRequest(text, (Hole(at, at),), "python", budget=SHORT, document_key="a.py")

    run(infiller, request("x"))
    cold = max(reads)
    reads.clear()
    run(infiller, request("xyz = find("))
    assert cold > 150
    assert max(reads) <= 24


def test_a_request_without_a_key_does_not_see_another_documents_text(
    engine: Engine, run: Run
) -> None:
    request = InfillRequest("x = 1\n", (Hole(6, 6),), "python", budget=SHORT)
    alone = run(engine, request)[1].texts
    run(engine, InfillRequest("y = 2\nz", (Hole(7, 7),), "python", budget=SHORT))
    assert run(engine, request)[1].texts == alone


@pytest.mark.parametrize("name", ["push", "pop"])
def test_a_stub_among_stubs_is_not_filled_with_another(embedded: Infiller, name: str) -> None:
    stub = "        raise NotImplementedError"
    before = (
        f"class Stack:\n    def __init__(self):\n        self.items = []\n\n    def {name}(self):\n"
    )
    document = f"{before}{stub}\n\n    def size(self):\n{stub}\n\n    def empty(self):\n{stub}\n"
    hole = Hole(len(before), len(before + stub))
    request = InfillRequest(document, (hole,), "python", shape="block", decode="draft")
    *_, fill = embedded.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    assert fill.texts[0].strip()
    assert not fill.texts[0].strip().startswith("raise")


STUBS = ("pass", "...", "raise NotImplementedError")


@pytest.mark.parametrize("stub", STUBS)
def test_nor_with_a_stub_of_another_form(embedded: Infiller, stub: str) -> None:
    begin = "class Stack:\n    def __init__(self):\n        self.items = []\n"
    before = f'{begin}\n    def push(self, item):\n        """Put an item on top."""\n        '
    others = [f"\n\n    def do{n}(self):\n        {text}" for n, text in enumerate(STUBS)]
    hole = Hole(len(before), len(before + stub))
    document = before + stub + "".join(others) + "\n"
    request = InfillRequest(document, (hole,), "python", shape="block", decode="draft")
    *_, fill = embedded.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    assert fill.texts[0].strip()
    assert fill.texts[0].strip() not in STUBS


@pytest.mark.parametrize("decode", ["draft", "denoise"])
@pytest.mark.parametrize("holes", [1, 2])
def test_a_body_begins_below_the_comment_that_stands_for_it(
    embedded: Infiller, decode: Decode, holes: int
) -> None:
    """It went on with the comment, so that nothing parsed."""
    todo = "// TODO: put it on top"
    head = f"class Stack {{\n  push(item) {{\n    {todo}"
    tail = f"\n  }}\n\n  add(item) {{\n    {todo}"
    document = head + tail + "\n  }\n\n  constructor() {\n    this.items = [];\n  }\n}\n"
    places = (len(head), len(head + tail))[:holes]
    request = InfillRequest(
        document, tuple(Hole(at, at) for at in places), "javascript", shape="block", decode=decode
    )
    *_, fill = embedded.infill(request, lambda: False)
    assert isinstance(fill, Infill)
    for text in fill.texts:
        assert text.startswith("\n")
        assert text.strip()
