import json
import shutil
from pathlib import Path

import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.lsp_server.cli.doctor.checkpoint import look_at_checkpoint


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "config.json: No such file"),
        ({"config.json": b"{"}, "is not JSON"),
        ({"config.json": b"[]"}, "is not a JSON object"),
        ({"config.json": b"{}"}, "has no tokenizer.json"),
        ({"config.json": b"{}", "tokenizer.json": b"{}"}, "has no safetensors files"),
    ],
)
def test_a_folder_that_lacks_something_has_a_remedy(
    tmp_path: Path, files: dict[str, bytes], reason: str
) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    [found] = look_at_checkpoint(tmp_path)
    assert found.state == "error"
    assert reason in found.found
    assert str(found.remedy).startswith("Give --model a folder")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A copy of the embedded checkpoint."""
    return Path(shutil.copytree(embedded_checkpoint(), tmp_path / "copy"))


def test_the_embedded_checkpoint_is_whole(checkpoint: Path) -> None:
    [found] = look_at_checkpoint(checkpoint)
    assert found.state == "ok"
    assert ": DiffusionGemma, " in found.found


def changed(checkpoint: Path, config: dict[str, object]) -> str:
    (checkpoint / "config.json").write_text(json.dumps(config))
    [found] = look_at_checkpoint(checkpoint)
    assert found.state == "ok"
    return found.found


@pytest.mark.parametrize(
    ("config", "family"),
    [
        (
            {"model_type": "llama", "architectures": ["StableDiffcoderForCausalLM"]},
            "Stable-DiffCoder",
        ),
        (
            {"model_type": "qwen3", "fillwright": {"family": "DreamOn", "expand": "<eos>"}},
            "DreamOn",
        ),
        ({"model_type": "Dream"}, "Dream"),
        ({"model_type": "sdar"}, "SDAR"),
        # no denoiser that is known
        ({"model_type": "llama"}, "llama"),
        ({}, "a model of no type"),
    ],
)
def test_the_family_is_named(checkpoint: Path, config: dict[str, object], family: str) -> None:
    assert f": {family}, " in changed(checkpoint, config)


def test_special_tokens_tell_families_apart(checkpoint: Path) -> None:
    path = checkpoint / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace("<reserved_0>", "<|expand|>"), "utf-8")
    assert ": DreamOn, " in changed(checkpoint, {"model_type": "Dream"})


def test_a_tokenizer_in_parts_is_one(checkpoint: Path) -> None:
    (checkpoint / "tokenizer.json").unlink()
    (checkpoint / "vocab.json").write_text("{}")
    [found] = look_at_checkpoint(checkpoint)
    assert "has no tokenizer.json" in found.found
    (checkpoint / "merges.txt").write_text("#version: 0.2\n")
    (checkpoint / "added_tokens.json").write_text('{"<|expand|>": 0}')
    assert ": DreamOn, " in changed(checkpoint, {"model_type": "Dream"})


def test_a_tokenizer_that_cannot_be_read_is_named(checkpoint: Path) -> None:
    (checkpoint / "tokenizer.json").write_text("{}")
    [found] = look_at_checkpoint(checkpoint)
    assert found.state == "error"
    assert "tokenizer.json cannot be read" in found.found


@pytest.mark.parametrize("spoil", ["cut", "longer", "pointer", "empty"])
def test_weights_that_are_not_whole_are_named(checkpoint: Path, spoil: str) -> None:
    path = next(checkpoint.glob("*.safetensors"))
    data = path.read_bytes()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    spoilt = {"cut": data[:-1], "longer": data + b"\0", "pointer": pointer, "empty": b""}[spoil]
    path.write_bytes(spoilt)
    [found] = look_at_checkpoint(checkpoint)
    assert found.state == "error"
    assert path.name in found.found
    assert found.remedy == "Fetch the checkpoint again."


def test_a_shard_that_is_missing_is_named(checkpoint: Path) -> None:
    index = {"weight_map": {"a": "model-00002-of-00002.safetensors"}}
    path = checkpoint / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    [found] = look_at_checkpoint(checkpoint)
    assert "lacks model-00002-of-00002.safetensors" in found.found
    path.write_text("[]")
    [found] = look_at_checkpoint(checkpoint)
    assert "index" in found.found
