from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.adapted_arrays import AdaptedArrays
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.safetensors_files import stored_name
from fillwright.engine.model.stored_arrays import StoredArrays
from fillwright.engine.training.export import re_export

NAME = "layers.0.mlp.down_proj.weight"
OTHER = stored_name("layers.1.mlp.down_proj.weight")


def adapter_for(shape: tuple[int, ...], size: float) -> Adapter:
    random = np.random.default_rng(0)
    down, up = (
        (random.normal(size=each) * size).astype(np.float32)
        for each in ((2, shape[1]), (shape[0], 2))
    )
    return Adapter(2, 2.0, {NAME: (down, up)}, "tiny")


@pytest.fixture
def folder(
    tiny_folder: Callable[..., Path], tmp_path: Path, request: pytest.FixtureRequest
) -> Path:
    made = tiny_folder(num_experts=1, top_k_experts=1)
    re_export(made, tmp_path / request.param, request.param)
    return tmp_path / request.param


@pytest.mark.parametrize("folder", ["int8", "bf16"], indirect=True)
def test_the_sum_is_stored_as_the_checkpoint_is(folder: Path) -> None:
    plain, name = StoredArrays(folder), stored_name(NAME)
    shape = plain.shape(name)
    adapter = adapter_for(shape, 0.2)
    adapted = AdaptedArrays(folder, adapter)
    assert adapted.form(name) == plain.form(name)

    def whole(arrays: StoredArrays, name: str) -> np.ndarray:
        # scales first, as the network is read
        scale = arrays.scales(name, shape[0])[:, None]
        return arrays.read(name, *shape) * scale

    wanted = whole(plain, name) + adapter.delta(NAME)
    step = np.abs(wanted).max(axis=1, keepdims=True) / (127 if plain.form(name) == "I8" else 128)
    assert (np.abs(whole(adapted, name) - wanted) <= 0.51 * step).all()
    np.testing.assert_array_equal(whole(adapted, OTHER), whole(plain, OTHER))


@pytest.mark.parametrize("folder", ["bf16"], indirect=True)
def test_an_adapter_of_another_model_is_refused(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="tuned for"):
        AdaptedArrays(folder, adapter_for((3, 5), 1.0))
