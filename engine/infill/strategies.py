"""The ways to write holes: a causal draft, denoising, and denoising that starts from the draft.

Each is a generator of `Written` states over one prepared `Task`. Knows ids and the model; knows
nothing of text.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Generator

from fillwright.engine.diffusion.blocks import denoise_blocks
from fillwright.engine.diffusion.canvas import Canvas, before_mark
from fillwright.engine.diffusion.denoise import DenoiseStep, denoise
from fillwright.engine.diffusion.noise import DraftNoise
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.infill.causal_draft import DraftedHoles, draft_holes
from fillwright.engine.infill.hole_length import (
    joint_canvas,
    rows_for_draft,
    single_canvas,
    single_canvas_length,
)
from fillwright.engine.model import DiffusionGemma, PrefixCache

Ids = tuple[int, ...]
Confidences = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What to write. `cache` holds `prompt` but for its last token; `opening` is the known first
    token of the first hole, or none; `budgets` are tokens per hole, `between` the known ids
    between, and each of `end_marks` ends a hole."""

    cache: PrefixCache
    prompt: list[int]
    opening: list[int]
    budgets: list[int]
    between: list[list[int]]
    end_marks: Ids
    temperature: float
    generator: Generator
    cancelled: Callable[[], bool]

    @property
    def prompt_cached(self) -> int:
        return len(self.prompt) - 1


@dataclass(frozen=True, slots=True)
class Written:
    """The holes so far: ids without end marks, and accepted marks of the same form. The tokens'
    confidences, of the same form or longer, cost a look at every logit: ask at the end only.
    `settled`: every hole has ended and nothing would change any more. `passes`: model passes."""

    holes: tuple[Ids, ...]
    accepted: tuple[tuple[bool, ...], ...]
    confidences: Callable[[], Confidences]
    settled: bool
    passes: int
    steps_left: int

    def within(self, tokens: int) -> "Written":
        """With at most `tokens` per hole; a hole that needs them all has not ended."""
        return replace(
            self,
            holes=tuple(ids[:tokens] for ids in self.holes),
            accepted=tuple(marks[:tokens] for marks in self.accepted),
            settled=self.settled and all(len(ids) < tokens for ids in self.holes),
        )


def write_draft(model: DiffusionGemma, task: Task) -> Iterator[Written]:
    """Left to right by the causal head."""
    task.cache.truncate(task.prompt_cached)
    unread = [task.prompt[-1], *task.opening]
    total = sum(task.budgets)
    drafts = draft_holes(
        model,
        task.cache,
        unread,
        task.budgets,
        task.between,
        task.end_marks,
        task.temperature,
        task.generator,
    )
    while not task.cancelled() and (drafted := next(drafts, None)) is not None:
        yield _from_draft(drafted, task.opening, max(0, total - drafted.passes))


