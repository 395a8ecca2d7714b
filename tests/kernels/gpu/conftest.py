"""Triton's kernels on what is here: natively on a GPU, otherwise in Triton's interpreter on the
CPU; and compiled for GPUs that are not here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("triton", reason="Triton's kernels are not tested: Triton runs on Linux alone")

SHARED_BYTES = {80: 163 << 10, 89: 99 << 10, 90: 227 << 10, 120: 99 << 10}


@dataclass(frozen=True)
class Built:
    """What the compiler made of a kernel: registers per thread, bytes of shared memory, and how
    often each machine instruction stands in it."""

    registers: int
    shared: int
    instructions: dict[str, int]

    @property
    def spills(self) -> int:
        """Loads from and stores to memory that stands in for registers."""
        return self.instructions.get("LDL", 0) + self.instructions.get("STL", 0)

    def has(self, *opcodes: str) -> bool:
        """Whether one of the instructions is in it."""
        return any(opcode in self.instructions for opcode in opcodes)


Build = Callable[..., Built]


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a kernel should write is NaN, or the largest integer, until it does."""
    monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", True)
    torch.use_deterministic_algorithms(True, warn_only=True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture
def float_type() -> torch.dtype:
    """The type of activations: the interpreter computes no bfloat16."""
    return torch.bfloat16 if torch.cuda.is_available() else torch.float32


@pytest.fixture(scope="session")
def compiler(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator["subprocess.Popen[str]"]:
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(tmp_path_factory.mktemp("triton"))
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("compiler.py")],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def build(compiler: "subprocess.Popen[str]") -> Build:
    """Compiles `kernel` ("module:function") for `arch` (80, 89, 90, 120) and checks that it fits.

    types: Triton's type of every run-time argument; constants: the constexprs, Triton's types
    written "tl.bfloat16"; aligned: the arguments that are multiples of 16; then num_warps and such.
    """

    def built(arch: int, **case: Any) -> Built:
        assert compiler.stdin is not None
        assert compiler.stdout is not None
        compiler.stdin.write(json.dumps({"arch": arch, "enable_fp_fusion": True, **case}) + "\n")
        compiler.stdin.flush()
        line = compiler.stdout.readline()
        assert line, "the compiler gave up; its traceback stands above"
        result = Built(**json.loads(line))
        assert result.shared <= SHARED_BYTES[arch]
        return result

    return built
