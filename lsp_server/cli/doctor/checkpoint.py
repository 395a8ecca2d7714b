"""Looks at a checkpoint's files, without loading them: are they whole, and what is in them."""

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fillwright.engine.description import describe
from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.tokens.byte_level import FILES
from fillwright.engine.infill.tokens.tokenizer import CodeTokenizer
from fillwright.lsp_server.cli.doctor.finding import Finding, ok, wrong

REMEDY = "Give --model a folder with config.json, tokenizer.json and safetensors files."
FETCH = "Fetch the checkpoint again."
# one that is whole, or what one can be made of
TOKENIZERS = (("tokenizer.json",), FILES)
# a header larger than the format's own limit is none
LARGEST_HEADER = 100_000_000


def look_at_checkpoint(folder: Path) -> Iterator[Finding]:
    """The folder as one finding."""
    try:
        config = _config(folder)
        weights, formats = _weights(folder)
        tokens = CodeTokenizer.from_checkpoint(folder).special_names
    except _Spoilt as spoilt:
        yield wrong("checkpoint", str(spoilt), spoilt.remedy)
        return
    except CheckpointError as error:
        yield wrong("checkpoint", str(error), FETCH)
        return
    name = f"{folder.name} ({folder.parent})"
    size = f"{weights / 1e9:.1f} GB" if weights > 1e9 else f"{weights / 1e6:.1f} MB"
    yield ok("checkpoint", f"{name}: {_family(config, tokens)}, {size}, {', '.join(formats)}")


def _family(config: Mapping[str, Any], tokens: frozenset[str]) -> str:
    """By its config and its special tokens, as loading tells it; else its network, for what makes a
    family known is said where it is loaded."""
    try:
        return describe(config, tokens).family
    except CheckpointError:
        return str(config.get("model_type", "a model of no type"))


class _Spoilt(Exception):  # noqa: N818 - what was found, not an error
    def __init__(self, found: str, remedy: str = REMEDY) -> None:
        super().__init__(found)
        self.remedy = remedy


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_bytes())
    except OSError as error:
        raise _Spoilt(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise _Spoilt(f"{path} is not JSON: {error}") from None
    if not isinstance(config, dict):
        raise _Spoilt(f"{path} is not a JSON object")
    return config


def _weights(folder: Path) -> tuple[int, list[str]]:
    """The bytes of all weights, and the formats of their numbers."""
    if not any(all((folder / name).is_file() for name in names) for names in TOKENIZERS):
        raise _Spoilt(f"{folder} has no tokenizer.json")
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise _Spoilt(f"{folder} has no safetensors files")
    for name in _shards(folder) - {path.name for path in files}:
        raise _Spoilt(f"{folder} lacks {name}", FETCH)
    formats: set[str] = set()
    for path in files:
        formats |= _formats(path)
    return sum(path.stat().st_size for path in files), sorted(formats)


def _shards(folder: Path) -> set[str]:
    try:
        index = json.loads((folder / "model.safetensors.index.json").read_bytes())
        return set(index["weight_map"].values())
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _Spoilt(f"{folder} has an index of its weights that cannot be read", FETCH) from None


def _formats(path: Path) -> set[str]:
    """The number formats that a safetensors file's header names; also sees that it is whole."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, LARGEST_HEADER)))
        tensors = [tensor for name, tensor in header.items() if name != "__metadata__"]
        end = max((tensor["data_offsets"][1] for tensor in tensors), default=0)
        formats = {tensor["dtype"] for tensor in tensors}
    except OSError as error:
        raise _Spoilt(f"{path}: {error.strerror}") from None
    except (ValueError, struct.error, KeyError, TypeError, AttributeError, IndexError):
        raise _Spoilt(f"{path.name} is not a safetensors file", FETCH) from None
    if 8 + length + end != size:
        raise _Spoilt(f"{path.name} is {size} bytes long and should be {8 + length + end}", FETCH)
    return formats
