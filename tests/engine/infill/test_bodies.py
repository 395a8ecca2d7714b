"""A block that stood after such a text before is a draft among others, and taken where it fits."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.memory.evidence import PARTS
from fillwright.engine.memory.gate import FEATURES, Gate
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest

HEADER = "def total(books, width, height):\n    size = width * height\n    for book in books:"
BODY = "\n        size += book.area(width)\n        print(size)"
AFTER = "\n    return size\n\n\nprint(total([], 1, 2))\n"
ALIKE = f"import book\n\n\n{HEADER}{BODY}{AFTER}"

Ask = Callable[..., InfillRequest]


def told(infiller: Infiller, text: str) -> Infiller:
    """With a gate, so that it remembers, and with a file of this text."""
    outputs = 1 + len(PARTS)
    weights, bias = np.zeros((FEATURES, outputs)), np.zeros(outputs)
    gate = Gate(np.zeros(FEATURES), np.ones(FEATURES), weights, bias)
    found = replace(infiller, gate=gate)
    found.remembered.remember("w", "b.py", text)
    return found


@pytest.fixture
def knowing(tiny: Infiller) -> Infiller:
    return told(tiny, ALIKE)


@pytest.fixture
def asked() -> InfillRequest:
    text = f"import shelf\n\n\n{HEADER}{AFTER}"
    at = text.index(AFTER)
    return InfillRequest(
        text,
        (Hole(at, at),),
        "python",
        shape="block",
        budget=Budget(40),
        decode="draft",
        workspace="w",
        file_key="a.py",
    )


def fill(infiller: Infiller, request: InfillRequest) -> Infill:
    *_, last = infiller.infill(request, lambda: False)
    assert isinstance(last, Infill)
    return last


def test_a_block_that_stood_there_is_taken_in_one_pass(
    knowing: Infiller, asked: InfillRequest
) -> None:
    found = fill(knowing, asked)
    assert (found.texts, found.remembered, found.steps) == ((BODY,), 1.0, 1)
    assert found.finish == "settled"
    assert found.certainty


def test_it_begins_as_the_hole_must(knowing: Infiller, asked: InfillRequest) -> None:
    def on_a_fresh_line(lead: str) -> InfillRequest:
        at = asked.holes[0].start
        text = asked.document[:at] + lead + asked.document[at:]
        return replace(asked, document=text, holes=(Hole(at + len(lead), at + len(lead)),))

    found = fill(knowing, on_a_fresh_line("\n        "))
    assert (found.texts, found.remembered) == ((BODY.lstrip(),), 1.0)
    assert fill(knowing, on_a_fresh_line("\n    ")).remembered == 0


@pytest.mark.parametrize(
    "how", [{"memory": False}, {"workspace": "v"}, {"file_key": "b.py"}, {"budget": Budget(5)}]
)
def test_without_it_the_draft_is_what_it_was(
    tiny: Infiller, knowing: Infiller, asked: InfillRequest, how: dict[str, object]
) -> None:
    asked = replace(asked, **how)  # type: ignore[arg-type]
    own, without = fill(tiny, asked), fill(knowing, asked)
    assert (own.texts, own.confidences) == (without.texts, without.confidences)
    assert without.remembered == 0


def test_the_open_files_far_part_has_it_too(knowing: Infiller, asked: InfillRequest) -> None:
    far = ALIKE + "value = other(value)\n" * 200
    (hole,) = asked.holes
    hole = Hole(hole.start + len(far), hole.end + len(far))
    request = replace(asked, document=far + asked.document, holes=(hole,), workspace="")
    assert fill(knowing, request).texts == (BODY,)


@pytest.mark.parametrize(
    ("drafted", "taken"),
    [
        ("\n        return width", False),
        ("\n        return quokka", False),
        ("\n        return )width + (", True),
    ],
)
def test_one_with_a_fault_is_taken_where_the_draft_has_no_fewer(
    scripted: Callable[..., tuple[Infiller, object]],
    asked: InfillRequest,
    drafted: str,
    taken: bool,
) -> None:
    infiller, _ = scripted(drafted, "draft")
    faulty = BODY.replace("(size)", "(size))")
    found = fill(told(infiller, ALIKE.replace(BODY, faulty)), asked)
    assert (found.texts, found.remembered) == ((faulty if taken else drafted,), float(taken))


def test_nothing_goes_on_after_a_block_without_an_end(
    knowing: Infiller, asked: InfillRequest
) -> None:
    knowing.remembered.remember("w", "b.py", ALIKE[: ALIKE.index(AFTER)])
    assert fill(knowing, asked).remembered == 0
