"""`fillwright quantize` against compressed-tensors, and against interruptions."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from compressed_tensors.compressors import ModelCompressor
from compressed_tensors.compressors.pack_quantized.helpers import pack_to_int32, unpack_from_int32
from compressed_tensors.quantization import (
    QuantizationArgs,
    QuantizationConfig,
    apply_quantization_config,
)
from compressed_tensors.quantization.lifecycle.forward import quantize
from compressed_tensors.quantization.utils import calculate_qparams
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from fillwright.engine.errors import BadRequest, CheckpointError
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.four_bits import int4_matrix, int4_packed
from fillwright.engine.model.quantization import quantise_fp8
from fillwright.engine.model.quantization_config import expert_parts
from fillwright.engine.model.safetensors_files import stored_name
from fillwright.engine.quantize import shard as shard_module
from fillwright.engine.quantize.command import main
from fillwright.engine.quantize.folder import RECORD, quantise_folder, source_shards
from fillwright.engine.quantize.layout import Experts, QuantizeSettings, Rest

INDEX = "model.safetensors.index.json"
QUERY = "model.decoder.layers.3.self_attn.q_proj.weight"
EXPERTS = "model.decoder.layers.3.experts.gate_up_proj"


def all_tensors(folder: Path) -> dict[str, Tensor]:
    return {n: t for path in folder.glob("*.safetensors") for n, t in load_file(path).items()}


@pytest.mark.parametrize("group", [32, 64, 128])
def test_int4_is_packed_as_the_library_packs_it(group: int) -> None:
    weight = torch.randn(5, 256, generator=torch.Generator().manual_seed(1)) * 3
    weight[2] = 0
    packed, scale = int4_packed(weight, group)
    args = QuantizationArgs(num_bits=4, type="int", strategy="group", group_size=group)
    values = quantize(weight, scale.float(), None, args, torch.int8)
    assert torch.equal(packed, pack_to_int32(values, 4))
    grouped = weight.unflatten(-1, (-1, group))
    theirs, _ = calculate_qparams(grouped.amin(-1), grouped.amax(-1), args)
    kept = [0, 1, 3, 4]  # what the scale of a group of zeros is does not matter
    assert torch.equal(scale[kept], theirs[kept].bfloat16())
    assert torch.equal(unpack_from_int32(packed, 4, weight.shape), values)
    assert torch.equal(
        int4_matrix(packed, scale.float(), 256),
        (values.float().unflatten(-1, (-1, group)) * scale.float()[..., None]).flatten(-2),
    )


def test_fp8_is_rounded_as_the_library_rounds_it() -> None:
    weight = torch.randn(7, 96, generator=torch.Generator().manual_seed(1)) * 3
    stored, scale = quantise_fp8(weight)
    args = QuantizationArgs(num_bits=8, type="float", strategy="channel")
    theirs = quantize(weight, scale, None, args, torch.float8_e4m3fn)
    assert torch.equal(stored.float(), theirs.float())
    assert bool((stored.float().abs().amax(-1) == 448).all())


@pytest.mark.parametrize(
    ("experts", "rest"),
    [
        *[("int4", "bf16"), ("int4", "fp8"), ("fp8", "fp8"), ("fp8", "bf16")],
        *[("int8", "bf16"), ("int8", "fp8")],
    ],
)
def test_the_library_opens_the_folder_and_reads_what_we_read(
    source: Path, tmp_path: Path, experts: Experts, rest: Rest
) -> None:
    done = quantise_folder(source, tmp_path / "q", QuantizeSettings(experts, rest), "cpu")
    stored, exact = all_tensors(tmp_path / "q"), all_tensors(source)
    theirs = decompressed(tmp_path / "q", stored)
    ours = DiffusionGemma.from_checkpoint(tmp_path / "q").state_dict()
    squares: dict[str, list[float]] = {"experts": [0.0, 0.0], "rest": [0.0, 0.0]}
    for name, tensor in ours.items():
        full = stored_name(name)
        parts = expert_parts(full, len(tensor))
        if parts:
            wanted = torch.stack([torch.cat([theirs[p] for p in names]) for names in parts])
        else:
            wanted = theirs.get(full, exact[full])
        torch.testing.assert_close(tensor, wanted.float(), rtol=2**-7, atol=0)
        kind = "experts" if parts else "rest"
        changed = bool((tensor != exact[full].float()).any())
        rounded = parts or (rest == "fp8" and re.search("self_attn|mlp|self_cond", full))
        assert changed == bool(rounded and full.endswith(("_proj", "_proj.weight"))), full
        if changed:
            weights = exact[full].double()
            squares[kind][0] += float(weights.square().sum())
            squares[kind][1] += float((tensor.double() - weights).square().sum())
    found = {kind: (change / whole) ** 0.5 for kind, (whole, change) in squares.items() if whole}
    assert done.error == pytest.approx(found, rel=1e-3)
    assert done.bytes_after < done.bytes_before


def decompressed(folder: Path, stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """What the library makes of all quantised matrices: a tree of Linear modules of their names,
    under the folder's own quantization_config."""
    entry = json.loads((folder / "config.json").read_text())["quantization_config"]
    assert QuantizationConfig.model_validate(entry).quantization_status == "compressed"
    # for the modules are built here, and the library compresses them before our tensors come in
    config = QuantizationConfig.model_validate(entry | {"quantization_status": "frozen"})
    names = [n.removesuffix("_scale") for n in stored if n.endswith(".weight_scale")]
    root = nn.Module()
    for name in names:
        stored_shape = stored.get(f"{name}_shape")
        rows, columns = stored[name].shape if stored_shape is None else stored_shape.tolist()
        place = root
        *path, leaf = name.removesuffix(".weight").split(".")
        for part in path:
            if not hasattr(place, part):
                place.add_module(part, nn.Module())
            place = getattr(place, part)
        place.add_module(leaf, nn.Linear(columns, rows, bias=False))
    apply_quantization_config(root, config, show_progress=False)
    compressor = ModelCompressor.from_pretrained_model(root)
    compressor.compress_model(root)
    wanted = {n for n in stored if n.startswith(tuple(names))}
    assert wanted == set(root.state_dict())
    root.load_state_dict({n: stored[n] for n in wanted}, assign=True)
    compressor.decompress_model(root)
    return {name: root.get_parameter(name).detach() for name in names}


