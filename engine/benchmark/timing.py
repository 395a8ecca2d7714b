"""How long work takes on a device, and how fast its memory is."""

import time
from collections.abc import Callable
from statistics import median

import torch

ROUNDS = 7


def milliseconds(
    work: Callable[[], object], device: torch.device, repeats: int = 10, rounds: int = ROUNDS
) -> float:
    """Of one run: the median of `rounds` of `repeats` runs each, after one to warm up. On a CPU,
    where kernels are but tried out, of a single run."""
    if device.type != "cuda":
        return _round(work, device, 1)
    work()
    return median(_round(work, device, repeats) / repeats for _ in range(rounds))


def bandwidth(device: torch.device) -> float:
    """Bytes per second that a copy moves, read and written: what the floors are computed from."""
    elements = 2**28 if device.type == "cuda" else 2**22
    source = torch.ones(elements, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / milliseconds(lambda: target.copy_(source), device) * 1e3


def _round(work: Callable[[], object], device: torch.device, repeats: int) -> float:
    if device.type != "cuda":
        began = time.perf_counter()
        for _ in range(repeats):
            work()
        return 1e3 * (time.perf_counter() - began)
    first, last = (
        torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        for _ in range(2)
    )
    first.record()
    for _ in range(repeats):
        work()
    last.record()
    last.synchronize()
    took: float = first.elapsed_time(last)
    return took
