"""The embedded model on the CPU's kernels, with an adapter named in the request."""

from pathlib import Path

import numpy as np
import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.infiller import Infiller
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.stored_arrays import StoredArrays
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest
from fillwright.engine.tuning.merging import merge
from fillwright.kernels.cpu.compiling import FOLDER, LIBRARY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (FOLDER / LIBRARY).exists(), reason="the CPU kernels were not built"),
]
NAMES = [f"layers.{layer}.mlp.down_proj.weight" for layer in range(8)]
TEXT = "def area(width, height):\n    return \n\n\nprint(area(2, 3))\n"


def written(folder: Path, size: float) -> Path:
    """An adapter of every dense MLP, of random numbers of this size."""
    arrays, random = StoredArrays(embedded_checkpoint()), np.random.default_rng(0)
    matrices = {}
    for name in NAMES:
        outputs, inputs = arrays.shape(f"model.decoder.{name}")
        down = random.normal(size=(4, inputs)).astype(np.float32)
        matrices[name] = down, (random.normal(size=(outputs, 4)) * size).astype(np.float32)
    Adapter(4, 4.0, matrices, "fillwright-small").write(folder)
    return folder


@pytest.fixture(scope="module")
def infiller() -> Infiller:
    return load_infiller(embedded_checkpoint(), "cpu", threads=1)


def filled(infiller: Infiller, adapter: str = "") -> Infill:
    at = TEXT.index("return ") + len("return ")
    request = InfillRequest(
        TEXT, (Hole(at, at),), "python", shape="line", budget=Budget(12), adapter=adapter
    )
    *_, last = infiller.infill(request, lambda: False)
    assert isinstance(last, Infill)
    return last


def test_one_that_adds_nothing_changes_nothing(infiller: Infiller, tmp_path: Path) -> None:
    plain = filled(infiller)
    same = filled(infiller, str(written(tmp_path / "nothing", 0.0)))
    assert (same.texts, same.confidences) == (plain.texts, plain.confidences)
    assert same.model == f"{plain.model} + nothing"


def test_it_fills_as_the_merged_checkpoint_does_and_the_base_stays(
    infiller: Infiller, tmp_path: Path
) -> None:
    plain = filled(infiller)
    folder = written(tmp_path / "mine", 0.003)
    with_adapter = filled(infiller, str(folder))
    assert with_adapter.confidences != plain.confidences
    merge(embedded_checkpoint(), Adapter.read(folder), tmp_path / "merged", "int8")
    merged = filled(load_infiller(tmp_path / "merged", "cpu", threads=1))
    assert with_adapter.texts == merged.texts
    np.testing.assert_allclose(with_adapter.confidences[0], merged.confidences[0], rtol=0.02)
    again = filled(infiller)
    assert (again.texts, again.confidences) == (plain.texts, plain.confidences)


def test_what_is_remembered_has_a_say_with_it_too(infiller: Infiller, tmp_path: Path) -> None:
    assert infiller.adapted is not None
    made = infiller.adapted(str(written(tmp_path / "mine", 0.0)))
    assert made.remembered is infiller.remembered


def test_a_folder_that_is_none_is_said(infiller: Infiller, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="give the folder that `fillwright tune` wrote"):
        filled(infiller, str(tmp_path / "none"))
