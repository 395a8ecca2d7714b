from collections.abc import Sequence

import pytest

from fillwright.engine.infill.denoising.changes import Change, changed, changes_between


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ([1, 2, 3], [1, 2, 3], []),
        ([1, 2, 3, 4], [9, 2, 8, 7], [Change(0, 1, (9,)), Change(2, 4, (8, 7))]),
        ([1, 2, 3], [1, 9, 8, 3], [Change(1, 2, (9, 8))]),
        ([1, 2, 3], [1, 3], [Change(1, 2, ())]),
        ([1, 1], [1, 1, 1], [Change(2, 2, (1,))]),
    ],
)
def test_changes_are_runs(
    before: Sequence[int], after: Sequence[int], wanted: list[Change]
) -> None:
    found = changes_between(before, after)
    assert found == wanted
    assert changed(before, found) == tuple(after)


def test_changes_of_other_lengths_do_not_move_each_other() -> None:
    both = [Change(0, 1, (7, 7)), Change(2, 3, ())]
    assert changed([1, 2, 3, 4], both) == (7, 7, 2, 4)


@pytest.mark.parametrize(
    ("one", "other", "touch"),
    [
        ((0, 2), (1, 3), True),
        ((0, 2), (2, 3), False),
        ((1, 1), (1, 2), True),
        ((1, 1), (0, 1), False),
    ],
)
def test_changes_of_one_place_touch(
    one: tuple[int, int], other: tuple[int, int], touch: bool
) -> None:
    first, second = Change(*one, (5,)), Change(*other, (6,))
    assert first.touches(second) == second.touches(first) == touch
