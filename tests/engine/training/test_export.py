import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationConfig
from safetensors.torch import load_file
from transformers import CompressedTensorsConfig, DiffusionGemmaForBlockDiffusion

from fillwright.engine.errors import BadRequest, CheckpointError
from fillwright.engine.infill.loading import load_infiller
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.request import Budget, Hole, Infill, InfillRequest
from fillwright.engine.training.command import main
from fillwright.engine.training.export import Format, export, re_export
from fillwright.engine.training.initialise import new_model

FORMATS = get_args(Format)
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def state(made: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training run and its corpus."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "corpus").mkdir()
    (folder / "run").mkdir()
    tokenizer = (made.folder / "tokenizer.json").read_bytes()
    (folder / "corpus" / "tokenizer.json").write_bytes(tokenizer)
    config = made.config()
    state = {"config": config, "model": new_model(config, seed=1).state_dict()}
    torch.save(state, folder / "run" / "state.pt")
    return folder


@pytest.fixture(scope="module")
def exported(state: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Format, Path]:
    folders = {}
    for name in FORMATS:
        folders[name] = tmp_path_factory.mktemp(name)
        files = state / "run" / "state.pt", state / "corpus" / "tokenizer.json"
        export(*files, folders[name], name)
    return folders


def test_transformers_opens_bf16_and_computes_the_same(exported: dict[Format, Path]) -> None:
    model = DiffusionGemma.from_checkpoint(exported["bf16"])
    reference, report = DiffusionGemmaForBlockDiffusion.from_pretrained(
        exported["bf16"], dtype=torch.float32, output_loading_info=True
    )
    assert not report["unexpected_keys"]
    assert all("vision" in name for name in report["missing_keys"])
    assert_same_logits(model, reference)


def test_transformers_opens_what_the_engine_makes_of_int8(
    exported: dict[Format, Path], tmp_path: Path
) -> None:
    """The dequantised export is what the engine reads from the int8 one, to the last bit."""
    re_export(exported["int8"], tmp_path, "bf16")
    ours, dequantised = (
        DiffusionGemma.from_checkpoint(folder, dtype=torch.bfloat16).state_dict()
        for folder in (exported["int8"], tmp_path)
    )
    assert all(torch.equal(ours[name], dequantised[name]) for name in ours)
    reference, report = DiffusionGemmaForBlockDiffusion.from_pretrained(
        tmp_path, dtype=torch.float32, output_loading_info=True
    )
    assert not report["unexpected_keys"]
    assert all("vision" in name for name in report["missing_keys"])
    assert_same_logits(DiffusionGemma.from_checkpoint(tmp_path), reference)


@pytest.mark.filterwarnings("ignore:You passed `quantization_config`")
def test_transformers_reads_all_of_int8_but_the_experts(exported: dict[Format, Path]) -> None:
    model = DiffusionGemma.from_checkpoint(exported["int8"])
    reference, report = DiffusionGemmaForBlockDiffusion.from_pretrained(
        exported["int8"],
        dtype=torch.float32,
        output_loading_info=True,
        quantization_config=CompressedTensorsConfig(dequantize=True),
    )
    assert all(".experts.0." in name for name in report["unexpected_keys"])
    assert all("vision" in n or ".experts." in n for n in report["missing_keys"])
    for stack in (reference.model.decoder.layers, reference.model.encoder.language_model.layers):
        for theirs, layer in zip(stack, model.layers, strict=True):
            theirs.experts.gate_up_proj.data = layer.experts.gate_up_proj
            theirs.experts.down_proj.data = layer.experts.down_proj
    assert_same_logits(model, reference)


def test_the_library_decompresses_int8_to_what_the_engine_reads(
    exported: dict[Format, Path],
) -> None:
    config = json.loads((exported["int8"] / "config.json").read_text("utf-8"))
    quantization = QuantizationConfig.model_validate(config["quantization_config"])
    (scheme,) = quantization.config_groups.values()
    compressor = BaseCompressor.get_value_from_registry(scheme.format)
    stored = load_file(exported["int8"] / WEIGHTS)
    ours = DiffusionGemma.from_checkpoint(exported["int8"]).state_dict()
    compared = 0
    for name in [name for name in stored if f"{name}_scale" in stored]:
        pair = {"weight": stored[name], "weight_scale": stored[f"{name}_scale"]}
        theirs = compressor.decompress(pair, scheme)["weight"]
        place = name.removeprefix("model.decoder.")
        if ".experts.0." in place:
            stacked, _, kind = place.removesuffix(".weight").rpartition(".0.")
            experts = ours[f"{stacked}.{'down_proj' if kind == 'down_proj' else 'gate_up_proj'}"][0]
            read = experts.chunk(2)[kind == "up_proj"] if kind != "down_proj" else experts
        else:
            read = ours[place]
        assert torch.equal(read, theirs), name
        compared += 1
    matrices = sum(tensor.dim() == 2 for tensor in ours.values())
    experts = sum(tensor.dim() == 3 for tensor in ours.values())
    routers = sum(".router.proj" in name for name in ours)
    assert compared == matrices - routers + experts * 3 // 2


def test_int8_is_for_matrices_alone(exported: dict[Format, Path]) -> None:
    stored = load_file(exported["int8"] / WEIGHTS)
    kinds = Counter(tensor.dtype for tensor in stored.values())
    assert kinds.keys() == {torch.int8, torch.float32, torch.bfloat16}
    assert kinds[torch.int8] == kinds[torch.float32]
    for name, tensor in stored.items():
        if tensor.dtype == torch.bfloat16:
            assert tensor.dim() == 1 or ".router." in name
    bytes_ = [(exported[name] / WEIGHTS).stat().st_size for name in ("int8", "bf16")]
    assert bytes_[0] < 0.7 * bytes_[1]


def test_bf16_is_for_all(exported: dict[Format, Path]) -> None:
    stored = load_file(exported["bf16"] / WEIGHTS)
    assert {tensor.dtype for tensor in stored.values()} == {torch.bfloat16}


def test_int8_stays_the_same_when_it_is_written_again(
    exported: dict[Format, Path], tmp_path: Path
) -> None:
    re_export(exported["int8"], tmp_path, "int8")
    for file in exported["int8"].iterdir():
        if file.name != WEIGHTS:
            assert (tmp_path / file.name).read_bytes() == file.read_bytes()
    ours, wanted = load_file(tmp_path / WEIGHTS), load_file(exported["int8"] / WEIGHTS)
    assert ours.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert torch.allclose(ours[name].float(), tensor.float(), rtol=1e-6), name


@pytest.mark.parametrize(
    ("options", "stored"),
    [([], torch.int8), (["--format", "int8"], torch.int8), (["--format", "bf16"], torch.bfloat16)],
)
def test_the_command_writes_the_format_it_is_told(
    state: Path, tmp_path: Path, options: list[str], stored: torch.dtype
) -> None:
    main(["--folder", str(state), "export", str(tmp_path), *options])
    written = load_file(tmp_path / WEIGHTS)["model.decoder.embed_tokens.weight"]
    assert written.dtype == stored


def test_the_command_writes_another_folder_again(
    exported: dict[Format, Path], tmp_path: Path
) -> None:
    of = ["--of", str(exported["int8"])]
    main(["--folder", str(tmp_path / "none"), "export", str(tmp_path), "--format", "bf16", *of])
    assert "quantization_config" not in json.loads((tmp_path / "config.json").read_text("utf-8"))
    assert load_infiller(tmp_path, "cpu").model_name == "fillwright-small"


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_run_is_averaged_with_what_it_started_from(
    state: Path, made: Any, tmp_path: Path, share: float
) -> None:
    config = made.config()
    start, run = (new_model(config, seed=seed).state_dict() for seed in (2, 1))
    torch.save({"config": config, "model": start}, tmp_path / "start.pt")
    export(tmp_path / "start.pt", state / "corpus" / "tokenizer.json", tmp_path / "start", "bf16")
    average = ["--average-with", str(tmp_path / "start"), "--share", str(share)]
    to = tmp_path / "averaged"
    main(["--folder", str(state), "export", str(to), "--format", "bf16", *average])
    found = DiffusionGemma.from_checkpoint(to).state_dict()
    for name, tensor in found.items():
        wanted = (1 - share) * start[name].bfloat16().float() + share * run[name]
        torch.testing.assert_close(tensor.float(), wanted, rtol=0.01, atol=1e-4)


def test_only_a_run_of_the_same_network_is_averaged(state: Path, made: Any, tmp_path: Path) -> None:
    config = made.config(layers=4)
    torch.save({"config": config, "model": new_model(config, 1).state_dict()}, tmp_path / "x.pt")
    export(tmp_path / "x.pt", state / "corpus" / "tokenizer.json", tmp_path / "other")
    average = ["--average-with", str(tmp_path / "other")]
    with pytest.raises(CheckpointError, match="another network"):
        main(["--folder", str(state), "export", str(tmp_path), *average])
    with pytest.raises(BadRequest, match="from 0 to 1"):
        main(["--folder", str(state), "export", str(tmp_path), *average, "--share", "1.5"])


def test_an_export_that_breaks_off_leaves_the_old_checkpoint(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = state / "run" / "state.pt", state / "corpus" / "tokenizer.json"
    export(*files, tmp_path, "bf16")
    (tmp_path / "MODEL_CARD.md").write_text("a card")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "tokenizer" in path.name:
            raise OSError("No space left on device")
        return write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            export(*files, tmp_path, "int8")
    assert all((tmp_path / name).read_bytes() == content for name, content in before.items())
    export(*files, tmp_path, "int8")
    assert {file.name for file in tmp_path.iterdir()} == before.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_the_engine_fills_with_it(exported: dict[Format, Path], name: Format) -> None:
    infiller = load_infiller(exported[name], "cpu", lambda fraction: None)
    request = InfillRequest("x = \n", (Hole(4, 4),), "python", budget=Budget(tokens=4))
    fill = list(infiller.infill(request, lambda: False))[-1]
    assert isinstance(fill, Infill)
    assert (fill.model, fill.decode) == ("fillwright-small", "draft")


def assert_same_logits(model: DiffusionGemma, reference: DiffusionGemmaForBlockDiffusion) -> None:
    prefix, canvas = torch.arange(20, 60), torch.arange(80, 112)[None]
    signal = torch.randn(1, 32, model.config.vocab_size, generator=torch.Generator().manual_seed(0))
    for conditioning in (None, signal):
        with torch.no_grad():
            wanted = reference.eval()(
                input_ids=prefix[None],
                decoder_input_ids=canvas,
                self_conditioning_logits=conditioning,
            ).logits
        ours = model.denoise_logits(canvas, model.prefill(prefix), conditioning)
        assert float((ours - wanted).abs().max()) <= 1e-4
