"""THE loop: a canvas of noise becomes text, one denoise step at a time.

Without pins and end marks it is exactly transformers' `generate` for one canvas. Knows nothing of
text, prompts or deadlines; it asks `cancelled` before every step.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fillwright.engine.diffusion.canvas import Canvas, CanvasRows
from fillwright.engine.diffusion.entropy_bound import propose
from fillwright.engine.diffusion.heeding import Objections
from fillwright.engine.diffusion.noise import Noise
from fillwright.engine.diffusion.row_convention import RowConvention
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.diffusion.stopping import confident, unchanged_steps
from fillwright.kernels.arrays import Array, RandomNumbers, along, logsumexp, namespace

Cache = TypeVar("Cache", contravariant=True)


class Denoiser(Protocol[Cache]):
    """The model as the loop sees it. A self-conditioning row may be shifted by a constant, for
    only its softmax counts."""

    def denoise_logits(
        self, canvas: Array, cache: Cache, self_conditioning: Array | None = None
    ) -> Array:
        """canvas int64 [batch, canvas], self_conditioning float [batch, canvas, vocab] or None
        -> float32 [batch, canvas, vocab]."""


class Step(Protocol):
    """The state after a step, as those see it who show and keep fills; see DenoiseStep.

    `argmax_canvas` int64, `accepted_token_mask` bool and `confidence` float are [batch, canvas],
    `done` bool [batch].
    """

    @property
    def step(self) -> int: ...
    @property
    def steps_left(self) -> int: ...
    @property
    def argmax_canvas(self) -> Array: ...
    @property
    def accepted_token_mask(self) -> Array: ...
    @property
    def done(self) -> Array: ...
    @property
    def last(self) -> bool: ...
    def confidence(self) -> Array: ...


class Loop(Protocol[Cache]):
    """`denoise` with a model of its own."""

    def __call__(
        self,
        cache: Cache,
        canvases: Sequence[Canvas],
        settings: DenoiseSettings,
        generator: RandomNumbers,
        start: Noise | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Step]: ...


@dataclass(frozen=True, slots=True, eq=False)
class DenoiseStep:
    """The state after a step; `step` counts from 1. Arrays are [batch, canvas], `done` [batch].

    argmax_canvas        int64: what the canvases would be if this were the last step
    renoised_canvas      int64: the next step's input: accepted tokens, the others renoised
    accepted_token_mask  bool: free rows accepted (settled) at this step
    entropy              float32: nats, tempered
    done                 bool: stable and confident; the argmax canvas changes no more
    logits               float32 [batch, canvas, vocab]: of the model's rows, which `rows` tells
                         from tokens
    """

    step: int
    steps_left: int
    argmax_canvas: Array
    renoised_canvas: Array
    accepted_token_mask: Array
    entropy: Array
    done: Array
    logits: Array
    rows: RowConvention

    @property
    def last(self) -> bool:
        return self.steps_left == 0 or bool(self.done.all())

    def confidence(self) -> Array:
        """The model's untempered probability of every token of the argmax canvas, float32
        [batch, canvas]; in a pinned row, of the pinned token."""
        return probabilities(self.logits, self.argmax_canvas, self.rows)


def probabilities(logits: Array, tokens: Array, rows: RowConvention) -> Array:
    """Of `tokens` int64 [batch, canvas] by logits [batch, canvas, vocab] of the model's rows:
    float32 [batch, canvas]."""
    chosen = along(logits, rows.by_row(tokens)[..., None])[..., 0]
    return rows.by_token(namespace(logits).exp(chosen - logsumexp(logits)))


def denoise(
    model: Denoiser[Cache],
    cache: Cache,
    canvases: Sequence[Canvas],
    settings: DenoiseSettings,
    generator: RandomNumbers,
    start: Noise | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[DenoiseStep]:
    """Denoise canvases of one length over the same prefix; yields the state after every step.

    Ends when every canvas is done, the steps are used up, or `cancelled` says so before a step.
    `start` stands in for the settings' noise (a draft under noise). The generator is the model's.
    Raises ValueError when the canvases do not fit together or the convention.
    """
    rows = CanvasRows.stack(canvases, settings.end_marks, generator)
    if not rows.pinned[:, : settings.rows.overlap].all():
        raise ValueError("with shifted rows a canvas begins with the prompt's last token, pinned")
    noise = start or settings.noise
    canvas = rows.pin(noise.draw(rows.ids.shape, generator))
    xp = namespace(canvas)
    argmax_canvas = xp.full_like(canvas, -1)
    unchanged = xp.zeros_like(canvas[:, 0])
    done = xp.zeros_like(unchanged, dtype=xp.bool)
    self_conditioning_logits = logits = None
    for steps_left in range(settings.steps, 0, -1):
        if cancelled():
            return
        fresh = model.denoise_logits(canvas, cache, self_conditioning_logits)
        if logits is None or not done.any():
            logits = fresh
        else:  # the logits of a canvas that is done stay, while the others go on
            logits = xp.where(done[:, None, None], logits, fresh)
        proposal = propose(logits, rows, noise, settings, steps_left, generator)
        unchanged = unchanged_steps(proposal.argmax_canvas, argmax_canvas, unchanged)
        sure = confident(proposal.entropy, proposal.live, settings.confidence_threshold)
        done = done | ((unchanged >= settings.stability_threshold) & sure)
        if settings.guide is not None:
            confidence = probabilities(logits, proposal.argmax_canvas, settings.rows)
            objections = Objections.of(
                settings.guide, canvases, rows, proposal.argmax_canvas, confidence, steps_left - 1
            )
            if objections.any.any():
                fresh = noise.draw(rows.ids.shape, generator)
                proposal = proposal.heeding(objections, settings.rows, fresh)
            done = done & ~objections.any
        canvas, argmax_canvas = proposal.renoised_canvas, proposal.argmax_canvas
        self_conditioning_logits = proposal.self_conditioning_logits
        step = DenoiseStep(
            step=settings.steps - steps_left + 1,
            steps_left=steps_left - 1,
            argmax_canvas=argmax_canvas,
            renoised_canvas=canvas,
            accepted_token_mask=proposal.accepted_token_mask,
            entropy=proposal.entropy,
            done=done,
            logits=logits,
            rows=settings.rows,
        )
        yield step
        if step.last:
            return
