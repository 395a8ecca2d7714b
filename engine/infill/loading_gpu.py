"""A checkpoint folder -> what an Infiller needs of a GPU: the network with packed experts, the
loop, and caches in as many slots as there is memory for.

Knows files and the device's memory; knows no text.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from fillwright.engine.diffusion.canvas import BUCKETS
from fillwright.engine.diffusion.gpu_loop import GpuLoop
from fillwright.engine.errors import CheckpointError
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.engine.model.gpu_weights import load_packed, packed_bytes
from fillwright.engine.model.slot_cache import SlotCache

log = logging.getLogger(__name__)

ROOM = 10240
"""Tokens of a slot: the windows of a chat prompt, what is said around them, and a long fill."""
SLOTS = (8, 4, 2, 1)
"""Prompts that are kept: the first of these numbers that the card has room for."""
REMEDY = (
    "use four-bit experts (`fillwright quantize SRC DST --experts int4`), close what else uses the "
    "GPU, or choose the device 'cpu'."
)


@dataclass(frozen=True, slots=True, eq=False)
class OnGpu:
    """`warning` says what had to be made smaller, if anything."""

    model: DiffusionGemma
    loop: GpuLoop
    caches: Sequence[SlotCache]
    warning: str | None


def load_on_gpu(
    checkpoint: Path,
    device: str,
    dtype: torch.dtype,
    progress: Callable[[float], None],
    room: int = ROOM,
    lengths: Sequence[int] = BUCKETS,
) -> OnGpu:
    """Load, and capture the steps of canvases of these `lengths`. Raises CheckpointError, with the
    numbers where the weights do not fit."""
    check_memory(checkpoint, device, dtype)
    model = load_packed(checkpoint, device, dtype, lambda fraction: progress(0.7 * fraction))
    network = GpuNetwork.of(model, room + BUCKETS[-1])
    fitting = [length for length in lengths if length <= model.config.canvas_length]
    for count in SLOTS:
        try:
            loop, caches = _ready(network, count, room, fitting, progress)
        except torch.OutOfMemoryError:
            log.warning("The GPU has no memory for the caches of %d documents.", count)
        else:
            return OnGpu(model, loop, caches, _warning(count))
        torch.cuda.empty_cache()
    raise CheckpointError(f"The weights in {checkpoint} leave the GPU no room to work in; {REMEDY}")


def _ready(
    network: GpuNetwork,
    count: int,
    room: int,
    lengths: Sequence[int],
    progress: Callable[[float], None],
) -> tuple[GpuLoop, list[SlotCache]]:
    """With so many slots. Raises torch.OutOfMemoryError, and then holds nothing."""
    embedding = network.embedding
    slots = CacheSlots.empty(network.config, count, room, embedding.dtype, embedding.device)
    loop = GpuLoop(network, slots)
    loop.prepare(lengths, lambda fraction: progress(0.7 + 0.3 * fraction))
    return loop, SlotCache.all_of(network, slots)


def check_memory(checkpoint: Path, device: str, dtype: torch.dtype) -> None:
    """Raises CheckpointError when the weights need more of a CUDA device's memory than is free."""
    if torch.device(device).type != "cuda":
        return
    needed, (free, _) = packed_bytes(checkpoint, dtype), torch.cuda.mem_get_info(device)
    if needed > free:
        raise CheckpointError(
            f"The weights in {checkpoint} take {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB of "
            f"the GPU's memory are free; {REMEDY}"
        )


def _warning(slots: int) -> str | None:
    if slots == SLOTS[0]:
        return None
    return (
        f"The GPU's memory holds the context of {slots} document{'s' * (slots > 1)} at a time, "
        f"not of {SLOTS[0]}; with more of them, each change of document reads it again."
    )
