"""A checkpoint folder in bfloat16 -> a quantised one, file by file, from where it last stopped.

What is done stands in `quantize.json` of the new folder while the work lasts. config.json comes
last: without it no engine takes the folder for a checkpoint.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fillwright.engine.description import skeleton_of
from fillwright.engine.errors import BadRequest, CheckpointError
from fillwright.engine.model.config import model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.safetensors_files import INDEX, files_by_tensor, opened
from fillwright.engine.model.transformer_config import plain_skeleton, transformer_config
from fillwright.engine.quantize.layout import Kind, QuantizeSettings, quantization_config
from fillwright.engine.quantize.shard import WeightError, check_shard, quantise_shard

RECORD = "quantize.json"
COPIED = (
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
)


@dataclass(frozen=True, slots=True)
class Quantised:
    """Bytes of the safetensors files, and the weight error of each kind."""

    bytes_before: int
    bytes_after: int
    error: dict[Kind, float]


def source_shards(source: Path) -> list[Path]:
    """The folder's safetensors files. Raises CheckpointError for a folder that is not an
    unquantised checkpoint of a network that is known."""
    config = read_config(source)
    skeleton = skeleton_of(config)
    if skeleton == "diffusion_gemma":
        model_config(config)
    else:
        transformer_config(config, plain_skeleton(skeleton))
    if config.get("quantization_config"):
        raise CheckpointError(
            f"{source / 'config.json'} says the weights are quantised already; name the "
            "unquantised checkpoint."
        )
    shards = sorted(set(files_by_tensor(source).values()))
    for shard in shards:
        if not shard.is_file():
            raise CheckpointError(
                f"{shard} is missing, although the index names it; download it again."
            )
    return shards


def quantise_folder(
    source: Path,
    target: Path,
    settings: QuantizeSettings,
    device: str,
    read: Callable[[int], None] = lambda count: None,
) -> Quantised:
    """Fill `target`; `read` is told the bytes of `source` that are dealt with, about as many as its
    files have. Raises CheckpointError for the source and BadRequest for the target."""
    shards = source_shards(source)
    for shard in shards:
        check_shard(shard, settings)
    if (target / "config.json").exists():
        raise BadRequest(f"{target} holds a checkpoint already; name another folder.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        record = _Record(target, _job(source, shards, settings))
        for shard in shards:
            if record.has(shard.name):
                read(shard.stat().st_size)
                continue
            error = quantise_shard(shard, target / shard.name, settings, device, read)
            record.add(shard.name, error)
        _finish(source, target, shards, settings)
    except OSError as error:
        raise BadRequest(
            f"{target} cannot be written ({error.strerror or error}); correct that and run the "
            "same command again, which goes on from here."
        ) from error
    record.close()
    return Quantised(
        _bytes(shards), _bytes([target / s.name for s in shards]), record.error().relative()
    )


def _job(source: Path, shards: list[Path], settings: QuantizeSettings) -> dict[str, Any]:
    sizes = {shard.name: shard.stat().st_size for shard in shards}
    return {"source": str(source.resolve()), "sizes": sizes, **asdict(settings)}


class _Record:
    """The files that are done, of a run that may have been interrupted."""

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self._folder, self._job, self._done = folder, job, dict[str, Any]()
        path = folder / RECORD
        if not path.exists():
            return
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
            earlier, self._done = before["job"], dict(before["done"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadRequest(f"{path} cannot be read; remove {folder} and begin again.") from error
        if earlier != job:
            raise BadRequest(
                f"{folder} holds the beginning of another quantisation; give that one's folder "
                "and options, or name another folder."
            )

    def has(self, name: str) -> bool:
        """Whether the file of that name was written, and is still whole."""
        try:
            with opened(self._folder / name, "cpu"):
                return name in self._done
        except CheckpointError:
            return False

    def add(self, name: str, error: WeightError) -> None:
        self._done[name] = asdict(error)
        content = json.dumps({"job": self._job, "done": self._done}, indent=2)
        _replace(self._folder / RECORD, content)

    def error(self) -> WeightError:
        whole = WeightError()
        for error in self._done.values():
            whole.merge(WeightError(**error))
        return whole

    def close(self) -> None:
        (self._folder / RECORD).unlink(missing_ok=True)


def _finish(source: Path, target: Path, shards: list[Path], settings: QuantizeSettings) -> None:
    if (source / INDEX).exists():
        names: dict[str, str] = {}
        for shard in shards:
            with opened(target / shard.name, "cpu") as file:
                names |= dict.fromkeys(file.keys(), shard.name)
        size = _bytes([target / shard.name for shard in shards])
        index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(names.items()))}
        _replace(target / INDEX, json.dumps(index, indent=2) + "\n")
    for name in COPIED:
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)
    config = read_config(source) | {"quantization_config": quantization_config(settings)}
    _replace(target / "config.json", json.dumps(config, indent=2) + "\n")


def _replace(path: Path, content: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def _bytes(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)