def test_an_interrupted_run_goes_on(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, target = QuantizeSettings("int4", "fp8"), tmp_path / "q"
    whole = quantise_folder(source, tmp_path / "whole", settings, "cpu")
    shards = source_shards(source)
    stop_after(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        quantise_folder(source, target, settings, "cpu")
    with pytest.raises(CheckpointError):
        DiffusionGemma.from_checkpoint(target)
    assert not (target / shards[2].name).exists()
    monkeypatch.undo()
    # one that is done is damaged since; one that is not done lies there, of something else
    (target / shards[0].name).write_bytes((target / shards[0].name).read_bytes()[:-5])
    shutil.copy(shards[2], target)
    kept = (target / shards[1].name).stat().st_mtime_ns
    again = quantise_folder(source, target, settings, "cpu")
    assert again == whole
    assert (target / shards[1].name).stat().st_mtime_ns == kept
    files = {path.name for path in (tmp_path / "whole").iterdir()}
    assert {path.name for path in target.iterdir()} == files
    assert {"config.json", "tokenizer.json", "generation_config.json", INDEX} <= files
    assert RECORD not in files
    for name in files:
        assert (target / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_other_options_do_not_continue_a_run(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        quantise_folder(source, tmp_path, QuantizeSettings("int4"), "cpu")
    with pytest.raises(BadRequest, match="another quantisation"):
        quantise_folder(source, tmp_path, QuantizeSettings("fp8"), "cpu")


def stop_after(monkeypatch: pytest.MonkeyPatch, shards: int) -> None:
    """Interrupt the writing of the next shard, when its bytes are written but not yet its name."""
    written, save = [], shard_module.save_file

    def interrupted(tensors: dict[str, Tensor], path: Path, metadata: Any) -> None:
        save(tensors, path, metadata)
        written.append(path)
        if len(written) > shards:
            raise KeyboardInterrupt

    monkeypatch.setattr(shard_module, "save_file", interrupted)


def test_a_folder_that_cannot_be_quantised_is_named(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"32 columns, which groups of 64"):
        quantise_folder(source, tmp_path / "g", QuantizeSettings("int4", group=64), "cpu")
    assert not (tmp_path / "g").exists()
    with pytest.raises(BadRequest, match="holds a checkpoint already"):
        quantise_folder(source, source, QuantizeSettings("int4"), "cpu")
    quantise_folder(source, tmp_path / "q", QuantizeSettings("int4"), "cpu")
    with pytest.raises(CheckpointError, match="quantised already"):
        quantise_folder(tmp_path / "q", tmp_path / "r", QuantizeSettings("int4"), "cpu")
    (tmp_path / "file").touch()
    with pytest.raises(BadRequest, match="cannot be written"):
        quantise_folder(source, tmp_path / "file" / "q", QuantizeSettings("int4"), "cpu")


@pytest.mark.parametrize("name", [QUERY, EXPERTS])
@pytest.mark.parametrize(
    ("change", "said"), [(lambda t: t * torch.nan, "no numbers"), (lambda t: t.char(), "int8")]
)
def test_a_weight_that_cannot_be_quantised_is_named(
    source: Path, tmp_path: Path, name: str, change: Callable[[Tensor], Tensor], said: str
) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "broken"))
    path = folder / json.loads((folder / INDEX).read_text())["weight_map"][name]
    tensors = load_file(path)
    save_file(tensors | {name: change(tensors[name])}, path)
    with pytest.raises(CheckpointError) as refusal:
        quantise_folder(folder, tmp_path / "q", QuantizeSettings("int4", "fp8"), "cpu")
    stem = name.removesuffix("gate_up_proj")
    for each in (stem, str(path), said):
        assert each in str(refusal.value)


def test_a_truncated_shard_of_the_source_is_named(source: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "broken"))
    path = source_shards(folder)[1]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=re.escape(str(path))):
        quantise_folder(folder, tmp_path / "q", QuantizeSettings("int4"), "cpu")
    path.unlink()
    with pytest.raises(CheckpointError, match=re.escape(str(path))):
        quantise_folder(folder, tmp_path / "q", QuantizeSettings("int4"), "cpu")


