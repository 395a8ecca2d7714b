"""Runs candidate programs: code that a model wrote, which may loop, eat memory or delete files.

Each runs in a process of its own with an empty environment and a scratch folder that is removed
afterwards; `sandboxed.py` is that process and says what it gives up. It guards against accidents
and careless code. It is no defence against an attack on Python or the kernel.
"""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from fillwright.engine.errors import BadRequest, EngineFailed
from fillwright.engine.evaluation import sandboxed

Verdict = Literal["passed", "assertion", "syntax", "error", "memory", "timeout", "killed"]
LAYERS = ("limits", "network", "files", "calls", "audit")

_VERDICTS: dict[int, Verdict] = {
    sandboxed.PASSED: "passed",
    sandboxed.ASSERTION: "assertion",
    sandboxed.SYNTAX: "syntax",
    sandboxed.MEMORY: "memory",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of processor time, and of waiting in all; bytes of memory and of one file.

    The processor's time decides, so that a busy machine changes no verdict.
    """

    processor_seconds: int = 3
    seconds: float = 30.0
    memory: int = 256 * 2**20
    file_size: int = 2**20


def run_program(program: str, limits: Limits = Limits()) -> Verdict:
    """Run a Python program to its end or its limits.

    `passed` means that it reached its last line: one that exits by itself has not. `killed`: by a
    signal other than that of its processor time.
    """
    with tempfile.TemporaryDirectory(prefix="fillwright-") as scratch:
        process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-s", "-S", "-B", sandboxed.__file__),
                *map(str, (limits.processor_seconds, limits.memory, limits.file_size)),
            ],
            cwd=scratch,
            # sets are in the same order each time; the program does not see the variable
            env={"PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.communicate(program.encode("utf-8", "surrogatepass"), timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            return "timeout"
        finally:
            _end_group(process)
    if process.returncode == -signal.SIGXCPU:
        return "timeout"
    return _VERDICTS.get(process.returncode, "killed" if process.returncode < 0 else "error")


def layers() -> tuple[str, ...]:
    """What the sandbox is made of on this machine, out of LAYERS.

    Raises BadRequest where no limits can be set, EngineFailed when not even a harmless program
    passes.
    """
    if sys.platform == "win32":
        raise BadRequest("Windows cannot limit what candidate programs do; run this in WSL.")
    if run_program("import typing, math, re, hashlib, collections") != "passed":
        raise EngineFailed(
            f"A harmless program does not pass in the sandbox; see that {sys.executable} starts "
            "and reads its library with an empty environment."
        )
    return tuple(
        layer for layer in LAYERS if run_program(f"assert {layer!r} in __layers__") == "passed"
    )


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
