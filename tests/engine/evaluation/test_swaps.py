"""Bodies with one token swapped, from the projects that no model has learnt."""

from pathlib import Path

from fillwright.engine.evaluation.source_tree import read_sources
from fillwright.engine.evaluation.swaps import LONGEST, SHORTEST, swaps

HELD_OUT = Path(__file__).parents[3] / "fixtures/evaluation/held_out"


def test_one_token_differs_and_is_put_back() -> None:
    sources, _ = read_sources([HELD_OUT])
    texts = {source.name: source.text for source in sources}
    found = swaps(sources, 100, seed=0)
    assert len(found) > 10
    assert len({item.kind for item in found}) > 2
    for item in found:
        assert item.body[item.at :].startswith(item.wrong)
        assert item.wrong != item.right
        assert SHORTEST <= len(item.original) <= LONGEST
        original = item.document[: item.start] + item.original + item.document[item.end :]
        assert original == texts[item.group]


def test_the_seed_decides() -> None:
    sources, _ = read_sources([HELD_OUT / "h11"])
    assert swaps(sources, 3, seed=1) == swaps(sources, 3, seed=1)
    assert swaps(sources, 3, seed=1) != swaps(sources, 3, seed=2)
    assert len(swaps(sources, 3, seed=1)) == 3
