import pytest

from fillwright.engine.request import Hole, InfillRequest


@pytest.mark.parametrize(
    ("one", "next_", "overlap"),
    [
        (Hole(0, 3), Hole(2, 4), True),
        (Hole(0, 3), Hole(3, 4), False),
        (Hole(2, 2), Hole(2, 2), True),
        (Hole(2, 2), Hole(2, 3), False),
        (Hole(0, 3), Hole(3, 3), False),
    ],
)
def test_holes_of_a_request_lie_apart(one: Hole, next_: Hole, overlap: bool) -> None:
    assert one.overlaps(next_) is overlap
    if not overlap:
        assert InfillRequest("abcdef", (one, next_), "python").holes == (one, next_)
        return
    with pytest.raises(ValueError, match="overlap"):
        InfillRequest("abcdef", (one, next_), "python")


def test_a_hole_lies_in_its_document() -> None:
    with pytest.raises(ValueError, match="past the end"):
        InfillRequest("abc", (Hole(2, 4),), "python")
    with pytest.raises(ValueError, match="start <= end"):
        Hole(3, 2)
