from pathlib import Path

import pytest

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.infill.loading_cpu import load_on_kernels
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_weights import NotForKernelsError
from fillwright.engine.training.export import re_export
from fillwright.kernels.cpu.compiling import FOLDER, LIBRARY
from fillwright.kernels.cpu.library import NoKernelsError, load_library
from fillwright.kernels.cpu.operations import CpuKernels


@pytest.mark.skipif(not (FOLDER / LIBRARY).exists(), reason="the CPU kernels were not built here")
def test_int8_checkpoints_run_on_the_kernels_and_no_others(
    tiny_folder: Path, tmp_path: Path
) -> None:
    for folder in (embedded_checkpoint(), tiny_folder):
        seen: list[float] = []
        loaded = load_on_kernels(folder, 1, seen.append)
        assert type(loaded.model) is CpuDiffusionGemma
        assert seen == sorted(seen)
        assert seen[-1] == 1.0
    re_export(tiny_folder, tmp_path, "bf16")
    with pytest.raises(NotForKernelsError, match="in int8 or int4"):
        load_on_kernels(tmp_path, 1, seen.append)


def test_a_library_that_does_not_load_is_no_kernels(tmp_path: Path) -> None:
    (tmp_path / LIBRARY).write_text("no library", "utf-8")

    def broken(threads: int) -> CpuKernels:
        return CpuKernels(threads, library=load_library(tmp_path / LIBRARY))

    with pytest.raises(NoKernelsError, match="cannot be loaded"):
        load_on_kernels(embedded_checkpoint(), 1, lambda fraction: None, broken)
