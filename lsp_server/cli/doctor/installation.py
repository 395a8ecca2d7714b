"""Looks at Python, our command, the grammars, the CPU kernels, torch, and the machine's GPU and
memory."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fillwright.engine.extras import has_torch
from fillwright.engine.known_models import choice_for
from fillwright.engine.machine_memory import main_memory
from fillwright.engine.syntax.grammars import GRAMMARS, parser_for
from fillwright.engine.version import VERSION
from fillwright.kernels.cpu.library import NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels
from fillwright.lsp_server.cli.doctor.finding import Finding, ok, wrong
from fillwright.lsp_server.cli.editors.places import own_command

REINSTALL = "Install Fillwright again with pip."
TORCH_TIMEOUT_S = 120
_TORCH = """
import json, torch
gpus = []
if torch.cuda.is_available():
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        gpus.append([torch.cuda.get_device_name(number), free, total])
print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda,
                  "threads": torch.get_num_threads(), "gpus": gpus}))
"""


def look_at_python() -> Iterator[Finding]:
    """The interpreter, and whether its `fillwright` is the one on the PATH."""
    yield ok("python", f"{platform.python_version()} ({sys.executable})")
    own, other = own_command(), shutil.which("fillwright")
    if other is not None and os.path.realpath(other) == os.path.realpath(own):
        yield ok("fillwright", f"{VERSION} ({own})")
        return
    where = f"{other} is another one" if other is not None else "it is not on the PATH"
    yield Finding(
        "fillwright",
        "warning",
        f"{VERSION} ({own}); {where}",
        "`fillwright setup` tells editors the whole path; otherwise put its folder on the PATH.",
    )


def look_at_grammars() -> Iterator[Finding]:
    """The syntax trees' grammars: whether each one loads."""
    try:
        loaded = sum(parser_for(name) is not None for name in GRAMMARS)
    except (ImportError, ValueError) as error:
        yield wrong("grammars", f"a grammar does not load: {error}", REINSTALL)
        return
    yield ok("grammars", f"{loaded} of {len(GRAMMARS)} load")


def look_at_kernels() -> Iterator[Finding]:
    """The kernels that the embedded model runs on: for which instructions of this processor."""
    try:
        found = CpuKernels().instruction_set.name
    except NoKernelsError as error:
        remedy = "Install g++ or clang, then Fillwright again with pip."
        if has_torch():
            yield Finding("cpu kernels", "warning", f"{error} torch does their work", remedy)
        else:
            yield wrong("cpu kernels", str(error), remedy)
        return
    yield ok("cpu kernels", found)


def look_at_torch() -> Iterator[Finding]:
    """PyTorch, and the GPUs that it sees."""
    if not has_torch():
        found = "not installed; only a GPU, training and other checkpoints need it"
        yield Finding("torch", "missing", found)
        return
    # a process of its own: this one stays small, and a broken installation may crash
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-c", _TORCH],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TORCH_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield wrong("torch", "it takes minutes to load", "Look at the disk and the memory.")
        return
    if asked.returncode:
        reason = asked.stderr.strip().rpartition("\n")[2] or f"exit code {asked.returncode}"
        yield wrong("torch", f"it does not load: {reason}", REINSTALL)
        return
    torch: dict[str, Any] = json.loads(asked.stdout)
    built = f"CUDA {torch['cuda']}" if torch["cuda"] else "CPU"
    yield ok("torch", f"{torch['version']}, built for {built}")
    yield from _gpus(torch)
    yield ok("models", recommended([total / 1e9 for _, _, total in torch["gpus"]]))


def recommended(gpu_gigabytes: Sequence[float]) -> str:
    """Which open model to run on GPUs of these sizes, by the table of docs/models.md."""
    choice = choice_for(gpu_gigabytes)
    if choice.model is None:
        return "the embedded one suits this machine; docs/models.md has those for a GPU"
    return (
        f"`fillwright pull {choice.model.alias}` suits this GPU, in {choice.form}: "
        f"{choice.model.use}"
    )


def look_at_memory(checkpoint: Path) -> Iterator[Finding]:
    """The machine's memory, and whether the checkpoint's weights fit into it."""
    memory = main_memory()
    if memory is None:
        return
    free, total = memory
    found = f"{_gigabytes(free)} of {_gigabytes(total)} free"
    weights = sum(path.stat().st_size for path in checkpoint.glob("*.safetensors"))
    if weights > total:
        yield wrong(
            "memory",
            f"{found}; the checkpoint alone is {_gigabytes(weights)}",
            "Give --model a smaller checkpoint, or use a machine with more memory.",
        )
    elif weights > free:
        yield Finding(
            "memory",
            "warning",
            f"{found}; the checkpoint needs {_gigabytes(weights)}",
            "Close what you do not need before the first fill.",
        )
    else:
        yield ok("memory", found)


def _gpus(torch: dict[str, Any]) -> Iterator[Finding]:
    for name, free, total in torch["gpus"]:
        yield ok("gpu", f"{name}, {_gigabytes(free)} of {_gigabytes(total)} free")
    if torch["gpus"]:
        return
    found = f"none; the model runs on the CPU (threads: {torch['threads']})"
    if shutil.which("nvidia-smi") is None:
        yield Finding("gpu", "missing", found)
    elif torch["cuda"]:
        remedy = "See whether `nvidia-smi` names a GPU, and a driver that is new enough."
        yield Finding("gpu", "warning", found, remedy)
    else:
        remedy = "Install PyTorch with CUDA, as its installation page tells."
        yield Finding("gpu", "warning", found, remedy)


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
