"""Batches drawn ahead of the network, by other processes where there are cores for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

Batch = TypeVar("Batch")

# a process that draws ahead must not repeat another's seeds
SEEDS_APART = 1_000_003


@dataclass
class _Drawn(IterableDataset[Batch], Generic[Batch]):
    draw: Callable[[int], Iterator[Batch]]
    seed: int

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        return self.draw(self.seed + SEEDS_APART * (worker.id if worker else 0))


def feed(draw: Callable[[int], Iterator[Batch]], seed: int, workers: int) -> Iterator[Batch]:
    """The endless batches of `draw(seed)`; with `workers` processes, of several seeds in turn."""
    # batch_size None: a drawn batch is whole already
    return iter(
        DataLoader(
            _Drawn(draw, seed),
            batch_size=None,
            num_workers=workers,
            pin_memory=torch.cuda.is_available(),
        )
    )