def test_the_command_says_sizes_and_errors(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(source), str(tmp_path / "q"), "--experts", "int4", "--rest", "fp8"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"0\.00 GB -> 0\.00 GB", out)
    assert (
        len(re.findall(r"^(experts|rest): relative RMS error of the weights 0\.\d+$", out, re.M))
        == 2
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's own peak")
def test_memory_does_not_grow_with_the_checkpoint(source: Path, tmp_path: Path) -> None:
    """Eight shards of 64 MB: the peak stays below what four of them would take."""
    folder = tmp_path / "big"
    folder.mkdir()
    shutil.copy(source / "config.json", folder)
    names = {}
    for layer in range(8):
        tensors = {
            f"model.decoder.layers.{layer}.experts.down_proj": torch.zeros(
                32, 1024, 1024
            ).bfloat16()
        }
        save_file(tensors, folder / f"{layer}.safetensors")
        names |= dict.fromkeys(tensors, f"{layer}.safetensors")
    (folder / INDEX).write_text(json.dumps({"weight_map": names}))
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from fillwright.engine.quantize.folder import quantise_folder\n"
        "from fillwright.engine.quantize.layout import QuantizeSettings\n"
        # getrusage's peak is at least that of the process that started the program
        "def peak():\n"
        "    status = Path('/proc/self/status').read_text()\n"
        "    return int(status.split('VmHWM:')[1].split()[0]) * 1024\n"
        "before = peak()\n"
        "quantise_folder(Path(sys.argv[1]), Path(sys.argv[2]), QuantizeSettings('int4'), 'cpu')\n"
        "print(peak() - before)\n"
    )
    command = [sys.executable, "-P", "-c", program, str(folder), str(tmp_path / "q")]
    grown = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert 2**26 < grown < 4 * 2**26
