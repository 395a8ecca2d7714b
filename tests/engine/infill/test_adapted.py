import os
from pathlib import Path

import numpy as np
import pytest

from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.adapted import KEPT, Adapted
from fillwright.engine.model.adapter import WEIGHTS, Adapter


def written(folder: Path, value: float) -> str:
    pair = np.full((1, 3), value, np.float32), np.ones((2, 1), np.float32)
    Adapter(1, 1.0, {"layers.0.mlp.up_proj.weight": pair}, "base").write(folder)
    return str(folder)


class Making:
    """Makes of an adapter its name and its first number, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, name: str, adapter: Adapter) -> tuple[str, float]:
        self.count += 1
        [(down, _)] = adapter.matrices.values()
        return name, float(down[0, 0])


def test_an_adapter_is_added_once(tmp_path: Path) -> None:
    making = Making()
    adapted = Adapted(making)
    first = written(tmp_path / "first", 1.5)
    assert adapted(first) == adapted(first) == ("first", 1.5)
    assert making.count == 1


def test_the_last_few_used_are_kept(tmp_path: Path) -> None:
    making = Making()
    adapted = Adapted(making)
    folders = [written(tmp_path / str(number), number) for number in range(KEPT + 1)]
    for folder in folders[:KEPT]:
        adapted(folder)
    # used again, so the other one makes room
    adapted(folders[0])
    adapted(folders[KEPT])
    assert making.count == KEPT + 1
    adapted(folders[0])
    assert making.count == KEPT + 1
    adapted(folders[1])
    assert making.count == KEPT + 2


def test_one_that_was_written_again_is_read_again(tmp_path: Path) -> None:
    adapted = Adapted(Making())
    folder = written(tmp_path / "mine", 1.0)
    assert adapted(folder) == ("mine", 1.0)
    written(tmp_path / "mine", 2.0)
    os.utime(tmp_path / "mine" / WEIGHTS, ns=(1, 1))
    assert adapted(folder) == ("mine", 2.0)


def test_a_folder_without_an_adapter_is_said(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"adapter_config\.json"):
        Adapted(Making())(str(tmp_path / "none"))
