"""A checkpoint folder -> the network on torch: on a GPU by our loop where it takes it, else by
torch's own operations.

Knows files and devices; knows no text.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import torch

from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.errors import CheckpointError
from fillwright.engine.infill.loaded import Loaded
from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.config import ModelConfig, model_config
from fillwright.engine.model.config_json import read_config
from fillwright.engine.model.diffusion_gemma import DiffusionGemma


def load_on_torch(
    checkpoint: Path,
    device: str,
    settings: DenoiseSettings,
    threads: int,
    progress: Callable[[float], None],
    adapter: Adapter | None = None,
) -> Loaded:
    """`device` is "cpu" or names a GPU, and `settings` are the checkpoint's. Raises
    CheckpointError, as where our loop for GPUs, which takes no adapter, runs the network."""
    torch.set_num_threads(threads)
    if device == "cpu":
        model = DiffusionGemma.from_checkpoint(checkpoint, device, cpu_dtype(), progress)
        add_adapter(model, adapter)
        model.pack_matrices()
        return Loaded(model)
    if not torch.cuda.is_available():
        raise CheckpointError("No CUDA device can be used here; choose the device 'cpu'.")
    weights = checkpoint, device, torch.bfloat16, progress
    if not has_kernels(model_config(read_config(checkpoint)), settings):
        model = DiffusionGemma.from_checkpoint(*weights)
        add_adapter(model, adapter)
        return Loaded(model, device, no_memory=(torch.OutOfMemoryError,))
    if adapter is not None:
        raise CheckpointError(
            "A GPU does not take this checkpoint with an adapter; write their sum with "
            "`fillwright tune merge`."
        )
    # Triton is not everywhere
    from fillwright.engine.infill.loading_gpu import load_on_gpu

    on_gpu = load_on_gpu(*weights)
    return Loaded(
        on_gpu.model,
        device,
        loop=on_gpu.loop,
        caches=on_gpu.caches,
        room=on_gpu.caches[0].room,
        warning=on_gpu.warning,
        no_memory=(torch.OutOfMemoryError,),
    )


@torch.no_grad()
def add_adapter(model: DiffusionGemma, adapter: Adapter | None) -> None:
    """In place, before matrices are packed. Raises CheckpointError for one of another model."""
    if adapter is None:
        return
    parameters = dict(model.named_parameters())
    adapter.check({name: tuple(each.shape) for name, each in parameters.items()})
    for name in adapter.matrices:
        parameters[name].add_(torch.from_numpy(adapter.delta(name)).to(parameters[name]))


def has_kernels(config: ModelConfig, settings: DenoiseSettings) -> bool:
    """Whether a GPU's loop takes the network: DiffusionGemma's own form, where Triton runs."""
    form = config.experts > 1 and settings.rows is RowConvention.OWN
    return form and find_spec("triton") is not None


def cpu_dtype() -> torch.dtype:
    """bfloat16 on CPUs that multiply it in hardware, where it is faster."""
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def sees_a_gpu() -> bool:
    return torch.cuda.is_available()
