"""Fills longer than a canvas, block by block: a finished canvas is committed to the prefix KV cache
and the next one begins, until an end mark or the last block (as transformers' `generate` does).

Knows nothing of text. One sequence at a time, for a cache holds one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol

from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.denoise import Cache, Loop, Step
from fillwright.engine.diffusion.noise import Noise
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.kernels.arrays import Array, RandomNumbers


class Reader(Protocol[Cache]):
    def enqueue(self, cache: Cache, ids: Array) -> None:
        """Read `ids` int64 [sequence], on whichever device, after what the cache holds and before
        the next canvas."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockStep:
    """A denoise step of canvas `block` (from 0). `written` are the tokens of the finished blocks;
    `tokens` adds the current argmax canvas."""

    block: int
    written: tuple[int, ...]
    hole: range
    step: Step

    @property
    def tokens(self) -> tuple[int, ...]:
        own = self.step.argmax_canvas[0, self.hole.start : self.hole.stop]
        return (*self.written, *own.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class BlockLoop(Generic[Cache]):
    """Denoises each canvas by `loop`; `reader` commits a finished one to the cache. No canvas comes
    after one with any of `end_marks`."""

    loop: Loop[Cache]
    reader: Reader[Cache]
    end_marks: Sequence[int]

    def denoise(
        self,
        cache: Cache,
        first: Canvas,
        blocks: int,
        settings: DenoiseSettings,
        generator: RandomNumbers,
        starts: Sequence[Noise] = (),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[BlockStep]:
        """Denoise `first` and, while no block has an end mark, up to `blocks` canvases as long.

        `first` has one hole, which reaches to its end. `starts` are for the first canvases, in
        order. The last canvas is not committed. The caller's cache grows; cut it back with
        `truncate`. Raises ValueError when `first` has another form.
        """
        if len(first.holes) != 1 or first.holes[0].stop != first.length:
            raise ValueError("only a hole that reaches the end of its canvas can go on in the next")
        canvas, kept, guided = first, first.length - settings.rows.overlap, settings
        written: tuple[int, ...] = ()
        for block in range(blocks):
            latest, start = None, starts[block] if block < len(starts) else None
            for step in self.loop(cache, [canvas], guided, generator, start, cancelled):
                latest = BlockStep(block, written, canvas.holes[0], step)
                yield latest
            if latest is None or not latest.step.last or block == blocks - 1:
                return
            written = latest.tokens
            if any(token in self.end_marks for token in written):
                return
            if settings.guide is not None:
                guided = replace(settings, guide=settings.guide.after(written))
            ids = latest.step.argmax_canvas[0]
            self.reader.enqueue(cache, ids[:kept])
            canvas = Canvas.lay_out([kept], head=ids[kept:].tolist(), length=first.length)
