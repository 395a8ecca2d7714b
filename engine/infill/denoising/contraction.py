"""Finds a hole's length by starting long: the hole gets more rows than it should need, with the
text after it pinned. Where the network begins to write that text, or an end mark, inside the hole,
the rest of the hole is cut off and the pinned text moves up.

The training-free counterpart of DreamOn's delete state (arXiv 2602.01326), whose ablations found a
start that is too long both cheaper and better than one that is too short. Knows ids and the model;
knows nothing of text.
"""

from collections.abc import Iterator
from dataclasses import replace

from fillwright.engine.diffusion.denoise import denoise
from fillwright.engine.infill.denoising.constraint_guide import guided
from fillwright.engine.infill.denoising.lengths import (
    LEAST_SUFFIX,
    canvas_length,
    contracted,
    longest_pinned,
    pinned_canvas,
    rows_for_draft,
)
from fillwright.engine.infill.denoising.warm_start import warm_start
from fillwright.engine.infill.state import Ids, Task, Written, open_canvas
from fillwright.engine.model.interface import Model


def contract(
    model: Model,
    task: Task,
    drafted: Ids | None = None,
    passes: int = 0,
) -> Iterator[Written]:
    """Write one hole in the steps of one canvas, however often it is cut; yields the state after
    every step, `passes` counting those that were made before.

    The hole starts as noise, as long as fits on a canvas with the text after it, or as a causal
    draft with a little room.
    """
    settings, known = guided(task), open_canvas(model, task)
    limit, budget = model.config.canvas_length, task.budgets[0]
    longest = longest_pinned(limit, len(known), budget)
    rows = longest if drafted is None else min(longest, rows_for_draft(len(drafted), budget))
    written, accepted, left, cut = drafted or (), None, settings.steps, False
    while left:
        length = canvas_length(limit, len(known) + rows + LEAST_SUFFIX)
        canvas = pinned_canvas(known, rows, task.suffix, length)
        hole = slice(canvas.holes[0].start, canvas.holes[0].stop)
        start = warm_start([canvas], [written], settings.noise, accepted) if written else None
        own = rows
        for step in denoise(
            model,
            task.cache,
            [canvas],
            # the temperature goes on falling where the canvas before left off
            replace(settings, steps=left, t_max=settings.temperature(left)),
            task.generator,
            start,
            task.cancelled,
        ):
            passes, left = passes + 1, step.steps_left
            written = tuple(step.argmax_canvas[0, hole].tolist())
            own = contracted(
                written, step.confidence()[0, hole].tolist(), task.suffix, settings.end_marks
            )
            cut = cut or own < rows
            yield Written.from_step(
                step,
                (range(hole.start, hole.start + own),),
                (cut or rows < longest or rows == budget) and (bool(step.done[0]) or not own),
                task.opening,
                passes,
                length="contract",
            )
            if own < rows:
                break
        if own in (0, rows):
            return
        # without a draft, only what was accepted is kept; with one, all of it
        accepted = [step.accepted_token_mask[0, hole].tolist()] if drafted is None else None
        written, rows = written[:own], own
