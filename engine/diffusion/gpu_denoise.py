"""The loop of denoise.py on a GPU, where every step is one CUDA graph.

A step's inputs stand in buffers that stay where they are: canvas, signal, temperature, seed, and
where in the cache the prompt lies. The first step reads what is new of the prompt too. The next
step is begun before the last one's outcome is looked at, so that the GPU waits for nobody; the step
that is begun after a finished canvas changes nothing.

Row i predicts token i, as DiffusionGemma's do. Tokens are drawn by the Gumbel-max trick in
the output head, so a fill is the same for the same seed here, but not the same as on a CPU.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from fillwright.engine.diffusion.canvas import Canvas, CanvasRows
from fillwright.engine.diffusion.heeding import Objections
from fillwright.engine.diffusion.noise import Noise
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.model.cuda_graph import Graphs
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.engine.model.slot_cache import SlotCache
from fillwright.kernels.gpu.denoise_step import DeviceCanvas, EndMarks, StepLimits, denoise_step
from fillwright.kernels.gpu.lm_head import lm_head
from fillwright.kernels.gpu.soft_embedding import NOT_PINNED, SILENT, soft_embedding

TAILS = (32, 128, 512)
"""How many prompt rows a first step may read; each is a graph of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class GpuStep:
    """What denoise.Step asks for, of one canvas and on the host: argmax_canvas int64,
    accepted_token_mask bool and probability float32 [1, canvas], done bool [1]. probability is
    that of the most likely token."""

    step: int
    steps_left: int
    argmax_canvas: Tensor
    accepted_token_mask: Tensor
    probability: Tensor
    done: Tensor

    @property
    def last(self) -> bool:
        return self.steps_left == 0 or bool(self.done)

    def confidence(self) -> Tensor:
        """The model's untempered probability of every free token of the argmax canvas,
        float32 [1, canvas]."""
        return self.probability


