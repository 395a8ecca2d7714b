"""A checkpoint's files: an input is one JSON object, `files` by name (JSON, or text as it is) and
`tensors`, [type, shape] by name, which become a safetensors file; or `header`, which is put before
the same bytes as it is. Such a folder is read, or refused by one sentence."""

import contextlib
import json
import shutil
import struct
import tempfile
from math import prod
from pathlib import Path
from typing import Any

from fillwright.engine.diffusion.settings import checkpoint_settings
from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.ranking.calibration import Calibrations
from fillwright.engine.memory.gate import Gate
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma

BYTES = {"F32": 4, "BF16": 2, "F16": 2, "F8_E4M3": 1, "I8": 1, "U8": 1, "I32": 4, "I64": 8}
MOST_BYTES, LONGEST_NAME = 1 << 20, 60
# no number that is made of it is infinite, in any type
BYTE = b"\x3c"


def run(data: bytes) -> None:
    try:
        said = json.loads(data)
        # a list of pairs is no object
        files, tensors = dict(said["files"].items()), dict(said.get("tensors", {}).items())
        stored = safetensors(tensors, said.get("header"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        return
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "model.safetensors").write_bytes(stored)
        for name, content in files.items():
            if name and Path(name).name == name and name.isprintable() and len(name) < LONGEST_NAME:
                text = content if isinstance(content, str) else json.dumps(content)
                (folder / name).write_text(text, "utf-8", "surrogatepass")
        read(folder)
    finally:
        shutil.rmtree(folder)


def read(folder: Path) -> None:
    """All that reads a checkpoint's files, each for itself."""
    with contextlib.suppress(CheckpointError):
        DiffusionGemma.from_checkpoint(folder)
    with contextlib.suppress(CheckpointError):
        checkpoint_settings(read_config(folder), {})
    with contextlib.suppress(CheckpointError):
        Calibrations.of_checkpoint(folder)
    with contextlib.suppress(CheckpointError):
        Gate.of_checkpoint(folder)


def safetensors(tensors: dict[str, Any], header: Any) -> bytes:
    """A file of such tensors, one after another; with a `header`, that one before their bytes."""
    made: dict[str, Any] = {}
    end = 0
    for name, (kind, shape) in tensors.items():
        if not isinstance(shape, list) or any(type(size) is not int for size in shape):
            raise TypeError(f"{shape} is no shape")
        start, end = end, end + BYTES.get(kind, 1) * prod(shape)
        made[name] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    text = header if isinstance(header, str) else json.dumps(made if header is None else header)
    packed = text.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(packed)) + packed + BYTE * max(0, min(end, MOST_BYTES))
