"""Work that a GPU does again and again without being told its launches."""

from collections.abc import Callable

import torch

WARM_UPS = 2
"""Runs before a graph is captured: kernels are compiled, cuBLAS finds its workspace."""


class Graphs:
    """CUDA graphs that use the same memory in turn: none may leave anything there that is read when
    another has run. On a CPU there are none, and work is simply done."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle() if device.type == "cuda" else None

    def capture(self, work: Callable[[], object]) -> Callable[[], object]:
        """What does the work once more; its tensors must stay where they are. Raises
        torch.OutOfMemoryError."""
        if self._device.type != "cuda":
            return work
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream), torch.inference_mode():
            for _ in range(WARM_UPS):
                work()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool), torch.inference_mode():
            work()
        replay: Callable[[], None] = graph.replay
        return replay


def synchronise(device: torch.device) -> None:
    """Wait for all that was asked of the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
