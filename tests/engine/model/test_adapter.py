import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.adapter import CONFIG, WEIGHTS, Adapter

QUERY, UP = "layers.0.self_attn.q_proj.weight", "layers.1.mlp.up_proj.weight"


@pytest.fixture
def adapter() -> Adapter:
    random = np.random.default_rng(0)

    def pair(outputs: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
        shapes = (4, inputs), (outputs, 4)
        down, up = (random.normal(size=shape).astype(np.float32) for shape in shapes)
        return down, up

    return Adapter(4, 8.0, {QUERY: pair(6, 10), UP: pair(12, 10)}, "fillwright-small")


@pytest.fixture
def folder(adapter: Adapter, tmp_path: Path) -> Path:
    adapter.write(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_what_is_written_is_read(adapter: Adapter, folder: Path) -> None:
    read = Adapter.read(folder)
    assert (read.rank, read.alpha, read.base) == (4, 8.0, "fillwright-small")
    assert read.matrices.keys() == adapter.matrices.keys()
    for name in adapter.matrices:
        for mine, theirs in zip(adapter.matrices[name], read.matrices[name], strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert {path.name for path in folder.iterdir()} == {CONFIG, WEIGHTS}


def test_the_delta_is_of_alpha_by_rank(adapter: Adapter) -> None:
    down, up = adapter.matrices[QUERY]
    np.testing.assert_allclose(adapter.delta(QUERY), up @ down * 2, rtol=1e-6)
    assert adapter.delta("norm.weight") is None


def test_encoder_and_decoder_have_the_same_matrices(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    assert set(tensors) == {
        f"base_model.model.model.{side}.layers.{place}.lora_{letter}.weight"
        for side in ("decoder", "encoder.language_model")
        for place in ("0.self_attn.q_proj", "1.mlp.up_proj")
        for letter in "AB"
    }


def test_the_names_of_nemo_s_own_class_are_read(adapter: Adapter, folder: Path) -> None:
    path = folder / WEIGHTS
    tensors = load_file(path)
    save_file(
        {
            name.replace("model.decoder.layers", "model.layers"): tensor
            for name, tensor in tensors.items()
            if "decoder" in name
        },
        path,
    )
    # what its addon writes beside them
    config = {"task_type": "CAUSAL_LM", "peft_type": "LORA", "r": 4, "lora_alpha": 8}
    config |= {"use_dora": False, "target_modules": ["q_proj"], "bias": "none"}
    (folder / CONFIG).write_text(json.dumps(config | {"base_model_name_or_path": "N/A"}))
    read = Adapter.read(folder)
    assert read.matrices.keys() == adapter.matrices.keys()
    np.testing.assert_array_equal(read.matrices[QUERY][0], adapter.matrices[QUERY][0])


Change = Callable[[dict[str, np.ndarray]], object]
DECODER = "base_model.model.model.decoder.layers.0.self_attn.q_proj"
ENCODER = "base_model.model.model.encoder.language_model.layers.0.self_attn.q_proj"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop(f"{ENCODER}.lora_A.weight"), "in encoder or decoder alone"),
        (lambda t: t[f"{ENCODER}.lora_B.weight"].__iadd__(1), "otherwise in the encoder than"),
        (
            lambda t: t.update({"base_model.model.lm_head.lora_A.weight": np.zeros((4, 2), "f4")}),
            "changes base_model.model.lm_head",
        ),
    ],
)
def test_tensors_that_the_network_does_not_have_are_refused(
    folder: Path, change: Change, said: str
) -> None:
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match=said):
        Adapter.read(folder)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"use_dora": True}, "use_dora True, which is not known here"),
        ({"peft_type": "LOHA"}, "peft_type 'LOHA'"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"r": 8}, "another rank for layers.0.self_attn.q_proj"),
        ({"r": "four"}, "no r and lora_alpha that are numbers"),
    ],
)
def test_other_kinds_of_adapters_are_refused(
    folder: Path, entries: dict[str, object], said: str
) -> None:
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | entries))
    with pytest.raises(CheckpointError, match=said):
        Adapter.read(folder)


@pytest.mark.parametrize("missing", [CONFIG, WEIGHTS])
def test_a_folder_without_one_is_refused(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(CheckpointError, match=missing):
        Adapter.read(folder)


def test_it_is_checked_against_a_network(adapter: Adapter) -> None:
    shapes = {QUERY: (6, 10), UP: (12, 10)}
    adapter.check(shapes | {"norm.weight": (10,)})
    with pytest.raises(CheckpointError, match=f"6 x 10 numbers for {QUERY}"):
        adapter.check(shapes | {QUERY: (6, 11)})
    with pytest.raises(CheckpointError, match="tuned for"):
        adapter.check({QUERY: (6, 10)})