def write_denoised(
    model: DiffusionGemma, task: Task, settings: DenoiseSettings
) -> Iterator[Written] | None:
    """All holes at once from noise. One hole goes on block by block past a canvas; several must
    fit on one: None where they do not."""
    head = _open_canvas(model, task, settings)
    known = len(head) + len(task.opening)
    if len(task.budgets) == 1:
        budget = task.budgets[0]
        length = single_canvas_length(model.config.canvas_length, budget, known)
        canvas = single_canvas(head, task.opening, length)
        blocks = -(-budget // (length - known))
        return _blocks(model, task, settings, canvas, blocks)
    joint = joint_canvas(head, task.opening, [budget + 1 for budget in task.budgets], task.between)
    return None if joint is None else _one_canvas(model, task, settings, joint)


def write_from_draft(
    model: DiffusionGemma, task: Task, settings: DenoiseSettings, drafted: Written
) -> Iterator[Written] | None:
    """Denoise a canvas that starts as the causal draft; None where it fits on no canvas."""
    head = _open_canvas(model, task, settings)
    opening = len(task.opening)
    holes = [drafted.holes[0][opening:], *drafted.holes[1:]]
    rows = [
        rows_for_draft(len(ids), budget) for ids, budget in zip(holes, task.budgets, strict=True)
    ]
    canvas = joint_canvas(head, task.opening, rows, task.between)
    if canvas is None:
        return None
    mark = settings.end_marks[0]
    start = canvas.ids.clone()
    for hole, ids in zip(canvas.holes, holes, strict=True):
        start[hole.start : hole.stop] = mark
        start[hole.start : hole.start + len(ids)] = torch.tensor(ids, dtype=torch.int64)
    noise = DraftNoise(start, 0.0, settings.noise)
    return _one_canvas(model, task, settings, canvas, noise, drafted.passes)


def _open_canvas(model: DiffusionGemma, task: Task, settings: DenoiseSettings) -> list[int]:
    """Bring the cache to where canvases begin; returns what they repeat of the prompt."""
    task.cache.truncate(task.prompt_cached)
    last = task.prompt[-1:]
    if settings.rows.overlap:
        return last
    model.extend(task.cache, torch.tensor(last, dtype=torch.int64, device=model.device))
    return []


def _one_canvas(
    model: DiffusionGemma,
    task: Task,
    settings: DenoiseSettings,
    canvas: Canvas,
    start: DraftNoise | None = None,
    passes: int = 0,
) -> Iterator[Written]:
    steps = denoise(model, task.cache, [canvas], settings, task.generator, start, task.cancelled)
    for step in steps:
        rows = canvas.written(step.draft[0], settings.end_marks)
        ended = all(
            len(written) < len(hole) for written, hole in zip(rows, canvas.holes, strict=True)
        )
        yield _from_step(step, rows, ended, task.opening, passes + step.step)


def _blocks(
    model: DiffusionGemma, task: Task, settings: DenoiseSettings, first: Canvas, blocks: int
) -> Iterator[Written]:
    done: Written | None = None
    current: Written | None = None
    block = 0
    for latest in denoise_blocks(
        model,
        task.cache,
        first,
        blocks,
        settings,
        task.generator,
        settings.end_marks,
        cancelled=task.cancelled,
    ):
        if latest.block != block:
            done, block = current, latest.block
        rows = before_mark(latest.step.draft[0].tolist(), latest.hole, settings.end_marks)
        ended = len(rows) < len(latest.hole)
        passes = (done.passes if done else 0) + latest.step.step
        current = _from_step(latest.step, (rows,), ended, [] if block else task.opening, passes)
        if done is not None:
            current = _joined(done, current)
        yield current


def _from_step(
    step: DenoiseStep, rows: tuple[range, ...], ended: bool, opening: list[int], passes: int
) -> Written:
    tokens, accepted = step.draft[0].tolist(), step.accepted[0].tolist()

    def confidences() -> Confidences:
        sure = step.confidence()[0].tolist()
        return tuple(tuple(sure[row] for row in hole) for hole in rows)

    return _opened(
        opening,
        Written(
            tuple(tuple(tokens[row] for row in hole) for hole in rows),
            tuple(tuple(accepted[row] for row in hole) for hole in rows),
            confidences,
            settled=ended and bool(step.done.all()),
            passes=passes,
            steps_left=step.steps_left,
        ),
    )


def _from_draft(drafted: DraftedHoles, opening: list[int], steps_left: int) -> Written:
    return _opened(
        opening,
        Written(
            drafted.holes,
            tuple((True,) * len(ids) for ids in drafted.holes),
            lambda: drafted.confidences,
            settled=drafted.ended,
            passes=drafted.passes,
            steps_left=steps_left,
        ),
    )


def _opened(opening: list[int], written: Written) -> Written:
    """With the first hole's known first tokens."""
    known = len(opening)

    def confidences() -> Confidences:
        first, *others = written.confidences()
        return ((1.0,) * known + first, *others)

    return replace(
        written,
        holes=((*opening, *written.holes[0]), *written.holes[1:]),
        accepted=((True,) * known + written.accepted[0], *written.accepted[1:]),
        confidences=confidences,
    )


def _joined(done: Written, current: Written) -> Written:
    """One hole's finished blocks and the block at work."""
    return replace(
        current,
        holes=(done.holes[0] + current.holes[0],),
        accepted=((True,) * len(done.holes[0]) + current.accepted[0],),
        confidences=lambda: (done.confidences()[0] + current.confidences()[0],),
    )
