"""Work that a GPU does again and again without being told its launches."""

from collections.abc import Callable

import torch

WARM_UPS = 2
"""Runs before a graph is captured: kernels are compiled, cuBLAS finds its workspace."""


def captured(work: Callable[[], object], device: torch.device) -> Callable[[], object]:
    """A CUDA graph of the work, whose tensors must stay where they are; on a CPU, the work."""
    if device.type != "cuda":
        return work
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream), torch.inference_mode():
        for _ in range(WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph), torch.inference_mode():
        work()
    replay: Callable[[], None] = graph.replay
    return replay


def synchronise(device: torch.device) -> None:
    """Wait for all that was asked of the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
