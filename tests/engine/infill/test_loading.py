import json
import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.errors import CheckpointError, MissingExtra
from fillwright.engine.infill import loading, loading_torch
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.infill.prompts.chat import ChatPrompt
from fillwright.engine.infill.prompts.small import SmallPrompt
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest, Snippet
from fillwright.engine.training.export import re_export
from fillwright.kernels.cpu.library import NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels

Copy = Callable[..., Path]


def load(folder: Path, device: str = "cpu") -> object:
    return load_infiller(folder, device, lambda fraction: None)


def refusal(folder: Path, device: str = "cpu") -> str:
    with pytest.raises(CheckpointError) as raised:
        load(folder, device)
    message = str(raised.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_progress_rises_to_one(tiny_folder: Path) -> None:
    seen: list[float] = []
    infiller = load_infiller(tiny_folder, "auto", seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert (infiller.model_name, infiller.default_decode) == ("fillwright-small", "draft+denoise")
    assert isinstance(infiller.prompt, SmallPrompt)
    assert infiller.model.config.canvas_length == 16


def test_a_checkpoint_says_how_it_decodes_and_what_it_is_called(tiny_copy: Copy) -> None:
    infiller = load_infiller(tiny_copy(decode="draft", name="mine"), "cpu", lambda fraction: None)
    request = InfillRequest("x = \n", (Hole(4, 4),), "python", budget=Budget(tokens=2))
    fill = list(infiller.infill(request, lambda: False))[-1]
    assert isinstance(fill, Infill)
    assert (fill.decode, fill.model, fill.device) == ("draft", "mine", "cpu")


def test_a_checkpoint_says_how_holes_find_their_lengths(tiny_copy: Copy) -> None:
    infiller = load_infiller(tiny_copy(length="search", length_bias=[[1, -3.5], [8, -1]]), "cpu")
    assert infiller.default_length == "search"
    assert (infiller.length_bias(1), infiller.length_bias(9)) == (-3.5, -1.0)


def test_without_a_word_of_it_holes_go_by_their_end_marks(tiny_copy: Copy) -> None:
    infiller = load_infiller(tiny_copy(), "cpu")
    assert (infiller.default_length, infiller.length_bias(3)) == ("end-mark", 0.0)


def test_a_checkpoint_says_whether_holes_are_denoised_together(tiny_copy: Copy) -> None:
    assert load_infiller(tiny_copy(), "cpu").several == "joint"
    assert load_infiller(tiny_copy(several="one by one"), "cpu").several == "one by one"


def foreign(tiny_copy: Copy, **text: object) -> Path:
    """A checkpoint without anything of ours, with some entries of its text config."""
    folder = tiny_copy()
    config = json.loads((folder / "config.json").read_text("utf-8"))
    del config["fillwright"]
    config["text_config"] |= text
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    tokenizer = (folder / "tokenizer.json").read_text("utf-8")
    for ours, theirs in (("<suffix>", "<|turn>"), ("<prefix>", "<turn|>")):
        tokenizer = tokenizer.replace(ours, theirs)
    (folder / "tokenizer.json").write_text(tokenizer, "utf-8")
    return folder


def test_a_foreign_checkpoint_is_a_chat_model_that_denoises(tiny_copy: Copy) -> None:
    folder = foreign(tiny_copy)
    infiller = load_infiller(folder, "cpu", lambda fraction: None)
    assert isinstance(infiller.prompt, ChatPrompt)
    assert (infiller.default_decode, infiller.model_name) == ("denoise", folder.name)


def test_a_prompt_has_as_much_context_as_the_models_window_has_room_for(tiny_copy: Copy) -> None:
    infiller = load_infiller(foreign(tiny_copy, max_position_embeddings=11_000), "cpu")
    context = Snippet("far.py", "f" * 4000), Snippet("near.py", "n" * 300)
    request = InfillRequest(
        "x = \n", (Hole(4, 4),), "python", budget=Budget(4, steps=1), context=context
    )

    def shown(request: InfillRequest) -> int:
        *_, fill = infiller.infill(request, lambda: False)
        assert isinstance(fill, Infill)
        return fill.prompt_tokens

    assert infiller.window == 11_000
    assert shown(request) == shown(replace(request, context=context[1:]))
    infiller = replace(infiller, window=20_000)
    assert shown(request) > 4000


def test_what_the_kernels_do_not_take_runs_on_torch(
    tiny_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    re_export(tiny_folder, tmp_path, "bf16")
    with caplog.at_level(logging.INFO):
        infiller = load_infiller(tmp_path, "cpu")
    assert type(infiller.model) is DiffusionGemma
    assert [record.message for record in caplog.records] == [
        f"The model runs on torch. {tmp_path} is not a checkpoint in int8 or int4."
    ]


def test_without_kernels_torch_does_their_work(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> CpuKernels:
        raise NoKernelsError("The CPU kernels cannot be loaded (they are away).")

    monkeypatch.setattr(CpuKernels, "__init__", none)
    assert type(load_infiller(tiny_folder, "cpu").model) is DiffusionGemma
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra) as raised:
        load_infiller(tiny_folder, "auto")
    assert str(raised.value) == (
        "The CPU kernels cannot be loaded (they are away). Fillwright then needs PyTorch, "
        "which is not installed; `pip install 'fillwright[gpu]'` brings it."
    )


def test_without_torch_a_gpu_and_other_checkpoints_are_refused(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    re_export(tiny_folder, tmp_path, "bf16")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert type(load_infiller(tiny_folder, "auto").model) is CpuDiffusionGemma
    for folder, device, named in ((tmp_path, "cpu", f"{tmp_path} is"), (tiny_folder, "cuda", "A")):
        with pytest.raises(MissingExtra, match=r"needs PyTorch.*fillwright\[gpu\]") as raised:
            load_infiller(folder, device)
        assert str(raised.value).startswith(named)


def test_auto_asks_torch_only_where_there_is_a_driver(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(loading_torch, "sees_a_gpu", lambda: asked.append(True))
    for driver in (False, True):
        monkeypatch.setattr(loading, "has_cuda_driver", lambda found=driver: found)
        assert load_infiller(tiny_folder, "auto").device == "cpu"
        assert asked == [True] * driver


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "model.safetensors"])
def test_a_file_that_is_missing_is_named(tiny_copy: Copy, name: str) -> None:
    folder = tiny_copy()
    (folder / name).unlink()
    assert name in refusal(folder)


@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "generation_config.json"])
@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_file_that_cannot_be_read_is_named(tiny_copy: Copy, name: str, text: str) -> None:
    folder = tiny_copy()
    (folder / name).write_text(text, "utf-8")
    assert name in refusal(folder)


@pytest.mark.parametrize(
    "broken",
    [
        {"t_min": 2.0},
        {"max_denoising_steps": 0},
        {"max_denoising_steps": "many"},
        {"sampler_config": {"entropy_bound": -1}},
        {"sampler_config": "fast"},
    ],
)
def test_settings_that_cannot_be_are_refused(tiny_copy: Copy, broken: dict[str, object]) -> None:
    folder = tiny_copy()
    path = folder / "generation_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | broken), "utf-8")
    assert "generation_config.json" in refusal(folder)


def test_without_a_generation_config_the_loop_has_its_defaults(tiny_copy: Copy) -> None:
    folder = tiny_copy()
    own = load_infiller(folder, "cpu").settings
    (folder / "generation_config.json").unlink()
    settings = load_infiller(folder, "cpu").settings
    defaults = DenoiseSettings(own.noise)
    assert replace(settings, noise=own.noise) == replace(
        defaults, rows=own.rows, end_marks=own.end_marks, pinned_signal=own.pinned_signal
    )
    assert settings.steps != own.steps


@pytest.mark.parametrize(
    "ours",
    [
        {"prompt": "poem"},
        {"decode": "guess"},
        {"noise": {"mask_token_id": 3}},
        {"rows": "odd"},
        {"length": "guess"},
        {"several": "all"},
        {"length_bias": 1.5},
        {"length_bias": [1, 2]},
        {"length_bias": [[2, 0.5], [1, 0.5]]},
        {"length_bias": [["two", 0.5]]},
    ],
)
def test_what_a_config_asks_for_and_nobody_knows_is_refused(
    tiny_copy: Copy, ours: dict[str, object]
) -> None:
    assert "config.json" in refusal(tiny_copy(**ours))


def test_a_config_without_a_fillwright_object_is_refused(tiny_copy: Copy) -> None:
    folder = tiny_copy()
    config = json.loads((folder / "config.json").read_text("utf-8")) | {"fillwright": "small"}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    assert "fillwright" in refusal(folder)


def test_a_tokenizer_of_another_model_is_refused(tiny_copy: Copy) -> None:
    folder = tiny_copy()
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = vocabulary | {"one more": len(vocabulary)}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    assert "vocab_size" in refusal(folder)


def test_a_tokenizer_without_the_prompts_marks_is_refused(tiny_copy: Copy) -> None:
    folder = tiny_copy()
    path = folder / "tokenizer.json"
    path.write_text(path.read_text("utf-8").replace("<middle>", "<centre>"), "utf-8")
    assert "<middle>" in refusal(folder)


def test_a_device_that_is_none_is_refused(tiny_folder: Path) -> None:
    assert "'tpu'" in refusal(tiny_folder, "tpu")
