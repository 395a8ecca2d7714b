"""A hole's precedents: never its own text, nor what the prompt shows; without a gate, none."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from fillwright.engine.infill.candidate import Candidate
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.prompts.small import PREFIX_TOKENS, SUFFIX_TOKENS
from fillwright.engine.infill.ranking.calibration import Calibrations, PrecedentCalibration
from fillwright.engine.infill.stop import Stop
from fillwright.engine.memory.contexts import Store, what_followed
from fillwright.engine.memory.evidence import PARTS, Precedents
from fillwright.engine.memory.gate import FEATURES, Gate
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest, Shape

UNIQUE = "zebra = book.quokka(book)"
FILLER = "value = other(value)\n"


@pytest.fixture
def trusting(tiny: Infiller) -> Infiller:
    """With a gate that trusts its precedents far more than the model."""
    outputs = 1 + len(PARTS)
    weights, bias = np.zeros((FEATURES, outputs)), np.array([-8.0, 1.0, 0.0, 1.0, 0.0])
    gate = Gate(np.zeros(FEATURES), np.ones(FEATURES), weights, bias)
    return replace(tiny, gate=gate)


def request(before: str, after: str, shape: Shape = "line", hole: str = "") -> InfillRequest:
    text = before + hole + after
    holes = (Hole(len(before), len(before) + len(hole)),)
    return InfillRequest(
        text,
        holes,
        "python",
        shape=shape,
        document_key="a",
        decode="draft",
        workspace="w",
        file_key="a.py",
    )


def fill(infiller: Infiller, asked: InfillRequest) -> Infill:
    *_, last = infiller.infill(asked, lambda: False)
    assert isinstance(last, Infill)
    return last


def precedents(infiller: Infiller, asked: InfillRequest) -> Precedents | None:
    stop = Stop(lambda: False, Budget(), time.perf_counter)
    memory = Candidate.of(infiller, asked, 0, stop).prepare().memory
    return memory.precedents if memory else None


def tokens(stores: Sequence[Store]) -> int:
    return sum(stop - start for store in stores for start, stop in store.contexts.spans)


def says(infiller: Infiller, found: Precedents, text: str) -> bool:
    """Whether the precedents have seen the whole text, in one piece."""
    ids = infiller.tokenizer.encode(text)
    levels = what_followed([*found.far, *found.project], ids[:-1])
    return any(
        level.length >= min(len(ids) - 1, 24) and ids[-1] in level.tokens for level in levels
    )


def test_the_holes_own_text_is_found_nowhere_though_a_copy_of_its_file_is_saved(
    trusting: Infiller,
) -> None:
    before, after = FILLER * 200, "\n" + FILLER * 200
    trusting.remembered.remember("w", "a.py", before + UNIQUE + after)
    found = precedents(trusting, request(before, after, hole=UNIQUE))
    assert found
    assert found.far
    assert not says(trusting, found, UNIQUE)
    assert says(trusting, found, FILLER * 2)
    trusting.remembered.remember("w", "b.py", FILLER * 2 + UNIQUE + "\n")
    found = precedents(trusting, request(before, after, hole=UNIQUE))
    assert found
    assert says(trusting, found, UNIQUE)


def test_a_project_of_another_kind_has_no_say(trusting: Infiller) -> None:
    trusting.remembered.remember("w", "b.py", UNIQUE + "\n")
    found = precedents(trusting, request(FILLER * 20, "\n"))
    assert found
    assert found.project == ()
    trusting.remembered.remember("w", "c.py", FILLER * 2)
    found = precedents(trusting, request(FILLER * 20, "\n"))
    assert found
    assert says(trusting, found, UNIQUE)


def test_what_the_prompt_shows_is_no_precedent(trusting: Infiller) -> None:
    found = precedents(trusting, request("x = 1\n" + UNIQUE + "\n", "\n" + UNIQUE))
    assert found
    assert (found.far, found.project) == ([], ())
    long = UNIQUE + "\n" + FILLER * 200
    found = precedents(trusting, request(long, "\n"))
    assert found
    assert says(trusting, found, UNIQUE)
    shown = len(trusting.tokenizer.encode(long.rstrip("\n"))) - PREFIX_TOKENS
    assert tokens(found.far) == shown
    found = precedents(trusting, request("x", "\n" + FILLER * 200))
    assert found
    assert tokens(found.far) == len(trusting.tokenizer.encode("\n" + FILLER * 200)) - SUFFIX_TOKENS


def test_what_another_file_of_the_project_says_is_written(trusting: Infiller) -> None:
    asked = request("for book in self.books:\n    zebra = book.quo", "\n    return zebra\n")
    assert fill(trusting, asked).remembered == 0
    trusting.remembered.remember("w", "b.py", f"if width:\n    {UNIQUE}\n    return 1\n" * 3)
    found = fill(trusting, asked)
    assert found.texts == ("kka(book)",)
    assert found.remembered > 0.9
    assert found.certainty
    assert found.certainty.knows_project
    elsewhere = fill(trusting, replace(asked, workspace="v"))
    assert elsewhere.remembered == 0
    assert elsewhere.certainty
    assert not elsewhere.certainty.knows_project
    assert fill(trusting, replace(asked, file_key="b.py")).remembered == 0


def test_a_request_without_memory_is_filled_as_without_a_gate(
    tiny: Infiller, trusting: Infiller
) -> None:
    trusting.remembered.remember("w", "b.py", f"if width:\n    {UNIQUE}\n    return 1\n" * 3)
    asked = request("for book in self.books:\n    zebra = book.quo", "\n    return zebra\n" * 200)
    assert fill(trusting, asked).remembered > 0
    alone, without = fill(trusting, replace(asked, memory=False)), fill(tiny, asked)
    assert (alone.texts, alone.confidences, alone.certainty, alone.remembered) == (
        *(without.texts, without.confidences, without.certainty),
        0,
    )


@pytest.mark.parametrize("shape", ["line", "block", "free"])
def test_without_a_gate_and_in_blocks_every_fill_is_what_it_was(
    tiny: Infiller, trusting: Infiller, shape: Shape
) -> None:
    asked = request("def area(width, height):\n    zebra = book.quo", "\n", shape)
    known = fill(tiny, asked)
    tiny.remembered.remember("w", "b.py", f"    {UNIQUE}\n" * 3)
    trusting.remembered.remember("w", "b.py", f"    {UNIQUE}\n" * 3)
    same = fill(tiny, asked)
    assert (same.texts, same.confidences, same.remembered) == (known.texts, known.confidences, 0)
    if shape == "block":
        in_block = fill(trusting, asked)
        assert (in_block.texts, in_block.confidences) == (known.texts, known.confidences)


AROUND = "if width:\n    first(one, two)\n    zebra = book.quo{}\n    return zebra + first(one)\n"


def believing(infiller: Infiller, bias: float) -> Infiller:
    """Whose gate leaves everything to the model, and which is so sure of what stood before."""
    outputs = 1 + len(PARTS)
    weights, shares = np.zeros((FEATURES, outputs)), np.array([8.0, -8.0, -8.0, -8.0, -8.0])
    gate = Gate(np.zeros(FEATURES), np.ones(FEATURES), weights, shares)
    calibrations = Calibrations(precedent=PrecedentCalibration(0.0, 0.0, bias))
    found = replace(infiller, gate=gate, calibrations=calibrations)
    found.remembered.remember("w", "b.py", AROUND.format("kka(book)"))
    return found


def stood(**how: object) -> InfillRequest:
    before, after = AROUND.split("{}")
    return replace(request(before, after), budget=Budget(8), **how)  # type: ignore[arg-type]


def test_what_stood_between_such_contexts_comes_before_the_model_has_written(
    tiny: Infiller,
) -> None:
    sure = believing(tiny, bias=3.0)
    first, *others = sure.infill(stood(unasked=True), lambda: False)
    assert isinstance(first, Draft)
    assert (first.step, first.texts) == (0, ("kka(book)",))
    assert first.certainty
    assert first.certainty.whole == pytest.approx(0.9526, abs=1e-4)
    assert first.certainty.same
    assert first.certainty.same.left > 8
    assert first.certainty.other is None
    assert others
    for quiet in (stood(), stood(unasked=True, memory=False), stood(unasked=True, workspace="v")):
        drafts = [event for event in sure.infill(quiet, lambda: False) if isinstance(event, Draft)]
        assert all(draft.certainty is None for draft in drafts)


@pytest.mark.parametrize("bias", [12.0, -12.0])
def test_in_the_end_the_fill_is_the_models_however_sure_what_stood_there_was(
    tiny: Infiller, bias: float
) -> None:
    own = fill(tiny, stood())
    assert own.texts != ("kka(book)",)
    left = fill(believing(tiny, bias), stood())
    assert left.texts == own.texts
    # that it stood there is evidence against it
    assert left.certainty
    assert left.certainty.other
    assert left.certainty.same is None


def test_a_text_that_does_not_begin_as_the_line_does_did_not_stand_there(tiny: Infiller) -> None:
    sure = believing(tiny, bias=3.0)
    before, after = AROUND.split("{}")
    other = replace(request(before.removesuffix("quo") + "lam", after), unasked=True)
    (first, *_) = sure.infill(other, lambda: False)
    assert isinstance(first, Draft)
    assert first.certainty is None
