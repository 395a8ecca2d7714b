"""The ways to write holes by denoising, from noise or from a draft, each with a way to find the
holes' lengths.

Each is a generator of `Written` states over one prepared `Task`. Knows ids and the model; knows
nothing of text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from fillwright.engine.diffusion.blocks import BlockLoop
from fillwright.engine.diffusion.canvas import Canvas, before_mark
from fillwright.engine.diffusion.noise import DraftNoise
from fillwright.engine.diffusion.settings import DenoiseSettings
from fillwright.engine.infill.denoising.constraint_guide import guided
from fillwright.engine.infill.denoising.contraction import contract
from fillwright.engine.infill.denoising.length_search import LengthSearch
from fillwright.engine.infill.denoising.lengths import (
    LengthBias,
    canvas_length,
    joint_canvas,
    longest_pinned,
    rows_for_draft,
    single_canvas,
)
from fillwright.engine.infill.state import Ids, Start, Task, Written, open_canvas
from fillwright.engine.model.interface import Model


def write_denoised(
    model: Model, task: Task, bias: LengthBias, drafted: Written | None = None
) -> Iterator[Written] | None:
    """All holes at once, from noise, from what was `drafted`, or from the task's start.

    One hole goes on block by block past a canvas; several must fit on one: None where they do not.
    Search and contraction pin the text after one hole. Several holes, and one that may be longer
    than fits on a canvas with that text, go by their end marks, as `Written.length` says. The
    `bias` is for a search.
    """
    if len(task.holes) > 1:
        return _jointly(model, task, drafted)
    if task.plan.length == "end-mark":
        return _by_end_mark(model, task, drafted, drafted.passes if drafted else 0)
    return _pinned(model, task, bias, drafted)


def _pinned(
    model: Model, task: Task, bias: LengthBias, drafted: Written | None
) -> Iterator[Written]:
    known, budget = task.plan.settings.rows.overlap + len(task.opening), task.budgets[0]
    longest = longest_pinned(model.config.canvas_length, known, budget)
    start = None if drafted is None else _free(drafted, task)
    passes, used = drafted.passes if drafted else 0, len(start or ())
    if used < longest or longest == budget:
        states = (
            contract(model, task, start, passes)
            if task.plan.length == "contract"
            else LengthSearch.of(model, task, bias, start).states(passes)
        )
        for state in states:
            passes, used = state.passes, len(_free(state, task))
            yield state
    if used >= longest < budget and not task.cancelled():
        yield from _by_end_mark(model, task, drafted, passes)


def _by_end_mark(
    model: Model, task: Task, drafted: Written | None, passes: int
) -> Iterator[Written]:
    known, budget = open_canvas(model, task), task.budgets[0]
    start = task.start if drafted is None else Start.of_draft(_free(drafted, task))
    rows = budget + 1 if start is None else rows_for_draft(len(start.ids), budget)
    goes_on = drafted is None and start is not None
    length = canvas_length(model.config.canvas_length, len(known) + rows)
    first, next_ = length - len(known), length - task.plan.settings.rows.overlap
    # an end mark after the budget would change nothing
    blocks = 1 + max(0, -(-(min(rows, budget) - first) // next_))
    settings = guided(task, blocks - 1)
    starts = []
    if start is not None:
        rest = blocks * length
        ids = [*start.ids, *settings.end_marks[:1] * rest]
        noise = [*start.noise, *[start.share] * rest]
        settings = settings.going_on(start.share) if goes_on else settings
        for block in range(blocks):
            end = first + block * next_
            free = slice(first) if block == 0 else slice(end - next_, end)
            pinned = [0] * (length - len(ids[free]))
            starts.append(_under_noise(pinned + ids[free], pinned + noise[free], settings))
    done: Written | None = None
    current: Written | None = None
    block = 0
    for latest in BlockLoop(task.denoise, model, settings.end_marks).denoise(
        task.cache,
        single_canvas(known, length),
        blocks,
        settings,
        task.generator,
        starts,
        task.cancelled,
    ):
        passes += 1
        if latest.block != block:
            done, block = current, latest.block
        own = before_mark(latest.step.argmax_canvas[0].tolist(), latest.hole, settings.end_marks)
        settled = len(own) < len(latest.hole) and bool(latest.step.done[0])
        opening = [] if block else task.opening
        current = Written.from_step(latest.step, (own,), settled, opening, passes)
        if done is not None:
            current = current.after(done)
        yield current
    used = 0 if current is None else len(_free(current, task))
    if goes_on and first + (blocks - 1) * next_ <= used < budget and not task.cancelled():
        # what stood there left too little room
        yield from _by_end_mark(model, replace(task, start=None), None, passes)


def _jointly(model: Model, task: Task, drafted: Written | None) -> Iterator[Written] | None:
    settings, known = task.plan.settings, open_canvas(model, task)
    drafts = [] if drafted is None else [_free(drafted, task), *drafted.holes[1:]]
    rows = [budget + 1 for budget in task.budgets]
    if drafted is not None:
        rows = [rows_for_draft(len(h), b) for h, b in zip(drafts, task.budgets, strict=True)]
    canvas = joint_canvas(known, rows, task.between)
    if canvas is None:
        return None
    start = None
    if drafted is not None:
        ids = [settings.end_marks[0]] * canvas.length
        for hole, tokens in zip(canvas.holes, drafts, strict=True):
            ids[hole.start : hole.start + len(tokens)] = tokens
        start = _under_noise(ids, [0.0] * len(ids), settings)
    return _one_canvas(task, canvas, start, drafted.passes if drafted else 0)


def _one_canvas(
    task: Task, canvas: Canvas, start: DraftNoise | None, passes: int
) -> Iterator[Written]:
    settings = guided(task)
    for step in task.denoise(task.cache, [canvas], settings, task.generator, start, task.cancelled):
        own = canvas.written(step.argmax_canvas[0], settings.end_marks)
        ended = all(len(rows) < len(hole) for rows, hole in zip(own, canvas.holes, strict=True))
        settled = ended and bool(step.done[0])
        yield Written.from_step(step, own, settled, task.opening, passes + step.step)


def _under_noise(
    ids: Sequence[int], levels: Sequence[float], settings: DenoiseSettings
) -> DraftNoise:
    level = np.array(levels, dtype=np.float32)
    return DraftNoise(np.array(ids, dtype=np.int64), level, settings.noise)


def _free(written: Written, task: Task) -> Ids:
    """The tokens of the first hole's free rows."""
    return written.holes[0][len(task.opening) :]
