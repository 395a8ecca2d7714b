import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from fillwright.kernels.cpu.compiling import FOLDER, LIBRARY
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError, load_library
from fillwright.kernels.cpu.operations import CpuKernels

# the library of another build, such as that of test_sanitizers.py
OTHER = "FILLWRIGHT_CPU_LIBRARY"


@pytest.fixture(scope="session")
def library() -> ctypes.CDLL:
    path = Path(os.environ.get(OTHER, FOLDER / LIBRARY))
    if not path.exists():
        pytest.skip("the CPU kernels were not built here: no compiler")
    return load_library(path)


@pytest.fixture(params=list(InstructionSet), ids=lambda each: each.name.lower())
def kernels(request: pytest.FixtureRequest, library: ctypes.CDLL) -> CpuKernels:
    """With one thread and each instruction set that this processor has."""
    try:
        return CpuKernels(1, request.param, library)
    except NoKernelsError as missing:
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def poisoned() -> Iterator[None]:
    """What torch.empty returns holds NaN, so that a result left out is seen."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)
