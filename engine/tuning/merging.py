"""A checkpoint and an adapter -> a checkpoint that needs no adapter."""

from pathlib import Path

import torch

from fillwright.engine.model.adapter import Adapter
from fillwright.engine.model.diffusion_gemma import DiffusionGemma
from fillwright.engine.training.export import ALONG, Format, write_checkpoint

FITTED = ("memory.json", "certainty.json")
"""Constants that were fitted to the checkpoint without the adapter; they are kept."""


def merge(checkpoint: Path, adapter: Adapter, folder: Path, stored_as: Format) -> None:
    """Write the sum into `folder`, with the checkpoint's other files. Raises CheckpointError."""
    weights = DiffusionGemma.from_checkpoint(checkpoint).state_dict()
    adapter.check({name: tuple(tensor.shape) for name, tensor in weights.items()})
    for name in adapter.matrices:
        weights[name] = weights[name] + torch.from_numpy(adapter.delta(name))
    write_checkpoint(checkpoint, weights, folder, stored_as, (*ALONG, *FITTED))