class GpuCanvas:
    """Denoises canvases of `rows` rows, one at a time."""

    def __init__(self, network: GpuNetwork, slots: CacheSlots, graphs: Graphs, rows: int) -> None:
        self._network, self._slots, self._graphs = network, slots, graphs
        device, width = network.embedding.device, network.config.hidden_size
        none = torch.zeros(1, rows, dtype=torch.int64, device=device)
        no_marks = EndMarks.none(network.config.vocab_size, device)
        self._state = DeviceCanvas.start(none, none.bool(), none.clone(), no_marks, none)
        self._noise = none.clone()
        self._pinned = none[0].clone()
        self._self_conditioning = torch.zeros(rows, width, device=device)
        self._probability = torch.zeros(1, rows, device=device)
        self._prompt = torch.zeros(TAILS[-1], dtype=torch.int64, device=device)
        self._inverse_temperature = torch.ones(1, device=device)
        self._seed = torch.zeros(1, dtype=torch.int64, device=device)
        # slot, prefix and tail of the first step and of those after it
        self._first_where, self._where = torch.zeros(2, 3, dtype=torch.int32, device=device)
        self._limits = StepLimits.zero(device)
        self.next_step = graphs.capture(lambda: self._step(0))
        self._first_steps = {0: self.next_step}

    def first_step(self, tail: int) -> Callable[[], object]:
        """One that reads the last `tail` prompt tokens too; captured when first asked for."""
        if tail not in self._first_steps:
            # capturing makes the step: it must not write what an earlier fill has left here
            self._first_where.zero_()
            self._first_steps[tail] = self._graphs.capture(lambda: self._step(tail))
        return self._first_steps[tail]

    @torch.inference_mode()
    def denoise(
        self,
        cache: SlotCache,
        canvas: Canvas,
        settings: DenoiseSettings,
        generator: Generator,
        start: Noise | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[GpuStep]:
        """As denoise.denoise; reads into the cache what it has only deferred. The generator is on
        the network's device. Raises ValueError where the cache is longer than the slot's room."""
        noise = start or settings.noise
        self._check(cache, settings)
        tail = tail_rows(cache)
        first, begun = self.first_step(tail), None
        self._begin(cache, tail, canvas, settings, noise, generator)
        for step in range(1, settings.steps + 1):
            if cancelled():
                break
            steps_left = settings.steps - step
            self._inverse_temperature.fill_(1 / settings.temperature(steps_left + 1))
            self._seed.add_(1)
            self._noise.copy_(noise.draw(self._noise.shape, generator))
            (first if step == 1 else self.next_step)()
            cache.has_read(cache.length)
            latest = self._outcome(step, steps_left)
            if settings.guide is not None:
                yield (seen := self._heed(settings, canvas, latest(), noise, generator))
                if seen.last:
                    return
                continue
            if begun is not None:
                yield (seen := begun())
                if seen.last:
                    return
            begun = latest
        if begun is not None:
            yield begun()

    def _begin(
        self,
        cache: SlotCache,
        tail: int,
        canvas: Canvas,
        settings: DenoiseSettings,
        noise: Noise,
        generator: Generator,
    ) -> None:
        """Fill the buffers; the first step is to read `tail` prompt rows."""
        cache.catch_up(cache.length - tail)
        rows = CanvasRows.stack([canvas], settings.end_marks, generator)
        state, before = self._state, cache.length - tail
        for buffer, value in (
            (state.ids, rows.ids),
            (state.pinned, rows.pinned),
            (state.hole_start, rows.hole_start),
            (state.canvas, rows.pin(noise.draw(rows.ids.shape, generator))),
            (self._prompt[:tail], cache.ids[before:]),
            (self._first_where, torch.tensor([cache.slot, before, tail], dtype=torch.int32)),
            (self._where, torch.tensor([cache.slot, cache.length, 0], dtype=torch.int32)),
            (self._seed, torch.randint(2**40, (1,), generator=generator, device=generator.device)),
        ):
            buffer.copy_(value)
        state.end_marks.become(settings.end_marks)
        state.argmax_canvas.fill_(-1)
        state.unchanged.zero_()
        state.done.zero_()
        self._self_conditioning.zero_()
        silent = settings.pinned_signal == "zero"
        known = torch.full_like(rows.ids, SILENT) if silent else rows.ids
        self._pinned.copy_(torch.where(rows.pinned, known, NOT_PINNED)[0])
        self._limits.bound.fill_(settings.entropy_bound)
        self._limits.threshold.fill_(settings.confidence_threshold)
        self._limits.stability.fill_(settings.stability_threshold)

    def _check(self, cache: SlotCache, settings: DenoiseSettings) -> None:
        if settings.rows is not RowConvention.OWN:
            raise ValueError("the GPU's loop is for rows that predict their own token")
        positions = min(len(cosines) for cosines, _ in self._network.angles.values())
        room = min(self._slots.room, positions - self._pinned.shape[0])
        # the kernels look at no bounds: they would write somewhere else
        if cache.length > room:
            raise ValueError(f"a prompt of {cache.length} tokens, and room for {room}")
        if not 0 <= cache.slot < self._slots.count:
            raise ValueError(f"slot {cache.slot} is none of {self._slots.count}")

    def _step(self, tail: int) -> None:
        network, state = self._network, self._state
        where = self._first_where if tail else self._where
        rows = network.embedded(state.canvas[0], self._self_conditioning)
        hidden = network(self._prompt[:tail], rows, self._slots, where)[tail:].contiguous()
        seen = lm_head(
            hidden,
            network.embedding,
            None,
            network.config.logit_softcap,
            self._inverse_temperature,
            self._seed,
        )
        self._probability.copy_(seen.probability[None])
        denoise_step(state, self._limits, seen.entropy, seen.token, seen.sample, self._noise)
        expected = soft_embedding(seen, network.embedding, None, self._pinned, network.scale)
        self._self_conditioning.copy_(expected)

    def _heed(
        self,
        settings: DenoiseSettings,
        canvas: Canvas,
        seen: GpuStep,
        noise: Noise,
        generator: Generator,
    ) -> GpuStep:
        """The step with what the settings' guide says of it, which the next step begins with. With
        a guide the GPU has to wait for the host."""
        assert settings.guide is not None
        rows = CanvasRows.stack([canvas], settings.end_marks, Generator())
        objections = Objections.of(
            settings.guide, [canvas], rows, seen.argmax_canvas, seen.probability, seen.steps_left
        )
        if not objections.any:
            return seen
        state, fresh = self._state, noise.draw(self._noise.shape, generator)
        state.canvas.copy_(objections.heeded(state.canvas.cpu(), fresh.cpu()))
        state.argmax_canvas.copy_(objections.tokens)
        state.done.zero_()
        silent = objections.silent[0, :, None].to(self._self_conditioning.device)
        self._self_conditioning.masked_fill_(silent, 0.0)
        return replace(
            seen,
            argmax_canvas=objections.tokens,
            accepted_token_mask=objections.accepted(seen.accepted_token_mask),
            done=torch.zeros_like(seen.done),
        )

    def _outcome(self, step: int, steps_left: int) -> Callable[[], GpuStep]:
        """Sends the state to the host; the call waits for it, not for what was begun since."""
        state, device = self._state, self._self_conditioning.device
        parts = state.argmax_canvas, state.accepted_token_mask, self._probability, state.done
        on_host = [torch.empty_like(each, device="cpu", pin_memory=each.is_cuda) for each in parts]
        for copy, each in zip(on_host, parts, strict=True):
            copy.copy_(each, non_blocking=True)
        arrived = None
        if device.type == "cuda":
            arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
        if arrived is not None:
            arrived.record()

        def look() -> GpuStep:
            if arrived is not None:
                arrived.synchronize()
            argmax_canvas, mask, probability, done = on_host
            return GpuStep(step, steps_left, argmax_canvas, mask, probability, done.bool())

        return look


def tail_rows(cache: SlotCache) -> int:
    """How many of a prompt's tokens the first step reads: the fewest of TAILS that hold those
    that are not known, though it read some again, or as many as there may be."""
    new = cache.length - cache.known
    possible = [
        tail
        for tail in (0, *TAILS)
        if tail <= cache.length and cache.can_read_from(cache.length - tail)
    ]
    return next((tail for tail in possible if tail >= new), possible[-1])
