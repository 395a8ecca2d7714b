"""The GPU's loop for canvases of every length, each with CUDA graphs of its own."""

from collections.abc import Callable, Iterator, Sequence

from torch import Generator

from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.gpu_denoise import TAILS, GpuCanvas, GpuStep
from fillwright.engine.diffusion.noise import Noise
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.model.cache import Cache
from fillwright.engine.model.cuda_graph import Graphs
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.engine.model.slot_cache import SlotCache


class GpuLoop:
    """denoise.Loop over the caches of one set of slots, one canvas at a time. Graphs are captured
    when they are first needed, or by `prepare`."""

    def __init__(self, network: GpuNetwork, slots: CacheSlots) -> None:
        self._network, self._slots = network, slots
        self._graphs = Graphs(network.embedding.device)
        self._canvases: dict[int, GpuCanvas] = {}

    def __call__(
        self,
        cache: Cache,
        canvases: Sequence[Canvas],
        settings: DenoiseSettings,
        generator: Generator,
        start: Noise | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[GpuStep]:
        """As denoise.denoise. Raises ValueError for several canvases, or a cache in no slot."""
        if len(canvases) != 1 or not isinstance(cache, SlotCache):
            raise ValueError("the GPU's loop takes one canvas at a time, after a slot's prefix")
        [canvas] = canvases
        loop = self._of_length(canvas.length)
        return loop.denoise(cache, canvas, settings, generator, start, cancelled)

    def prepare(self, lengths: Sequence[int], progress: Callable[[float], None]) -> None:
        """Capture every step of canvases of these lengths. `progress` gets fractions in [0, 1].
        Raises torch.OutOfMemoryError."""
        tails = [tail for tail in TAILS if tail <= self._slots.room]
        for done, length in enumerate(lengths, start=1):
            for tail in tails:
                self._of_length(length).first_step(tail)
            progress(done / len(lengths))

    def _of_length(self, rows: int) -> GpuCanvas:
        if rows not in self._canvases:
            self._canvases[rows] = GpuCanvas(self._network, self._slots, self._graphs, rows)
        return self._canvases[rows]
