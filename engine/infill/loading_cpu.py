"""A checkpoint folder -> the network on the CPU's kernels. Knows files; knows no text."""

from collections.abc import Callable
from pathlib import Path

from fillwright.engine.infill.loaded import Loaded
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.cpu_model import CpuDiffusionGemma
from fillwright.engine.model.cpu_weights import read_network
from fillwright.kernels.cpu.operations import CpuKernels


def load_on_kernels(
    checkpoint: Path,
    threads: int,
    progress: Callable[[float], None],
    open_kernels: Callable[[int], CpuKernels] = CpuKernels,
    adapter: Adapter | None = None,
) -> Loaded:
    """With an adapter, their sum. Raises NoKernelsError where this machine has no kernels,
    NotForKernelsError where they do not take the checkpoint, and CheckpointError where nothing
    can."""
    network = read_network(checkpoint, open_kernels(threads), progress, adapter)
    return Loaded(CpuDiffusionGemma(network))
