import logging
from pathlib import Path

import pytest
import torch

from fillwright.engine.checkpoint_path import embedded_checkpoint
from fillwright.engine.infill.loading_cpu import load_on_cpu
from fillwright.engine.model import DiffusionGemma
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.training.export import re_export
from fillwright.kernels.cpu.compiling import FOLDER, LIBRARY
from fillwright.kernels.cpu.library import NoKernelsError, load_library
from fillwright.kernels.cpu.operations import CpuKernels


def ignored(fraction: float) -> None:
    pass


@pytest.mark.skipif(not (FOLDER / LIBRARY).exists(), reason="the CPU kernels were not built here")
def test_int8_checkpoints_run_on_the_kernels_and_others_on_torch(
    tiny_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for folder in (embedded_checkpoint(), tiny_folder):
        assert type(load_on_cpu(folder, torch.float32, ignored)) is CpuDiffusionGemma
    re_export(tiny_folder, tmp_path, "bf16")
    with caplog.at_level(logging.INFO):
        assert type(load_on_cpu(tmp_path, torch.float32, ignored)) is DiffusionGemma
    assert [record.message for record in caplog.records] == [
        f"The model runs on torch. {tmp_path} is not a checkpoint of one expert in int8."
    ]


def test_without_a_library_torch_runs_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / LIBRARY).write_text("no library", "utf-8")

    def broken(threads: int) -> CpuKernels:
        return CpuKernels(threads, library=load_library(tmp_path / LIBRARY))

    with pytest.raises(NoKernelsError, match="cannot be loaded"):
        broken(1)
    with caplog.at_level(logging.INFO):
        model = load_on_cpu(embedded_checkpoint(), torch.float32, ignored, broken)
    assert type(model) is DiffusionGemma
    assert [record.message.split(" (")[0] for record in caplog.records] == [
        "The model runs on torch. The CPU kernels cannot be loaded"
    ]
