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

SIZES = (
    (8, 262_144),
    (8, 65_536),
    (4, 65_536),
    (4, 10_240),
    (2, 10_240),
    (1, 10_240),
)
"""Prompts that are kept, and tokens of each at most: the first of these pairs that the card has
memory for. Set by hand. 262,144 is all that the 26B model can see; eight such prompts have 46 GB of
keys and values there. 10,240 are the windows of a chat prompt, what is said around them, and a long
fill.
"""
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
    sizes: Sequence[tuple[int, int]] = SIZES,
    lengths: Sequence[int] = BUCKETS,
) -> OnGpu:
    """Load, and capture the steps of canvases of these `lengths`; `sizes` as SIZES. Raises
    CheckpointError, with the numbers where the weights do not fit."""
    check_memory(checkpoint, device, dtype)
    model = load_packed(checkpoint, device, dtype, lambda fraction: progress(0.7 * fraction))
    fitting = [length for length in lengths if length <= model.config.canvas_length]
    for size in sizes:
        try:
            loop, caches = _ready(model, size, fitting, progress)
        except torch.OutOfMemoryError:
            log.warning("The GPU has no memory for the caches of %d documents of %d tokens.", *size)
        else:
            return OnGpu(model, loop, caches, _warning(len(caches), sizes[0][0]))
        torch.cuda.empty_cache()
    raise CheckpointError(f"The weights in {checkpoint} leave the GPU no room to work in; {REMEDY}")


def _ready(
    model: DiffusionGemma,
    size: tuple[int, int],
    lengths: Sequence[int],
    progress: Callable[[float], None],
) -> tuple[GpuLoop, list[SlotCache]]:
    """With so many slots of so many tokens. Raises torch.OutOfMemoryError, and then holds
    nothing."""
    count, room = size
    network = GpuNetwork.of(model, room + BUCKETS[-1])
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


def _warning(slots: int, wanted: int) -> str | None:
    if slots == wanted:
        return None
    return (
        f"The GPU's memory holds the context of {slots} document{'s' * (slots > 1)} at a time, "
        f"not of {wanted}; with more of them, each change of document reads it again."
    )
