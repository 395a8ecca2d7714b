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
from fillwright.engine.model.surround import Surround
from fillwright.engine.model.transformer import Transformer
from fillwright.engine.quantize.folder import quantise_folder
from fillwright.engine.quantize.layout import Experts, QuantizeSettings
from fillwright.engine.request import Budget, Draft, Hole, Infill, InfillRequest

FAMILIES = [
    *("dream_folder", "dream_on_folder", "open_dcoder_folder"),
    *("stable_diffcoder_folder", "sdar_folder"),
]
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
    model = writing.model()
    assert isinstance(model, Transformer)
    return model


@pytest.mark.parametrize("experts", ["int4", "int8", "fp8"])
@pytest.mark.parametrize("folder", FAMILIES, indirect=True)
def test_a_quantised_folder_loads_and_fills(folder: Path, tmp_path: Path, experts: Experts) -> None:
    quantise_folder(folder, tmp_path / "smaller", QuantizeSettings(experts, group=32), "cpu")
    engine = load_masked(tmp_path / "smaller", "cpu")
    network = network_of(engine.writing)
    kept = [each for each in network.modules() if isinstance(each, StoredLinear)]
    assert len(kept) == 2 * 7
    assert {each.on_kernels for each in kept} == {experts != "fp8"}
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


@pytest.mark.parametrize("cache", ["steps", "requests"])
def test_what_is_kept_around_a_hole_and_read_again_at_every_pass_changes_nothing(
    dream_on_folder: Path, changed: Callable[..., Path], cache: str
) -> None:
    ours = {"family": "DreamOn", "context": 192, "lines": 16, "bodies": 24}
    plain = load_masked(dream_on_folder, "cpu")
    kept = load_masked(
        changed(dream_on_folder, fillwright=ours | {"cache": cache, "refresh": 1}), "cpu"
    )
    for text in ("x = \n", "xy = \n"):
        at = len(text) - 1
        request = InfillRequest(text, (Hole(at, at),), "python", shape="line")
        *_, fill = plain.infill(request, lambda: False)
        *_, again = kept.infill(request, lambda: False)
        assert isinstance(fill, Infill)
        assert isinstance(again, Infill)
        assert (fill.texts, fill.steps) == (again.texts, again.steps)


def test_between_requests_is_kept_only_what_the_config_says(
    dream_on_folder: Path, changed: Callable[..., Path]
) -> None:
    def read_at_first(cache: str) -> list[int]:
        ours = {"family": "DreamOn", "context": 192, "lines": 16, "cache": cache, "refresh": 900}
        engine = load_masked(changed(dream_on_folder, fillwright=ours), "cpu")
        counts = []
        for text in ("first = 1\nx = \nlast = 2\n", "first = 1\nxy = \nlast = 2\n"):
            at = text.index(" \n") + 1
            request = InfillRequest(text, (Hole(at, at),), "python", shape="line")
            assert isinstance(engine.writing, AroundWriting)
            model = engine.writing.model()
            assert isinstance(model, Surround)
            before = model.read
            assert isinstance(next(iter(engine.infill(request, lambda: False))), Draft)
            counts.append(model.read - before)
        return counts

    # of one made for each request this one has read nothing
    assert read_at_first("steps") == [0, 0]
    first, second = read_at_first("requests")
    assert 0 < second < first


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        ({"family": "SDAR", "mask": "<nothing>"}, "no token <nothing>"),
        ({"family": "SDAR", "mask": 4096}, "no token 4096"),
        ({"family": "SDAR", "commit": "remade"}, "no loop here"),
        ({"family": "SDAR", "cache": "steps"}, "does not see the hole"),
        ({"family": "SDAR", "rows": "shifted"}, "its own row"),
        ({"family": "Stable-DiffCoder"}, r"no token <\[fim-suffix\]>"),
    ],
)
def test_what_cannot_be_used_is_told_so_in_a_sentence(
    sdar_folder: Path, changed: Callable[..., Path], ours: dict[str, object], said: str
) -> None:
    with pytest.raises(CheckpointError, match=said) as raised:
        load_masked(changed(sdar_folder, fillwright=ours), "cpu")
    assert str(raised.value).endswith(".")
