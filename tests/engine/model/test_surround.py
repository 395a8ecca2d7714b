"""What is kept of the text around a hole, against all rows read again."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import torch

from fillwright.engine.model.surround import Surround
from fillwright.engine.model.transformer import Transformer
from tests.engine.model.plain_folder import write_plain

Make = Callable[[int], Transformer]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def written(layers: int) -> Transformer:
        write_plain(tmp_path, "qwen2", num_hidden_layers=layers)
        return Transformer.from_checkpoint(tmp_path, "qwen2")

    return written


def edited(ids: list[int], random: Random) -> tuple[list[int], list[int]]:
    """The ids with other tokens, more or fewer of them, in the middle; and rows to ask for there,
    the one before among them."""
    start = random.randrange(8, len(ids) - 20)
    end = start + random.randrange(12)
    hole = [random.randrange(131) for _ in range(random.randrange(1, 12))]
    return ids[:start] + hole + ids[end:], [start - 1, *range(start, start + len(hole))][::2]


def difference(network: Transformer, surround: Surround, ids: list[int], rows: list[int]) -> float:
    asked = torch.tensor(ids), torch.tensor(rows)
    return float((surround.row_logits(*asked) - network.row_logits(*asked)).abs().max())


def test_one_layer_is_exact_wherever_the_hole_grows_or_shrinks(make: Make) -> None:
    # its keys and values depend on their own token alone
    network, random = make(1), Random(0)
    surround, ids = Surround(network, every=1000), [random.randrange(131) for _ in range(60)]
    rows = [20]
    for _ in range(60):
        assert difference(network, surround, ids, rows) < 1e-4
        ids, rows = edited(ids, random)


def test_rows_that_are_asked_for_again_are_as_they_were(make: Make) -> None:
    network = make(3)
    surround, ids = Surround(network, every=1000), list(range(50))
    for rows in ([20, 21], [30], [20, 30], [49], [0]):
        assert difference(network, surround, ids, rows) < 1e-4
    assert surround.read == 50 + 1 + 11 + 1 + 1


def test_all_is_read_again_in_time(make: Make) -> None:
    network, random = make(3), Random(1)
    surround, ids, rows = Surround(network, every=3), list(range(60)), [30]
    found = []
    for _ in range(9):
        found.append(difference(network, surround, ids, rows) < 1e-4)
        ids, rows = edited(ids, random)
    assert found == [True, False, False] * 3


def test_every_pass_is_exact_where_each_reads_all(make: Make) -> None:
    network, random = make(3), Random(2)
    surround, ids, rows = Surround(network, every=1), list(range(60)), [30]
    for _ in range(5):
        assert difference(network, surround, ids, rows) < 1e-4
        ids, rows = edited(ids, random)


def test_no_pass_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="one pass or more"):
        Surround(make(1), every=0)
