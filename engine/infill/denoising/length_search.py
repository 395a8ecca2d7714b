"""Finds a hole's length by trying many at once: canvases of different hole lengths over the same
prefix, each with the text after the hole pinned right after it.

CAL (arXiv 2602.00476) for a network without a mask token, with a term for the text after it: a hole
that is too short or too long shows there. Lengths are scored after a few steps, for at the first
one a hole is pure noise. Then the neighbours of the best are tried, and the lengths at which holes
ended. The best few are denoised to the end, and the finished canvas
with the best score is chosen. Knows ids and the model, no text.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from fillwright.engine.diffusion.canvas import Canvas
from fillwright.engine.diffusion.denoise import DenoiseStep, denoise
from fillwright.engine.diffusion.noise import Noise
from fillwright.engine.infill.denoising.constraint_guide import guided
from fillwright.engine.infill.denoising.lengths import (
    LengthBias,
    canvas_length,
    contracted,
    longest_pinned,
    neighbours,
    pinned_canvas,
    searched_lengths,
)
from fillwright.engine.infill.denoising.warm_start import warm_start
from fillwright.engine.infill.state import Ids, Task, Written, open_canvas
from fillwright.engine.model.interface import Model
from fillwright.kernels.arrays import namespace

PROBE_STEPS = 3
FINISHED = 3
"""How many of the best are denoised to the end. Both were set by hand; what they cost is in
docs/measurements.md, "Ways to find a hole's length"."""
SCORED_SUFFIX = 16
"""Tokens of the text after the hole that a length is judged by; set by hand."""
LEAST_PROBABILITY = 1e-6
"""One token that cannot be must not outweigh all others."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """One canvas of a batch after a step. `own` are the rows of its `hole` before an end mark, or
    before it begins to repeat what is after it. `score` says how well they and that text go
    together."""

    step: DenoiseStep
    index: int
    hole: range
    own: range
    score: float

    @property
    def tokens(self) -> list[int]:
        ids: list[int] = self.step.argmax_canvas[
            self.index, self.hole.start : self.hole.stop
        ].tolist()
        return ids

    @property
    def accepted(self) -> list[bool]:
        mask = self.step.accepted_token_mask[self.index, self.hole.start : self.hole.stop]
        marks: list[bool] = mask.tolist()
        return marks


@dataclass(frozen=True, slots=True, eq=False)
class LengthSearch:
    """A search for the length of one hole, whose canvases have `length` rows and begin with
    `known`; `drafted` is a causal draft of the hole, or None."""

    model: Model
    task: Task
    bias: LengthBias
    known: list[int]
    drafted: Ids | None
    longest: int
    length: int

    @classmethod
    def of(
        cls, model: Model, task: Task, bias: LengthBias, drafted: Ids | None = None
    ) -> "LengthSearch":
        known = open_canvas(model, task)
        limit = model.config.canvas_length
        longest = longest_pinned(limit, len(known), task.budgets[0])
        length = canvas_length(limit, len(known) + longest + SCORED_SUFFIX)
        return cls(model, task, bias, known, drafted, longest, length)

    def states(self, passes: int = 0) -> Iterator[Written]:
        """The best canvas's state after every step, after `passes` that were made before.

        Ends early where the longest hole is the best although the budget allows a longer one.
        """
        lengths = searched_lengths(self.longest)
        if self.drafted:
            lengths = sorted({*lengths, len(self.drafted)})
        tried: list[Tried] = []
        for _ in range(2):
            tried += yield from self._denoise(lengths, PROBE_STEPS, passes, tried)
            if self.task.cancelled():
                return
            passes += tried[-1].step.step
            near = neighbours((len(each.hole) for each in best_of(tried)), self.longest)
            ended = {len(each.own) for each in tried if each.own}
            lengths = sorted({*near, *ended} - {len(each.hole) for each in tried})
            if not lengths:
                break
        best = best_of(tried)
        if len(best[0].own) < self.longest or self.longest == self.task.budgets[0]:
            lengths = [len(each.hole) for each in best]
            yield from self._denoise(
                lengths, self.task.plan.settings.steps, passes, started_as=best
            )

    def first_scores(self) -> dict[int, float]:
        """The score of each length that is looked at first."""
        looking = self._denoise(searched_lengths(self.longest), PROBE_STEPS, 0)
        while True:
            try:
                next(looking)
            except StopIteration as finished:
                return {len(each.hole): each.score for each in finished.value}

    def _denoise(
        self,
        lengths: Sequence[int],
        steps: int,
        passes: int,
        others: Sequence[Tried] = (),
        started_as: Sequence[Tried] = (),
    ) -> Generator[Written, None, list[Tried]]:
        """Yields the state of the best canvas, those of `others` included. Canvases begin as those
        of the same lengths that were tried before, or with the draft, or as noise."""
        canvases = [
            pinned_canvas(self.known, rows, self.task.suffix, self.length) for rows in lengths
        ]
        tried: list[Tried] = []
        for step in denoise(
            self.model,
            self.task.cache,
            canvases,
            replace(guided(self.task), steps=steps),
            self.task.generator,
            self._start(canvases, started_as),
            self.task.cancelled,
        ):
            tried = self._scored(step, canvases)
            yield self._written(best_of([*others, *tried])[0], passes + step.step, step.steps_left)
        return tried

    def _start(self, canvases: Sequence[Canvas], tried: Sequence[Tried]) -> Noise | None:
        noise = self.task.plan.settings.noise
        if tried:
            written = [each.tokens for each in tried]
            # without a draft, only what was accepted is kept; with one, all of it
            accepted = [each.accepted for each in tried] if self.drafted is None else None
            return warm_start(canvases, written, noise, accepted)
        if self.drafted is not None:
            return warm_start(canvases, [self.drafted] * len(canvases), noise)
        return None

    def _scored(self, step: DenoiseStep, canvases: Sequence[Canvas]) -> list[Tried]:
        confidence = step.confidence()
        xp = namespace(confidence)
        logs = xp.log(xp.clip(confidence, LEAST_PROBABILITY, None))
        after = min(SCORED_SUFFIX, self.length - len(self.known) - self.longest)
        tried = []
        for index, canvas in enumerate(canvases):
            hole = canvas.holes[0]
            own = contracted(
                step.argmax_canvas[index, hole.start : hole.stop].tolist(),
                confidence[index, hole.start : hole.stop].tolist(),
                self.task.suffix,
                self.task.plan.settings.end_marks,
            )
            written = logs[index, hole.start : hole.start + max(1, own)]
            suffix = logs[index, hole.stop : hole.stop + after]
            score = float(written.mean() + suffix.mean()) - self.bias(len(hole))
            tried.append(Tried(step, index, hole, hole[:own], score))
        return tried

    def _written(self, best: Tried, passes: int, steps_left: int) -> Written:
        ended = len(best.own) < self.longest or self.longest == self.task.budgets[0]
        settled = ended and bool(best.step.done[best.index])
        written = Written.from_step(
            best.step, (best.own,), settled, self.task.opening, passes, best.index, "search"
        )
        return replace(written, steps_left=steps_left)


def best_of(tried: Sequence[Tried]) -> list[Tried]:
    """The best few, the best first; of equals the longer, which an end mark may still shorten."""
    return sorted(tried, key=lambda each: (-each.score, -len(each.hole)))[:FINISHED]
