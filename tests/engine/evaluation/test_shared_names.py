import re

import pytest

from fillwright.engine.evaluation.shared_names import FARTHEST, SharedName, shared_names
from fillwright.engine.evaluation.source_tree import Source

PYTHON = """\
from shelves import open_shelf


LIMIT = 3


def tidy(rows):
    return open_shelf(1)


print(LIMIT, LIMIT, tidy)
"""
SCRIPT = """\
function area(width) {
  const side = 2;
  return side * side + this.total + this.total;
}
"""


def found(text: str, language: str = "python") -> list[SharedName]:
    """Every item that some seed draws of one file."""
    source = Source("a", text, language)
    items = {item.gold: item for seed in range(20) for item in shared_names([source], 9, seed)}
    return [items[gold] for gold in sorted(items)]


def put_back(item: SharedName) -> str:
    text = item.document
    for hole in reversed(item.holes):
        text = text[: hole.start] + item.gold + text[hole.end :]
    return text


def test_names_that_are_said_nowhere_else_are_taken_out() -> None:
    items = found(PYTHON)
    assert [(item.gold, item.kind, len(item.holes)) for item in items] == [
        ("LIMIT", "constant and two uses", 3),
        ("open_shelf", "import and call", 2),
    ]
    for item in items:
        assert not re.search(rf"\b{item.gold}\b", item.document)
        assert put_back(item) == PYTHON


def test_a_parameter_needs_a_use_and_a_member_is_none() -> None:
    assert [item.gold for item in found(SCRIPT, "javascript")] == ["side"]
    used = SCRIPT.replace("this.total +", "width +")
    assert [(item.gold, item.kind) for item in found(used, "javascript")] == [
        ("side", "constant and two uses"),
        ("width", "parameter and use"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "LIMIT = 3\n# LIMIT\nprint(LIMIT)\n",
        "LIMIT = 3\nprint(LIMIT, LIMIT, LIMIT)\n",
        f"LIMIT = 3\n{'#' * FARTHEST}\nprint(LIMIT, LIMIT)\n",
        "import shelves\nprint(shelves.x)\n",
    ],
)
def test_what_is_said_elsewhere_or_far_away_or_not_called_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_kinds_take_turns_and_the_seed_decides() -> None:
    sources = [Source(str(number), PYTHON, "python") for number in range(6)]
    items = shared_names(sources, 4, 0)
    assert [item.kind for item in items] == ["constant and two uses", "import and call"] * 2
    assert len({item.group for item in items}) == 4
    assert items == shared_names(sources, 4, 0) != shared_names(sources, 4, 1)
