"""The loop of denoise.py on a GPU, where every step is one CUDA graph.

A step's inputs stand in buffers that stay where they are: canvas, signal, temperature, seed, and
where in the cache the prompt lies. The first step reads the prompt's tail too. Nothing waits for
the GPU but a look at whether the canvas is done, which comes one step late.

Rows speak of their own token, as DiffusionGemma's do. Tokens are drawn by the Gumbel-max trick in
the output head, so a fill is the same for the same seed here, but not the same as on a CPU.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from fillwright.engine.diffusion.canvas import Canvas, CanvasRows
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.model.gpu_network import CacheSlots, GpuNetwork
from fillwright.kernels.gpu.denoise_step import DeviceCanvas, StepLimits, denoise_step
from fillwright.kernels.gpu.lm_head import lm_head
from fillwright.kernels.gpu.soft_embedding import NOT_PINNED, SILENT, soft_embedding

WARM_UPS = 2
"""Passes before a graph is captured: kernels are compiled, cuBLAS finds its workspace."""


@dataclass(frozen=True, slots=True, eq=False)
class GpuStep:
    """After a step, counted from 1: the draft int64 [canvas], the likeliest tokens' untempered
    probabilities float32 [canvas], and whether the canvas was done one step ago or is now known to
    be."""

    step: int
    steps_left: int
    draft: Tensor
    probability: Tensor
    done: bool


class GpuCanvas:
    """Denoises canvases of one length behind prompts whose tail has one length."""

    def __init__(
        self,
        network: GpuNetwork,
        slots: CacheSlots,
        settings: DenoiseSettings,
        rows: int,
        tail: int,
    ) -> None:
        """Raises ValueError for a checkpoint whose rows speak of the next token."""
        if settings.rows is not RowConvention.OWN:
            raise ValueError("the GPU's loop is for rows that speak of their own token")
        self._network, self._slots, self._settings = network, slots, settings
        device, width = network.embedding.device, network.config.hidden_size
        none = torch.zeros(1, rows, dtype=torch.int64, device=device)
        marks = torch.tensor(settings.end_marks, dtype=torch.int64, device=device)
        self._state = DeviceCanvas.start(none, none.bool(), none.clone(), marks, none)
        self._noise = none.clone()
        self._pinned = none[0].clone()
        self._signal = torch.zeros(rows, width, device=device)
        self._probability = torch.zeros(rows, device=device)
        self._prompt = torch.zeros(tail, dtype=torch.int64, device=device)
        self._inverse_temperature = torch.ones(1, device=device)
        self._seed = torch.zeros(1, dtype=torch.int64, device=device)
        self._first_where = torch.zeros(3, dtype=torch.int32, device=device)
        self._where = torch.zeros(3, dtype=torch.int32, device=device)
        self._limits = StepLimits(
            torch.tensor([settings.entropy_bound], device=device),
            torch.tensor([settings.confidence_threshold], device=device),
            torch.tensor([settings.stability_threshold], dtype=torch.int32, device=device),
        )
        self.first_step = self._captured(lambda: self._step(self._prompt, self._first_where))
        self.next_step = self._captured(lambda: self._step(self._prompt[:0], self._where))

    @torch.inference_mode()
    def denoise(
        self,
        canvas: Canvas,
        prompt: Tensor,
        slot: int,
        generator: Generator,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[GpuStep]:
        """prompt int64 [sequence], all of it; its last `tail` tokens are read with the first step,
        and the slot holds those before. Yields the state after every step; the tensors are the next
        step's too. The generator's device is the network's.

        Raises ValueError for a prompt without room in the slot, or shorter than the tail: a kernel
        would write somewhere else.
        """
        self._begin(canvas, prompt, slot, generator)
        settings, seed = self._settings, int(self._seed)
        noticed = torch.zeros(1, dtype=torch.int32, pin_memory=self._signal.is_cuda)
        for step in range(1, settings.steps + 1):
            if cancelled():
                return
            steps_left = settings.steps - step
            self._inverse_temperature.fill_(1 / settings.temperature(steps_left + 1))
            self._seed.fill_(seed + step)
            self._noise.copy_(settings.noise.draw(self._noise.shape, generator))
            (self.first_step if step == 1 else self.next_step)()
            was_done = bool(noticed)
            noticed.copy_(self._state.done, non_blocking=True)
            if steps_left == 0 or was_done:
                self._synchronise()
            done = was_done or (steps_left == 0 and bool(noticed))
            yield GpuStep(step, steps_left, self._state.draft[0], self._probability, done)
            if done:
                return

    def _begin(self, canvas: Canvas, prompt: Tensor, slot: int, generator: Generator) -> None:
        rows = CanvasRows.stack([canvas], self._settings.end_marks, self._pinned.device)
        state, tail = self._state, self._prompt.shape[0]
        self._check_room(prompt.shape[0], slot)
        noise = self._settings.noise.draw(rows.ids.shape, generator)
        for buffer, value in (
            (state.ids, rows.ids),
            (state.pinned, rows.pinned),
            (state.hole_start, rows.hole_start),
            (state.canvas, rows.pin(noise)),
        ):
            buffer.copy_(value)
        state.draft.fill_(-1)
        state.unchanged.zero_()
        state.done.zero_()
        self._signal.zero_()
        silent = self._settings.pinned_signal == "zero"
        known = torch.full_like(rows.ids, SILENT) if silent else rows.ids
        self._pinned.copy_(torch.where(rows.pinned, known, NOT_PINNED)[0])
        before = prompt.shape[0] - tail
        self._prompt.copy_(prompt[before:])
        self._first_where.copy_(torch.tensor([slot, before, tail], dtype=torch.int32))
        self._where.copy_(torch.tensor([slot, before + tail, 0], dtype=torch.int32))
        self._seed.copy_(torch.randint(2**40, (1,), generator=generator, device=generator.device))

    def _check_room(self, prompt: int, slot: int) -> None:
        tail, rows = self._prompt.shape[0], self._pinned.shape[0]
        positions = min(len(cosines) for cosines, _ in self._network.angles.values())
        room = min(self._slots.room, positions - rows)
        if not tail <= prompt <= room:
            raise ValueError(f"a prompt of {prompt} tokens is not between {tail} and {room}")
        if not 0 <= slot < self._slots.count:
            raise ValueError(f"slot {slot} is none of {self._slots.count}")

    def _step(self, prompt: Tensor, where: Tensor) -> None:
        network, state = self._network, self._state
        rows = network.embedded(state.canvas[0], self._signal)
        hidden = network(prompt, rows, self._slots, where)[prompt.shape[0] :].contiguous()
        seen = lm_head(
            hidden,
            network.embedding,
            None,
            network.config.logit_softcap,
            self._inverse_temperature,
            self._seed,
        )
        self._probability.copy_(seen.probability)
        denoise_step(state, self._limits, seen.entropy, seen.token, seen.sample, self._noise)
        expected = soft_embedding(seen, network.embedding, None, self._pinned, network.scale)
        self._signal.copy_(expected)

    def _captured(self, work: Callable[[], None]) -> Callable[[], None]:
        """A graph that does the work again and again; without a GPU, the work."""
        if not self._signal.is_cuda:
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

    def _synchronise(self) -> None:
        if self._signal.is_cuda:
            torch.cuda.current_stream().synchronize()
