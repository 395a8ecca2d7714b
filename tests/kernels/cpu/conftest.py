import ctypes
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fillwright.kernels.cpu import operations
from fillwright.kernels.cpu.compiling import FOLDER, LIBRARY
from fillwright.kernels.cpu.library import InstructionSet, NoKernelsError, load_library
from tests.kernels.cpu.tensors import TensorKernels

# the library of another build, such as that of test_sanitizers.py
OTHER = "FILLWRIGHT_CPU_LIBRARY"


@pytest.fixture(scope="session")
def library() -> ctypes.CDLL:
    path = Path(os.environ.get(OTHER, FOLDER / LIBRARY))
    if not path.exists():
        pytest.skip("the CPU kernels were not built here: no compiler")
    return load_library(path)


@pytest.fixture(params=list(InstructionSet), ids=lambda each: each.name.lower())
def kernels(request: pytest.FixtureRequest, library: ctypes.CDLL) -> TensorKernels:
    """With one thread and each instruction set that this processor has."""
    try:
        return TensorKernels(1, request.param, library)
    except NoKernelsError as missing:
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made for results holds NaN, or -1, so that one left out is seen."""
    make = operations.empty

    def poison(*shape: int, dtype: type[np.generic] = np.float32) -> NDArray[Any]:
        made = make(*shape, dtype=dtype)
        made.fill(np.nan if issubclass(dtype, np.floating) else -1)
        return made

    monkeypatch.setattr(operations, "empty", poison)
