"""A checkpoint folder -> the network as this CPU runs it best: with the int8 kernels where they are
there and take the checkpoint, else with torch alone.

Knows files; knows no text.
"""

import logging
from collections.abc import Callable
from pathlib import Path

import torch

from fillwright.engine.model import DiffusionGemma
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_weights import NotInt8Error, check_int8, read_network
from fillwright.kernels.cpu.library import NoKernelsError
from fillwright.kernels.cpu.operations import CpuKernels

log = logging.getLogger(__name__)


def load_on_cpu(
    checkpoint: Path,
    dtype: torch.dtype,
    progress: Callable[[float], None],
    open_kernels: Callable[[int], CpuKernels] = CpuKernels,
) -> DiffusionGemma:
    """The kernels get as many threads as torch has. Raises CheckpointError."""
    weights = checkpoint, "cpu", dtype, progress
    try:
        kernels = open_kernels(torch.get_num_threads())
        check_int8(checkpoint)
        model = CpuDiffusionGemma.from_checkpoint(*weights)
        model.use_kernels(read_network(model, checkpoint, kernels))
    except (NoKernelsError, NotInt8Error) as reason:
        log.info("The model runs on torch. %s", reason)
        return DiffusionGemma.from_checkpoint(*weights)
    return model
