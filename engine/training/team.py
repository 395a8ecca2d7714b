"""Processes that learn together: they share the weights, and each step is of all their gradients.

On a CPU one thread per process is faster than several in one process: nobody waits for a thread
that has lost its core to other work, but once a step. Knows tensors; knows nothing of losses.

    every process                            flat, in shared memory
    parameter.data  -> a view of             weights [parameters]
    parameter.grad  -> a view of its own     gradients [processes][parameters]
"""

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Protocol, Self

import torch
from torch import Tensor, nn
from torch.multiprocessing.spawn import ProcessExitedException, spawn

from fillwright.engine.errors import BadRequest

MAX_NORM = 1.0
"""Of the gradient; a longer one is cut to it, as is usual."""
# one thread each; and memory that was given back is not asked of the system again, page by page
SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(8 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


class Team(Protocol):
    """One process's place among those that learn together."""

    rank: int
    size: int

    def agree(self, value: float) -> float:
        """The first process's value; all wait for each other."""

    def add_up(self, parameters: Sequence[nn.Parameter]) -> Tensor:
        """Average all gradients and clip them to norm 1; returns the norm before, a scalar."""

    def total(self, parameter: nn.Parameter) -> Tensor | None:
        """The gradient that `add_up` left; None where no process had one."""

    def clear(self, parameters: Sequence[nn.Parameter]) -> None:
        """Forget the gradients, once all processes have stepped."""

    def collect(self, folder: Path, part: dict[str, Any]) -> dict[str, Any]:
        """What all processes gave, in the first; in the others, their own. By way of `folder`."""


class Alone:
    """The only process."""

    rank = 0
    size = 1

    def agree(self, value: float) -> float:
        return value

    def add_up(self, parameters: Sequence[nn.Parameter]) -> Tensor:
        return nn.utils.clip_grad_norm_(parameters, MAX_NORM)

    def total(self, parameter: nn.Parameter) -> Tensor | None:
        return parameter.grad

    def clear(self, parameters: Sequence[nn.Parameter]) -> None:
        for parameter in parameters:
            parameter.grad = None

    def collect(self, folder: Path, part: dict[str, Any]) -> dict[str, Any]:
        return part


@dataclass(frozen=True)
class Shared:
    """What the processes share. weights float32 [parameters]; gradients, of each process, the same;
    squares float32 [processes], sums of its part of the gradient; agreed float64 [1]."""

    weights: Tensor
    gradients: tuple[Tensor, ...]
    squares: Tensor
    agreed: Tensor
    barrier: Barrier

    @classmethod
    def of(cls, parameters: Iterable[nn.Parameter], size: int) -> Self:
        """For `size` processes; the weights are those of `parameters`."""
        shared = cls(
            weights := torch.cat([p.detach().flatten() for p in parameters]),
            tuple(torch.zeros_like(weights) for _ in range(size)),
            torch.zeros(size),
            torch.zeros(1, dtype=torch.float64),
            get_context("spawn").Barrier(size),
        )
        for tensor in (shared.weights, *shared.gradients, shared.squares, shared.agreed):
            tensor.share_memory_()  # type: ignore[no-untyped-call]
        return shared


class Member:
    """One of several processes. Its `parameters`, in the order of `Shared.of`, become views."""

    def __init__(self, shared: Shared, rank: int, parameters: Sequence[nn.Parameter]) -> None:
        self.rank, self.size = rank, len(shared.gradients)
        self._shared = shared
        self._totals = {}
        at = 0
        for parameter in parameters:
            place = slice(at, at := at + parameter.numel())
            parameter.data = shared.weights[place].view_as(parameter)
            parameter.grad = shared.gradients[rank][place].view_as(parameter)
            self._totals[parameter] = shared.gradients[0][place].view_as(parameter)
        bounds = [at * i // self.size for i in range(self.size + 1)]
        self._mine = slice(bounds[rank], bounds[rank + 1])

    def agree(self, value: float) -> float:
        if self.rank == 0:
            self._shared.agreed[0] = value
        self._shared.barrier.wait()
        agreed = float(self._shared.agreed)
        self._shared.barrier.wait()
        return agreed

    def add_up(self, parameters: Sequence[nn.Parameter]) -> Tensor:
        """Each process does so for its part of the numbers."""
        shared = self._shared
        shared.barrier.wait()
        total = shared.gradients[0][self._mine]
        for gradient in shared.gradients[1:]:
            total += gradient[self._mine]
        total /= self.size
        shared.squares[self.rank] = total.square().sum()
        shared.barrier.wait()
        norm = shared.squares.sum().sqrt()
        total *= (MAX_NORM / (norm + 1e-6)).clamp(max=1.0)
        shared.barrier.wait()
        return norm

    def total(self, parameter: nn.Parameter) -> Tensor | None:
        total = self._totals[parameter]
        return total if total.any() else None

    def clear(self, parameters: Sequence[nn.Parameter]) -> None:
        self._shared.barrier.wait()
        self._shared.gradients[self.rank].zero_()

    def collect(self, folder: Path, part: dict[str, Any]) -> dict[str, Any]:
        files = [folder / f"part-{rank}.pt" for rank in range(self.size)]
        if self.rank:
            torch.save(part, files[self.rank])
        self._shared.barrier.wait()
        if self.rank:
            return part
        for file in files[1:]:
            part |= torch.load(file, weights_only=True)
            file.unlink()
        return part


def run_together(work: Callable[..., None], size: int, *arguments: object) -> None:
    """Call `work(rank, *arguments)` in `size` new processes of one thread each, to their end.

    Raises BadRequest when one of them is killed, and what it raises when it fails; the others end
    then too. On Linux all of them end when the caller is killed.
    """
    before = dict(os.environ)
    os.environ |= SETTINGS  # read when a process starts
    try:
        called = (work, *arguments)
        processes = spawn(_work, called, size, join=False)  # type: ignore[no-untyped-call]
    finally:
        os.environ.clear()
        os.environ |= before
    try:
        while not processes.join():
            pass
    except ProcessExitedException as exited:
        raise BadRequest(
            f"A process of the training ended ({exited}); run the command again to go on from the "
            "last checkpoint."
        ) from exited


def _work(rank: int, work: Callable[..., None], *arguments: object) -> None:
    # PyTorch ends them by it when their parent has died; a shell's background jobs ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work(rank, *arguments)
