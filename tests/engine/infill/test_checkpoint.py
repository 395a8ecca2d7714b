"""How a checkpoint writes what a request leaves open."""

import pytest

from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.plan import Drafting
from fillwright.engine.request import Hole, InfillRequest, Shape

LINES = "def f(a):\n    b = a\n    c = b\n    return c\n"
FIRST, SECOND = (Hole(LINES.index(mark) - 5, LINES.index(mark) + 5) for mark in ("b = a", "c = b"))


@pytest.mark.parametrize(
    ("holes", "shape", "drafting"),
    [
        ([FIRST], "line", "beams"),
        ([FIRST], "free", "beams"),
        ([Hole(FIRST.end, FIRST.end)], "free", "beams"),
        ([Hole(FIRST.start, SECOND.end)], "free", "samples"),
        ([FIRST], "block", "samples"),
        ([FIRST, SECOND], "block", "alone"),
        ([FIRST, SECOND], "free", "alone"),
    ],
)
def test_what_may_be_long_is_sampled(
    tiny: Infiller, holes: list[Hole], shape: Shape, drafting: Drafting
) -> None:
    request = InfillRequest(LINES, tuple(holes), "python", shape=shape, decode="draft")
    assert tiny.plan(request, 0).drafting == drafting
    assert tiny.plan(request, 1).drafting == "alone"
