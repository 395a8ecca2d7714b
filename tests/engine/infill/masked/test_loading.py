"""Folders of mask models: what is loaded from them, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.masked.around import AroundWriting
from fillwright.engine.infill.masked.in_blocks import BlockWriting
from fillwright.engine.infill.masked.loading import load_masked
from fillwright.engine.model.stored_linear import StoredLinear
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.quantize.folder import quantise_folder
from fillwright.engine.quantize.layout import Experts, QuantizeSettings
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest

FAMILIES = ["dream_on_folder", "stable_diffcoder_folder", "sdar_folder"]
REQUEST = InfillRequest("x = \n", (Hole(4, 4),), "python", budget=Budget(tokens=6))


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """A copy of a folder with other entries in its config.json."""

    def copy(folder: Path, **entries: object) -> Path:
        for file in folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        config = json.loads((folder / "config.json").read_text("utf-8"))
        (tmp_path / "config.json").write_text(json.dumps(config | entries), "utf-8")
        return tmp_path

    return copy


def network_of(writing: object) -> Transformer:
    if isinstance(writing, BlockWriting):
        return writing.model.network
    assert isinstance(writing, AroundWriting)
    assert isinstance(writing.model, Transformer)
    return writing.model


@pytest.mark.parametrize("experts", ["int4", "int8", "fp8"])
@pytest.mark.parametrize("folder", FAMILIES, indirect=True)
def test_a_quantised_folder_loads_and_fills(folder: Path, tmp_path: Path, experts: Experts) -> None:
    quantise_folder(folder, tmp_path / "smaller", QuantizeSettings(experts, group=32), "cpu")
    engine = load_masked(tmp_path / "smaller", "cpu")
    network = network_of(engine.writing)
    assert sum(isinstance(each, StoredLinear) for each in network.modules()) == 2 * 7
    *drafts, fill = engine.infill(REQUEST, lambda: False)
    assert isinstance(fill, Infill)
    assert len(drafts) == fill.steps > 0
    assert all(isinstance(draft, Draft) for draft in drafts)


@pytest.mark.parametrize("folder", FAMILIES, indirect=True)
def test_progress_rises_to_one(folder: Path) -> None:
    seen: list[float] = []
    load_masked(folder, "cpu", seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_a_family_is_known_without_a_word_of_ours(
    stable_diffcoder_folder: Path, changed: Callable[..., Path]
) -> None:
    engine = load_masked(changed(stable_diffcoder_folder, fillwright={}), "cpu")
    assert engine.description.family == "Stable-DiffCoder"
    assert engine.context_tokens == 8192 - 256


def test_a_block_of_another_length_is_read_from_the_config(
    sdar_folder: Path, changed: Callable[..., Path]
) -> None:
    engine = load_masked(changed(sdar_folder, fillwright={}, block_size=8), "cpu")
    assert isinstance(engine.writing, BlockWriting)
    assert engine.writing.model.block == 8


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ({"family": "SDAR", "mask": "<nothing>"}, "no token <nothing>"),
        ({"family": "SDAR", "mask": 4096}, "no token 4096"),
        ({"family": "SDAR", "commit": "remade"}, "no loop here"),
        ({"family": "Stable-DiffCoder"}, r"no token <\[fim-suffix\]>"),
    ],
)
def test_what_cannot_be_used_is_told_so_in_a_sentence(
    sdar_folder: Path, changed: Callable[..., Path], ours: dict[str, object], said: str
) -> None:
    with pytest.raises(CheckpointError, match=said) as raised:
        load_masked(changed(sdar_folder, fillwright=ours), "cpu")
    assert str(raised.value).endswith(".")
